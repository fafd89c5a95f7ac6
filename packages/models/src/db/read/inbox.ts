// The inbox, its items, and what happened while the person was away.
import { OWNER } from '../../flow/ids.ts';
import { ENDED_STATES } from '../../flow/states.ts';
import { isLater, waitsForPerson } from '../../flow/inbox/waits.ts';
import type { Forecast } from '../../flow/money/money.ts';
import type { Inbox, ItemView } from '../read-views.ts';
import { isTaskItem, type Views } from './views.ts';

const HISTORY = 30;

/** @returns what the pages read of the inbox, and the cursor that a stream goes on from */
export const inbox = ({ db, repoOf, taskView, forecasts, proposalView, itemsWhere }: Views) => ({
  async cursor(): Promise<number> {
    // Not an aggregate: Prisma wraps it in a subquery that reads the whole table (100 ms at a million events).
    return Number((await db.event.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } }))?.seq ?? 0n);
  },

  async inbox(): Promise<Inbox> {
    const nowMs = Date.now();
    const dayAgo = new Date(nowMs - 24 * 3_600_000);
    const [open, proposals, live, ended, historyCount] = await Promise.all([
      itemsWhere({ state: 'open' }),
      db.proposal.findMany({
        where: { ownerId: OWNER, state: 'open', expiresAt: { gt: new Date(nowMs) } },
        orderBy: { seq: 'asc' },
        take: 50,
      }),
      db.task.findMany({
        where: { ownerId: OWNER, endedAt: null },
        orderBy: { updatedAt: 'desc' },
        take: 200,
      }),
      db.task.findMany({
        where: { ownerId: OWNER, endedAt: { not: null } },
        orderBy: { endedAt: 'desc' },
        take: HISTORY,
      }),
      db.task.count({
        where: {
          ownerId: OWNER,
          state: { in: [...ENDED_STATES] },
          OR: [{ endedAt: { lt: dayAgo } }, { state: { not: 'done' } }],
        },
      }),
    ]);
    const forecast = proposals.length === 0 ? new Map<string, Forecast>() : await forecasts();
    const repo = await repoOf([...live, ...ended, ...proposals].map((t) => t.projectId));
    const all = [...live, ...ended].map((t) => taskView(t, repo, nowMs));
    return {
      waiting: waitsForPerson({ items: open, proposals }, nowMs),
      needsYou: open.filter((i) => i.kind !== 'failure' && !isLater(i, nowMs)),
      proposals: proposals.map((p) => proposalView(p, repo, new Date(nowMs), forecast)),
      later: open.filter((i) => i.kind !== 'failure' && isLater(i, nowMs)),
      working: all.filter((t) => t.section === 'working'),
      failed: all
        .filter((t) => t.section === 'failed')
        .map((t) => ({
          ...t,
          item: open.filter(isTaskItem).find((i) => i.kind === 'failure' && i.taskId === t.id) ?? null,
        })),
      done: all.filter((t) => t.section === 'done'),
      history: all.filter((t) => t.section === 'history'),
      historyCount,
    };
  },

  item: async (id: string): Promise<ItemView | null> => (await itemsWhere({ id }))[0] ?? null,

  /** What happened since the person last knew, and since when that is; null when they were never away. */
  async away(): Promise<{ since: Date; events: { type: string; taskId: string; title: string }[] } | null> {
    const last = await db.event.findFirst({
      where: { ownerId: OWNER, type: 'owner.caught_up' },
      orderBy: { seq: 'desc' },
    });
    if (!last) return null;
    const seq = Number((last.payload as { seq: number }).seq);
    const events = await db.event.findMany({
      where: {
        ownerId: OWNER,
        seq: { gt: seq },
        type: { in: ['pr.merged', 'pr.ready', 'task.ended', 'inbox.opened'] },
        taskId: { not: null },
      },
      orderBy: { seq: 'asc' },
      take: 500,
      select: { type: true, taskId: true, payload: true },
    });
    const tasks = new Map(
      (
        await db.task.findMany({
          where: { id: { in: [...new Set(events.map((e) => e.taskId!))] } },
          select: { id: true, title: true },
        })
      ).map((t) => [t.id, t.title]),
    );
    return {
      since: last.at,
      events: events.map((event) => ({
        type:
          event.type === 'inbox.opened' ? `inbox.${(event.payload as { kind: string }).kind}` : event.type,
        taskId: event.taskId!,
        title: tasks.get(event.taskId!) ?? '',
      })),
    };
  },
});
