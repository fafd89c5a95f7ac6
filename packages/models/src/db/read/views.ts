// What all topics of the web's door read by: one client, and the views of a task, a proposal and an item.
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { attachmentRef, held, option } from '../../events/shapes.ts';
import type { AttachmentRef, ItemKind, Option } from '../../flow/events.ts';
import { linesOf } from '../../flow/gates.ts';
import { OWNER } from '../../flow/ids.ts';
import { forecastsOf, type Forecast } from '../../flow/money.ts';
import { sectionOf, type CiCounts } from '../../flow/states.ts';
import { PrismaClient } from '../generated/client.ts';
import type { ItemView, ProposalView, TaskView } from '../read-views.ts';

export type Views = ReturnType<typeof openViews>;

// Columns of JSON are read as what they hold, like everything else that has no type of its own.
export const attachmentsIn = (json: unknown): AttachmentRef[] => z.array(attachmentRef).parse(json);
const optionsIn = (json: unknown): Option[] => z.array(option).parse(json);

/** The client of the pages' role, and the views that several topics show. */
export function openViews(url: string) {
  const db = new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, application_name: 'mainloop-web', max: 10 }),
  });
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
  const taskView = (t: TaskRow, repo: Map<string, string>, nowMs: number): TaskView => ({
    id: t.id,
    title: t.title,
    repo: repo.get(t.projectId) ?? '',
    state: t.state,
    phase: t.phase,
    statusLine: t.statusLine,
    waitingFor: t.waitingFor as TaskView['waitingFor'],
    endedHow: t.endedHow as TaskView['endedHow'],
    ci: t.ci as CiCounts | null,
    failure: t.failure as TaskView['failure'],
    section: sectionOf(
      { state: t.state, hasFailure: t.failure !== null, endedAtMs: t.endedAt?.getTime() ?? null },
      nowMs,
    ),
    costMicrousd: Number(t.costMicrousd),
    budgetCents: t.budgetCents,
    model: t.model,
    prUrl: t.prUrl,
    prNumber: t.prNumber,
    issueUrl: t.issueUrl,
    issueNumber: t.issueNumber,
    branch: t.branch,
    waitsToMerge: t.trainItem !== null,
    activeRunId: t.activeRunId,
    isNew: t.lookedAt === null || t.updatedAt > t.lookedAt,
    createdAt: t.createdAt,
    updatedAt: t.updatedAt,
    endedAt: t.endedAt,
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
    p: ProposalRow,
    repo: Map<string, string>,
    now: Date,
    forecast: ReadonlyMap<string, Forecast>,
  ): ProposalView => ({
    id: p.id,
    title: p.title,
    prompt: p.prompt,
    repo: repo.get(p.projectId) ?? '',
    model: p.model,
    budgetCents: p.budgetCents,
    skipPlan: p.skipPlan,
    state: p.state === 'open' && p.expiresAt < now ? 'expired' : p.state,
    digest: p.digest,
    expiresAt: p.expiresAt,
    forecast: forecast.get(p.projectId) ?? null,
    taskId: p.taskId,
    attachments: attachmentsIn(p.attachments),
    toTaskId: p.toTaskId,
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
          where: { id: { in: [...new Set(rows.map((r) => r.taskId))] } },
          select: { id: true, title: true, projectId: true, plan: true, prUrl: true },
        })
      ).map((t) => [t.id, t]),
    );
    const repo = await repoOf([...tasks.values()].map((t) => t.projectId));
    const reviewed = rows.filter((r) => r.kind === 'review').map((r) => r.taskId);
    const passed =
      reviewed.length === 0
        ? []
        : await db.inboxItem.findMany({
            where: {
              ownerId: OWNER,
              taskId: { in: reviewed },
              kind: { in: ['gate', 'ci_files'] },
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
    return rows.map((r) => {
      const t = tasks.get(r.taskId);
      return {
        id: r.id,
        kind: r.kind as ItemKind,
        title: r.title,
        body: r.body,
        options: optionsIn(r.options),
        held: held.nullable().parse(r.held),
        multiple: r.multiple,
        runId: r.runId,
        errorCode: r.errorCode as ItemView['errorCode'],
        state: r.state,
        answer: r.answer as ItemView['answer'],
        answeredVia: r.answeredVia,
        createdAt: r.createdAt,
        snoozedUntil: r.snoozedUntil,
        untilCi: r.untilCi,
        isNew: r.shownAt === null && r.openedAt === null,
        taskId: r.taskId,
        taskTitle: t?.title ?? '',
        repo: repo.get(t?.projectId ?? '') ?? '',
        plan: r.kind === 'plan' ? (t?.plan ?? null) : null,
        prUrl: t?.prUrl ?? null,
        allowed: r.kind === 'review' ? allowedOf(r.taskId) : [],
      };
    });
  };

  return { db, repoOf, taskView, forecasts, proposalView, itemsWhere };
}
