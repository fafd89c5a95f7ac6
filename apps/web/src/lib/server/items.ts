// An item as its card shows it: words rendered, a held change as lines and never as markup.
import type { ItemView, LearningView, StandingItemView, TaskItemView } from '@mainloop/models/db/read';
import { readDiff, type DiffFile } from '@mainloop/models/flow/review/diff';
import {
  checksOf,
  failureFacts,
  planChanges,
  summaryOf,
  twoSentences,
  type FailureFacts,
  type PlanChanges,
} from '@mainloop/models/events/facts';
import type { ReviewFacts } from '#lib/inbox/facts.ts';
import { changedFiles, changeRisks } from './changes.ts';
import { render } from './markdown.ts';
import { read } from './read.ts';

export type ShownTaskItem = TaskItemView & {
  html: string;
  /** Of a held change. */
  files: readonly DiffFile[];
  facts: ReviewFacts | null;
  why: string;
  changes: PlanChanges | null;
};
export type ShownStandingItem = StandingItemView & {
  html: string;
  /** Of a campfire: the rules that it asks about. */
  rules: readonly LearningView[];
};
export type ShownItem = ShownTaskItem | ShownStandingItem;

/**
 * @param item as the database has it
 * @returns it with its words as HTML, and what a plan or a review is decided by
 */
export async function shownItem(item: ItemView): Promise<ShownItem> {
  if (item.taskId !== null) return shownTaskItem(item);
  const rules = item.kind === 'campfire' ? await read().learnings({ campfire: item.id }) : [];
  // As they stand in the list whatever is decided of them meanwhile.
  return { ...item, html: render(item.body), rules: rules.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/**
 * @param item one about a task, as the database has it
 * @returns it with its words as HTML, and what a plan or a review is decided by
 */
export async function shownTaskItem(item: TaskItemView): Promise<ShownTaskItem> {
  const facts =
    item.kind === 'review' && item.state === 'open' ? await factsOf(item.taskId, item.createdAt) : null;
  const planned = item.kind === 'plan' && item.state === 'open' ? await read().planned(item.taskId) : null;
  const [now, before] = planned?.plans ?? [];
  const more = {
    facts,
    why: twoSentences(planned?.prompt ?? ''),
    changes: now !== undefined && before !== undefined ? planChanges(before, now) : null,
  };
  const files = item.held === null ? [] : readDiff(item.held.diff).files;
  return { ...item, html: render(item.plan ?? item.body), files, ...more };
}

/**
 * What is known of a task that has failed.
 * @param taskId one without events gives empty facts
 */
export async function failureOf(taskId: string): Promise<FailureFacts> {
  return failureFacts((await read().judged(taskId))?.events ?? []);
}

async function factsOf(taskId: string, offeredAt: Date): Promise<ReviewFacts | null> {
  const task = await read().judged(taskId);
  if (task === null) return null;
  const newest = task.pushes[0] ?? null;
  const files = newest === null ? [] : await changedFiles(taskId, newest);
  const seenAt = task.looked === null ? -1 : task.pushes.indexOf(task.looked);
  return {
    what: twoSentences(summaryOf(task.events)),
    why: twoSentences(task.prompt),
    checks: checksOf(task.events, task.lookOpen),
    pictures: task.pictures,
    risks: newest === null ? [] : await changeRisks(taskId, newest),
    tookMs: Math.max(0, offeredAt.getTime() - task.startedAt.getTime()),
    files: files.length,
    additions: files.reduce((n, f) => n + f.additions, 0),
    deletions: files.reduce((n, f) => n + f.deletions, 0),
    unseen: seenAt < 0 ? null : seenAt,
    newest,
    costMicrousd: task.costMicrousd,
    lookMicrousd: task.lookMicrousd,
    budgetCents: task.budgetCents,
    knows: await read().area(taskId),
  };
}
