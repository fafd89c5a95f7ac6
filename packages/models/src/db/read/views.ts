// What all topics that the web reads have: one client, and the views of a task, a proposal and an item.
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { attachmentRef, held, option } from '../../events/shapes.ts';
import { isOfTask, type AttachmentRef, type ItemKind, type Option } from '../../flow/events.ts';
import { linesOf } from '../../flow/review/gates.ts';
import { OWNER } from '../../flow/ids.ts';
import { forecastsOf, type Forecast } from '../../flow/money/money.ts';
import { sectionOf, type CiCounts } from '../../flow/states.ts';
import { isLater } from '../../flow/inbox/waits.ts';
import { StorableClient } from '../pool.ts';
import { overClient } from '../rows.ts';
import { PrismaClient } from '../generated/client.ts';
import type { ItemView, ProposalView, TaskItemView, TaskView } from '../read-views.ts';

/** @returns whether an item is about a task */
export const isTaskItem = (item: ItemView): item is TaskItemView => item.taskId !== null;

/** @returns the fields of an item with what it is about, as the database holds it */
function withSubject(
  row: { readonly kind: string; readonly taskId: string | null; readonly about: string | null },
  fields: Omit<TaskItemView, 'kind' | 'taskId'>,
): ItemView {
  const kind = row.kind as ItemKind;
  if (isOfTask(kind)) return { ...fields, kind, taskId: row.taskId ?? '' };
  return { ...fields, kind, taskId: null, about: row.about ?? '' };
}

export type Views = ReturnType<typeof openViews>;

// Columns of JSON are read as what they hold, like everything else that has no type of its own.
/** @throws where the column holds anything else */
export const attachmentsIn = (json: unknown): AttachmentRef[] => z.array(attachmentRef).parse(json);
const optionsIn = (json: unknown): Option[] => z.array(option).parse(json);

const adapterTo = (connectionString: string): PrismaPg =>
  new PrismaPg({ connectionString, application_name: 'mainloop-web', max: 10, Client: StorableClient });

/**
 * The client of the pages' role, and the views that several topics show.
 * @param url with the role that may only read
 */
export function openViews(url: string) {
  const db = new PrismaClient({ adapter: adapterTo(url) });
  let repos = new Map<string, string>();
  const repoOf = async (ids: readonly string[]): Promise<Map<string, string>> => {
    if (ids.some((id) => !repos.has(id)))
      repos = new Map(
        (await db.project.findMany({ where: { ownerId: OWNER }, select: { id: true, name: true } })).map(
          (p) => [p.id, p.name],
        ),
      );
    return repos;
  };
  type TaskRow = Awaited<ReturnType<typeof db.task.findFirstOrThrow>>;
  const taskView = (task: TaskRow, repo: Map<string, string>, nowMs: number): TaskView => ({
    id: task.id,
    projectId: task.projectId,
    title: task.title,
    repo: repo.get(task.projectId) ?? '',
    state: task.state,
    phase: task.phase,
    statusLine: task.statusLine,
    waitingFor: task.waitingFor as TaskView['waitingFor'],
    endedHow: task.endedHow as TaskView['endedHow'],
    ci: task.ci as CiCounts | null,
    failure: task.failure as TaskView['failure'],
    section: sectionOf(
      { state: task.state, hasFailure: task.failure !== null, endedAtMs: task.endedAt?.getTime() ?? null },
      nowMs,
    ),
    costMicrousd: Number(task.costMicrousd),
    budgetCents: task.budgetCents,
    model: task.model,
    priority: task.priority as TaskView['priority'],
    blockedBy: task.blockedBy,
    prUrl: task.prUrl,
    prNumber: task.prNumber,
    issueUrl: task.issueUrl,
    issueNumber: task.issueNumber,
    branch: task.branch,
    waitsToMerge: task.trainItem !== null,
    activeRunId: task.activeRunId,
    isNew: task.lookedAt === null || task.updatedAt > task.lookedAt,
    createdAt: task.createdAt,
    updatedAt: task.updatedAt,
    endedAt: task.endedAt,
  });
  type ProposalRow = Awaited<ReturnType<typeof db.proposal.findFirstOrThrow>>;
  const COUNTED = 500;
  /** What the tasks that were merged last came to, by project. */
  const forecasts = async (): Promise<Map<string, Forecast>> =>
    forecastsOf(
      (
        await db.task.findMany({
          where: { ownerId: OWNER, state: 'done' },
          orderBy: { endedAt: 'desc' },
          take: COUNTED,
          select: { projectId: true, costMicrousd: true },
        })
      ).map((t) => ({ projectId: t.projectId, microusd: Number(t.costMicrousd) })),
    );
  const proposalView = (
    proposal: ProposalRow,
    repo: Map<string, string>,
    now: Date,
    forecast: ReadonlyMap<string, Forecast>,
    tasks: ReadonlyMap<string, TaskView> = new Map(),
  ): ProposalView => ({
    id: proposal.id,
    title: proposal.title,
    prompt: proposal.prompt,
    repo: repo.get(proposal.projectId) ?? '',
    model: proposal.model,
    budgetCents: proposal.budgetCents,
    skipPlan: proposal.skipPlan,
    priority: proposal.priority as ProposalView['priority'],
    blockedBy: proposal.blockedBy,
    state: proposal.state === 'open' && proposal.expiresAt < now ? 'expired' : proposal.state,
    digest: proposal.digest,
    expiresAt: proposal.expiresAt,
    forecast: forecast.get(proposal.projectId) ?? null,
    taskId: proposal.taskId,
    task: tasks.get(proposal.taskId ?? '') ?? null,
    attachments: attachmentsIn(proposal.attachments),
    toTaskId: proposal.toTaskId,
  });
  const itemsWhere = async (where: Record<string, unknown>): Promise<ItemView[]> => {
    const rows = await db.inboxItem.findMany({
      where: { ownerId: OWNER, ...where },
      orderBy: { createdAt: 'asc' },
      take: 500,
    });
    const tasks = new Map(
      (
        await db.task.findMany({
          where: { id: { in: [...new Set(rows.flatMap((r) => r.taskId ?? []))] } },
          select: { id: true, title: true, projectId: true, plan: true, prUrl: true },
        })
      ).map((t) => [t.id, t]),
    );
    const repo = await repoOf([...tasks.values()].map((t) => t.projectId));
    const reviewed = rows.filter((r) => r.kind === 'review').flatMap((r) => r.taskId ?? []);
    const passed =
      reviewed.length === 0
        ? []
        : await db.inboxItem.findMany({
            where: {
              ownerId: OWNER,
              taskId: { in: reviewed },
              kind: { in: ['gate', 'ci_files', 'guardrail'] },
              state: 'answered',
            },
            orderBy: { createdAt: 'asc' },
            select: { taskId: true, kind: true, title: true, answer: true },
          });
    const allowedOf = (taskId: string): string[] => [
      ...new Set(
        passed
          .filter((g) => g.taskId === taskId && (g.answer as ItemView['answer'])?.decision === 'allow')
          .flatMap((g) => (g.kind === 'gate' ? linesOf((g.answer as ItemView['answer'])!.text) : [g.title])),
      ),
    ];
    return rows.map((row) => {
      const task = row.taskId === null ? undefined : tasks.get(row.taskId);
      const fields = {
        id: row.id,
        title: row.title,
        body: row.body,
        options: optionsIn(row.options),
        held: held.nullable().parse(row.held),
        multiple: row.multiple,
        runId: row.runId,
        errorCode: row.errorCode as ItemView['errorCode'],
        state: row.state,
        answer: row.answer as ItemView['answer'],
        answeredVia: row.answeredVia,
        createdAt: row.createdAt,
        // One that has passed is none, by our clock: a phone that is a moment behind would offer to bring back what is back.
        snoozedUntil: isLater(row, Date.now()) ? row.snoozedUntil : null,
        untilCi: row.untilCi,
        isNew: row.shownAt === null && row.openedAt === null,
        taskTitle: task?.title ?? '',
        repo: repo.get(task?.projectId ?? '') ?? '',
        plan: row.kind === 'plan' ? (task?.plan ?? null) : null,
        prUrl: task?.prUrl ?? null,
        allowed: row.kind === 'review' && row.taskId !== null ? allowedOf(row.taskId) : [],
      };
      return withSubject(row, fields);
    });
  };

  return { db, queryable: overClient(db), repoOf, taskView, forecasts, proposalView, itemsWhere };
}
