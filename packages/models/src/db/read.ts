// The web's door: what the pages show, read with a role that may only read. Nothing here writes.
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { CHECKUP_KEY, checksOf, type Check, type Checkup } from '../flow/checkup.ts';
import { readEvents } from '../events/read.ts';
import type { LoggedEvent } from '../events/registry.ts';
import { attachmentRef, option } from '../events/shapes.ts';
import type { AttachmentRef, CommentState, ItemKind, Option } from '../flow/events.ts';
import { linesOf } from '../flow/gates.ts';
import { OWNER } from '../flow/ids.ts';
import { ENDED_STATES, sectionOf, type CiCounts } from '../flow/states.ts';
import { isLater, waitsForPerson } from '../flow/waits.ts';
import { PrismaClient } from './generated/client.ts';
import type { ItemView, TaskView, AttentionWeek, CostDay, ReviewView, Inbox, ProposalView, ThreadItem } from './read-views.ts';

export type * from './read-views.ts';

const HISTORY = 30;

// Columns of JSON are read as what they hold, like everything else that has no type of its own.
const attachmentsIn = (json: unknown): AttachmentRef[] => z.array(attachmentRef).parse(json);
const optionsIn = (json: unknown): Option[] => z.array(option).parse(json);
const checkup: z.ZodType<Checkup> = z.object({ at: z.string(), checks: z.array(z.object({ name: z.string(), ok: z.boolean(), says: z.string() })) });
const checkupIn = (json: unknown): Checkup | null => checkup.nullable().parse(json);

export function openRead(url: string) {
  const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, application_name: 'mainloop-web', max: 10 }) });
  let repos = new Map<string, string>();
  const repoOf = async (ids: readonly string[]): Promise<Map<string, string>> => {
    if (ids.some((id) => !repos.has(id)))
      repos = new Map((await db.project.findMany({ where: { ownerId: OWNER }, select: { id: true, repo: true } })).map((p) => [p.id, p.repo]));
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
    section: sectionOf({ state: t.state, hasFailure: t.failure !== null, endedAtMs: t.endedAt?.getTime() ?? null }, nowMs),
    costMicrousd: Number(t.costMicrousd),
    budgetCents: t.budgetCents,
    model: t.model,
    prUrl: t.prUrl,
    prNumber: t.prNumber,
    issueUrl: t.issueUrl,
    issueNumber: t.issueNumber,
    branch: t.branch,
    activeRunId: t.activeRunId,
    createdAt: t.createdAt,
    updatedAt: t.updatedAt,
    endedAt: t.endedAt,
  });
  type ProposalRow = Awaited<ReturnType<typeof db.proposal.findFirstOrThrow>>;
  const proposalView = (p: ProposalRow, repo: Map<string, string>, now: Date): ProposalView => ({
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
    taskId: p.taskId,
    attachments: attachmentsIn(p.attachments),
    toTaskId: p.toTaskId,
  });
  const itemsWhere = async (where: Record<string, unknown>): Promise<ItemView[]> => {
    const rows = await db.inboxItem.findMany({ where: { ownerId: OWNER, ...where }, orderBy: { createdAt: 'asc' }, take: 500 });
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
            where: { ownerId: OWNER, taskId: { in: reviewed }, kind: { in: ['gate', 'ci_files'] }, state: 'answered' },
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
        multiple: r.multiple,
        runId: r.runId,
        errorCode: r.errorCode as ItemView['errorCode'],
        state: r.state,
        answer: r.answer as ItemView['answer'],
        answeredVia: r.answeredVia,
        createdAt: r.createdAt,
        snoozedUntil: r.snoozedUntil,
        taskId: r.taskId,
        taskTitle: t?.title ?? '',
        repo: repo.get(t?.projectId ?? '') ?? '',
        plan: r.kind === 'plan' ? (t?.plan ?? null) : null,
        prUrl: t?.prUrl ?? null,
        allowed: r.kind === 'review' ? allowedOf(r.taskId) : [],
      };
    });
  };

  return {
    async cursor(): Promise<number> {
      // Not an aggregate: Prisma wraps it in a subquery that reads the whole table (100 ms at a million events).
      return Number((await db.event.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } }))?.seq ?? 0n);
    },

    async inbox(): Promise<Inbox> {
      const nowMs = Date.now();
      const dayAgo = new Date(nowMs - 24 * 3_600_000);
      const [open, proposals, live, ended, historyCount] = await Promise.all([
        itemsWhere({ state: 'open' }),
        db.proposal.findMany({ where: { ownerId: OWNER, state: 'open', expiresAt: { gt: new Date(nowMs) } }, orderBy: { seq: 'asc' }, take: 50 }),
        db.task.findMany({ where: { ownerId: OWNER, endedAt: null }, orderBy: { updatedAt: 'desc' }, take: 200 }),
        db.task.findMany({ where: { ownerId: OWNER, endedAt: { not: null } }, orderBy: { endedAt: 'desc' }, take: HISTORY }),
        db.task.count({ where: { ownerId: OWNER, state: { in: [...ENDED_STATES] }, OR: [{ endedAt: { lt: dayAgo } }, { state: { not: 'done' } }] } }),
      ]);
      const repo = await repoOf([...live, ...ended, ...proposals].map((t) => t.projectId));
      const all = [...live, ...ended].map((t) => taskView(t, repo, nowMs));
      return {
        waiting: waitsForPerson({ items: open, proposals }, nowMs),
        needsYou: open.filter((i) => i.kind !== 'failure' && !isLater(i, nowMs)),
        proposals: proposals.map((p) => proposalView(p, repo, new Date(nowMs))),
        later: open.filter((i) => i.kind !== 'failure' && isLater(i, nowMs)),
        working: all.filter((t) => t.section === 'working'),
        failed: all
          .filter((t) => t.section === 'failed')
          .map((t) => ({ ...t, item: open.find((i) => i.kind === 'failure' && i.taskId === t.id) ?? null })),
        done: all.filter((t) => t.section === 'done'),
        history: all.filter((t) => t.section === 'history'),
        historyCount,
      };
    },

    async thread(limit = 100): Promise<{ items: ThreadItem[]; draft: { turnId: string; text: string } | null }> {
      const [messages, proposals, turn] = await Promise.all([
        db.message.findMany({ where: { ownerId: OWNER }, orderBy: { seq: 'desc' }, take: limit }),
        db.proposal.findMany({ where: { ownerId: OWNER }, orderBy: { seq: 'desc' }, take: 50 }),
        db.turn.findFirst({ where: { ownerId: OWNER, state: { in: ['queued', 'running'] } }, orderBy: { seq: 'asc' } }),
      ]);
      const repo = await repoOf(proposals.map((p) => p.projectId));
      const oldest = messages.at(-1)?.seq ?? 0n;
      // A card belongs under the reply that proposed it, though it was made a moment earlier.
      const replySeq = new Map(messages.filter((m) => m.role === 'assistant' && m.turnId !== null).map((m) => [m.turnId, Number(m.seq)]));
      const items: ThreadItem[] = [
        ...messages.map((m): ThreadItem => ({
          seq: Number(m.seq),
          kind: 'message',
          at: m.at,
          message: { id: m.id, role: m.role, text: m.text, turnId: m.turnId, attachments: attachmentsIn(m.attachments) },
        })),
        ...proposals
          .filter((p) => p.seq >= oldest)
          .map((p): ThreadItem => ({
            seq: (replySeq.get(p.turnId) ?? Number(p.seq)) + 0.5,
            kind: 'proposal',
            at: p.at,
            proposal: proposalView(p, repo, new Date()),
          })),
      ];
      return { items: items.sort((a, b) => a.seq - b.seq), draft: turn ? { turnId: turn.id, text: turn.draft } : null };
    },

    /** Those of the tasks that there are. */
    async tasksOf(ids: readonly string[]): Promise<TaskView[]> {
      if (ids.length === 0) return [];
      const found = await db.task.findMany({ where: { ownerId: OWNER, id: { in: [...ids] } } });
      const repo = await repoOf(found.map((t) => t.projectId));
      return found.map((t) => taskView(t, repo, Date.now()));
    },

    async task(id: string): Promise<{
      task: TaskView;
      prompt: string;
      plan: string | null;
      items: ItemView[];
      events: LoggedEvent[];
      runs: { id: string; phase: string; n: number; state: string; costMicrousd: number }[];
    } | null> {
      const t = await db.task.findFirst({ where: { id, ownerId: OWNER } });
      if (!t) return null;
      const [repo, items, events, runs] = await Promise.all([
        repoOf([t.projectId]),
        itemsWhere({ taskId: id }),
        db.event.findMany({ where: { ownerId: OWNER, taskId: id, type: { not: 'cost.metered' } }, orderBy: { seq: 'desc' }, take: 400 }),
        db.run.findMany({
          where: { taskId: id },
          orderBy: { n: 'asc' },
          select: { id: true, phase: true, n: true, state: true, costMicrousd: true },
        }),
      ]);
      return {
        task: taskView(t, repo, Date.now()),
        prompt: t.prompt,
        plan: t.plan,
        items,
        events: readEvents(events.reverse().map((e) => ({ ...e, seq: Number(e.seq) }))).events,
        runs: runs.map((r) => ({ ...r, costMicrousd: Number(r.costMicrousd) })),
      };
    },

    /** The attention ledger, newest week first: what the person was asked, what it cost them, and what came of it. */
    async attention(weeks: number): Promise<AttentionWeek[]> {
      const rows = await db.$queryRaw<
        { week: Date; items: bigint; measured: bigint; ms: bigint; taps: bigint; not_needed: bigint; waited_s: number | null; merged: bigint }[]
      >`
        with w as (select generate_series(date_trunc('week', now()) - make_interval(weeks => ${weeks - 1}::int), date_trunc('week', now()), interval '1 week') as week)
        select w.week,
          count(i.id) as items, count(i.attention_ms) as measured, coalesce(sum(i.attention_ms), 0)::bigint as ms, coalesce(sum(i.taps), 0)::bigint as taps,
          count(*) filter (where i.not_needed) as not_needed,
          percentile_cont(0.5) within group (order by extract(epoch from i.answered_at - i.created_at))::float as waited_s,
          (select count(*) from events e where e.owner_id = ${OWNER} and e.type = 'pr.merged' and e.at >= w.week and e.at < w.week + interval '1 week') as merged
        from w left join inbox_items i on i.owner_id = ${OWNER} and i.state = 'answered' and i.answered_at >= w.week and i.answered_at < w.week + interval '1 week'
        group by w.week order by w.week desc`;
      return rows.map((r) => ({
        week: r.week,
        items: Number(r.items),
        measured: Number(r.measured),
        attentionMs: Number(r.ms),
        taps: Number(r.taps),
        notNeeded: Number(r.not_needed),
        medianWaitS: r.waited_s,
        merged: Number(r.merged),
      }));
    },
    /** What models cost on each of the last days, by project and model. Without a project it was the chat. */
    async costs(days: number): Promise<CostDay[]> {
      const since = new Date(Date.now() - days * 24 * 3_600_000);
      const rows = await db.costDay.findMany({ where: { ownerId: OWNER, day: { gte: since } }, orderBy: { day: 'desc' } });
      const repo = await repoOf(rows.map((r) => r.projectId).filter((id) => id !== ''));
      return rows.map((r) => ({
        day: r.day,
        repo: r.projectId === '' ? '' : (repo.get(r.projectId) ?? r.projectId),
        model: r.model,
        microusd: Number(r.microusd),
        tokens: Number(r.inputTokens) + Number(r.outputTokens),
      }));
    },
    /** What happened since the person last knew, and since when that is; null when they were never away. */
    async away(): Promise<{ since: Date; events: { type: string; taskId: string; title: string }[] } | null> {
      const last = await db.event.findFirst({ where: { ownerId: OWNER, type: 'owner.caught_up' }, orderBy: { seq: 'desc' } });
      if (!last) return null;
      const seq = Number((last.payload as { seq: number }).seq);
      const events = await db.event.findMany({
        where: { ownerId: OWNER, seq: { gt: seq }, type: { in: ['pr.merged', 'pr.ready', 'task.ended', 'inbox.opened'] }, taskId: { not: null } },
        orderBy: { seq: 'asc' },
        take: 500,
        select: { type: true, taskId: true, payload: true },
      });
      const tasks = new Map(
        (await db.task.findMany({ where: { id: { in: [...new Set(events.map((e) => e.taskId!))] } }, select: { id: true, title: true } })).map(
          (t) => [t.id, t.title],
        ),
      );
      return {
        since: last.at,
        events: events.map((e) => ({
          type: e.type === 'inbox.opened' ? `inbox.${(e.payload as { kind: string }).kind}` : e.type,
          taskId: e.taskId!,
          title: tasks.get(e.taskId!) ?? '',
        })),
      };
    },
    /** Tasks of any age by a word of their title or repository, the newest first. */
    async find(words: string): Promise<{ id: string; title: string; repo: string; state: string }[]> {
      const q = words.trim();
      if (q === '') return [];
      const projects = await db.project.findMany({ where: { ownerId: OWNER, repo: { contains: q, mode: 'insensitive' } }, select: { id: true } });
      const rows = await db.task.findMany({
        where: { ownerId: OWNER, OR: [{ title: { contains: q, mode: 'insensitive' } }, { projectId: { in: projects.map((p) => p.id) } }] },
        orderBy: { updatedAt: 'desc' },
        take: 12,
      });
      const repo = await repoOf(rows.map((t) => t.projectId));
      return rows.map((t) => ({ id: t.id, title: t.title, repo: repo.get(t.projectId) ?? '', state: t.state }));
    },
    item: async (id: string): Promise<ItemView | null> => (await itemsWhere({ id }))[0] ?? null,
    /** Comments, pushes (newest first, without their diffs) and what was looked at last. */
    async review(taskId: string): Promise<ReviewView | null> {
      const t = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER } });
      if (!t) return null;
      const [repo, pushes, comments, items] = await Promise.all([
        repoOf([t.projectId]),
        db.push.findMany({
          where: { taskId, ownerId: OWNER },
          orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
          take: 50,
          select: { id: true, newSha: true, createdAt: true, state: true },
        }),
        db.reviewComment.findMany({ where: { taskId, ownerId: OWNER }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], take: 1_000 }),
        itemsWhere({ taskId, kind: 'review', state: 'open' }),
      ]);
      return {
        task: taskView(t, repo, Date.now()),
        item: items[0] ?? null,
        looked: t.lookedPush,
        pushes: pushes.map((p) => ({ id: p.id, sha: p.newSha, at: p.createdAt, others: p.state === 'seen' })),
        comments: comments.map((c) => ({
          id: c.id,
          path: c.path,
          side: c.side === 'old' ? 'old' : 'new',
          startLine: c.startLine,
          line: c.line,
          quote: c.quote,
          body: c.body,
          author: c.author,
          via: c.via,
          state: c.state as CommentState,
          answer: c.answer,
          createdAt: c.createdAt,
        })),
      };
    },
    /** What was asked of a task, and its two newest plans, newest first. */
    async planned(taskId: string): Promise<{ prompt: string; plans: string[] } | null> {
      const t = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER }, select: { prompt: true } });
      if (!t) return null;
      const rows = await db.event.findMany({ where: { ownerId: OWNER, taskId, type: 'plan.written' }, orderBy: { seq: 'desc' }, take: 2 });
      const { events } = readEvents(rows.map((e) => ({ ...e, seq: Number(e.seq) })));
      return { prompt: t.prompt, plans: events.flatMap((e) => (e.type === 'plan.written' ? [e.payload.markdown] : [])) };
    },
    /** What a change is judged by: its newest push, what was checked, what was asked and what it cost. */
    async judged(taskId: string): Promise<{
      prompt: string;
      costMicrousd: number;
      budgetCents: number;
      looked: string | null;
      pushes: string[];
      startedAt: Date;
      events: LoggedEvent[];
    } | null> {
      const t = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER } });
      if (!t) return null;
      const [pushes, events] = await Promise.all([
        db.push.findMany({ where: { taskId, ownerId: OWNER }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: 50, select: { id: true } }),
        db.event.findMany({
          where: { ownerId: OWNER, taskId, type: { in: ['ci.verdict', 'evidence.recorded', 'run.ended'] } },
          orderBy: { seq: 'desc' },
          take: 60,
        }),
      ]);
      return {
        prompt: t.prompt,
        costMicrousd: Number(t.costMicrousd),
        budgetCents: t.budgetCents,
        looked: t.lookedPush,
        startedAt: t.createdAt,
        pushes: pushes.map((p) => p.id),
        events: readEvents(events.reverse().map((e) => ({ ...e, seq: Number(e.seq) }))).events,
      };
    },
    /** The whole change as of a push, or only what that push changed. */
    diffOf: async (taskId: string, pushId: string, what: 'diff' | 'delta'): Promise<string> => {
      const p = await db.push.findFirst({
        where: { id: pushId, taskId, ownerId: OWNER },
        select: { diff: what === 'diff', delta: what === 'delta' },
      });
      return p?.[what] ?? '';
    },
    projects: () => db.project.findMany({ where: { ownerId: OWNER, removedAt: null }, orderBy: { createdAt: 'asc' } }),
    /** How many tasks of each project have not ended, by its id. */
    liveTasks: async (): Promise<Map<string, number>> =>
      new Map(
        (await db.task.groupBy({ by: ['projectId'], where: { ownerId: OWNER, endedAt: null }, _count: true })).map((g) => [g.projectId, g._count]),
      ),
    settings: async (): Promise<unknown> =>
      (await db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: 'general' } } }))?.value ?? {},
    checkup: async (): Promise<readonly Check[]> => {
      const row = await db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: CHECKUP_KEY } } });
      return checksOf(checkupIn(row?.value ?? null), Date.now());
    },
    close: () => db.$disconnect(),
  };
}
export type Read = ReturnType<typeof openRead>;
