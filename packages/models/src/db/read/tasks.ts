// One task: its story, its plans, what a change of it is judged by.
import { readEvents } from '../../events/read.ts';
import type { LoggedEvent } from '../../events/registry.ts';
import { OWNER } from '../../flow/ids.ts';
import { usualTimeOf, type UsualTime } from '../../flow/runs/usual.ts';
import type { ShownPicture } from '../../flow/review/pictures.ts';
import { lookCost, weighed, type Found } from '../../flow/review/second-look.ts';
import type { TaskItemView, TaskView } from '../read-views.ts';
import { CHECKED, MOST_CHECKED, MOST_PUSHES } from '../review/evidence.ts';
import { isTaskItem, type Views } from './views.ts';

/** So many stand on a card, the newest. */
const MOST_PICTURES = 12;
/** So many of the tasks that were merged last say what is usual: a project changes. */
const MERGED_COUNTED = 20;

/** @returns the runs of a task, oldest first, each with its cost in millionths of a dollar */
async function runsOf(db: Views['db'], taskId: string) {
  const found = await db.run.findMany({
    where: { taskId },
    orderBy: { n: 'asc' },
    select: { id: true, phase: true, n: true, state: true, costMicrousd: true },
  });
  return found.map((run) => ({ ...run, costMicrousd: Number(run.costMicrousd) }));
}

/** @returns how much of what second looks found nobody has answered or resolved, by its weight */
async function openFindings(db: Views['db'], taskId: string): Promise<Found> {
  const open = await db.reviewComment.findMany({
    where: { taskId, via: 'look', state: 'open', answer: null },
    select: { weight: true },
  });
  return weighed(open);
}

interface Judged {
  prompt: string;
  costMicrousd: number;
  /** Of that; null where nobody had a second look. */
  lookMicrousd: number | null;
  /** What second looks found and is open still, whichever of them did. */
  lookOpen: Found;
  budgetCents: number;
  looked: string | null;
  pushes: string[];
  startedAt: Date;
  events: LoggedEvent[];
  /** Oldest first. */
  pictures: ShownPicture[];
}

/** @returns what the pages read of tasks */
export const tasks = ({ db, repoOf, taskView, itemsWhere }: Views) => ({
  async task(id: string): Promise<{
    task: TaskView;
    prompt: string;
    plan: string | null;
    items: TaskItemView[];
    events: LoggedEvent[];
    runs: Awaited<ReturnType<typeof runsOf>>;
    /** What tasks of its project take. */
    usual: UsualTime;
  } | null> {
    const task = await db.task.findFirst({ where: { id, ownerId: OWNER } });
    if (!task) return null;
    const [repo, items, events, runs, merged] = await Promise.all([
      repoOf([task.projectId]),
      itemsWhere({ taskId: id }),
      db.event.findMany({
        where: { ownerId: OWNER, taskId: id, type: { not: 'cost.metered' } },
        orderBy: { seq: 'desc' },
        take: 400,
      }),
      runsOf(db, id),
      db.task.findMany({
        where: { ownerId: OWNER, projectId: task.projectId, state: 'done', endedAt: { not: null } },
        orderBy: { endedAt: 'desc' },
        take: MERGED_COUNTED,
        select: { createdAt: true, endedAt: true },
      }),
    ]);
    return {
      task: taskView(task, repo, Date.now()),
      prompt: task.prompt,
      plan: task.plan,
      items: items.filter(isTaskItem),
      events: readEvents(events.reverse().map((e) => ({ ...e, seq: Number(e.seq) }))).events,
      runs,
      usual: usualTimeOf(
        merged.map(({ createdAt, endedAt }) => (endedAt?.getTime() ?? 0) - createdAt.getTime()),
      ),
    };
  },

  /** What was asked of a task, and its two newest plans, newest first. */
  async planned(taskId: string): Promise<{ prompt: string; plans: string[] } | null> {
    const task = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER }, select: { prompt: true } });
    if (!task) return null;
    const rows = await db.event.findMany({
      where: { ownerId: OWNER, taskId, type: 'plan.written' },
      orderBy: { seq: 'desc' },
      take: 2,
    });
    const { events } = readEvents(rows.map((e) => ({ ...e, seq: Number(e.seq) })));
    return {
      prompt: task.prompt,
      plans: events.flatMap((e) => (e.type === 'plan.written' ? [e.payload.markdown] : [])),
    };
  },

  /** What a change is judged by: its newest push, what was checked, what was asked and what it cost. */
  async judged(taskId: string): Promise<Judged | null> {
    const task = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER } });
    if (!task) return null;
    const [pushes, events, showed, runs, lookOpen] = await Promise.all([
      db.push.findMany({
        where: { taskId, ownerId: OWNER },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: MOST_PUSHES,
        select: { id: true },
      }),
      db.event.findMany({
        where: { ownerId: OWNER, taskId, type: { in: [...CHECKED] } },
        orderBy: { seq: 'desc' },
        take: MOST_CHECKED,
      }),
      db.event.findMany({
        where: { ownerId: OWNER, taskId, type: 'agent.showed' },
        orderBy: { seq: 'desc' },
        take: MOST_PICTURES,
      }),
      runsOf(db, taskId),
      openFindings(db, taskId),
    ]);
    return {
      prompt: task.prompt,
      costMicrousd: Number(task.costMicrousd),
      lookMicrousd: lookCost(runs),
      lookOpen,
      budgetCents: task.budgetCents,
      looked: task.lookedPush,
      startedAt: task.createdAt,
      pushes: pushes.map((p) => p.id),
      events: readEvents(events.reverse().map((e) => ({ ...e, seq: Number(e.seq) }))).events,
      pictures: readEvents(showed.reverse().map((e) => ({ ...e, seq: Number(e.seq) }))).events.flatMap(
        (event) => (event.type === 'agent.showed' ? [event.payload] : []),
      ),
    };
  },
});
