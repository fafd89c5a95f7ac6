// An item as its card shows it: words rendered, a held change as lines and never as markup.
import type { ItemView } from '@mainloop/models/db/read';
import { readDiff, type DiffFile } from '@mainloop/models/flow/diff';
import {
  checksOf,
  failureFacts,
  planChanges,
  summaryOf,
  twoSentences,
  type FailureFacts,
  type PlanChanges,
  type ReviewFacts,
} from '#lib/facts.ts';
import { changedFiles, changeRisks } from './changes.ts';
import { render } from './markdown.ts';
import { read } from './read.ts';

export type ShownItem = ItemView & {
  html: string;
  /** Of a held change. */
  files: readonly DiffFile[];
  facts: ReviewFacts | null;
  why: string;
  changes: PlanChanges | null;
};

export async function shownItem(i: ItemView): Promise<ShownItem> {
  const facts = i.kind === 'review' && i.state === 'open' ? await factsOf(i.taskId, i.createdAt) : null;
  const planned = i.kind === 'plan' && i.state === 'open' ? await read().planned(i.taskId) : null;
  const [now, before] = planned?.plans ?? [];
  const more = {
    facts,
    why: twoSentences(planned?.prompt ?? ''),
    changes: now !== undefined && before !== undefined ? planChanges(before, now) : null,
  };
  const files = i.held === null ? [] : readDiff(i.held.diff).files;
  return { ...i, html: render(i.plan ?? i.body), files, ...more };
}

/**
 * What is known of a task that has failed.
 * @param taskId one without events gives empty facts
 */
export async function failureOf(taskId: string): Promise<FailureFacts> {
  return failureFacts((await read().judged(taskId))?.events ?? []);
}

async function factsOf(taskId: string, offeredAt: Date): Promise<ReviewFacts | null> {
  const t = await read().judged(taskId);
  if (t === null) return null;
  const newest = t.pushes[0] ?? null;
  const files = newest === null ? [] : await changedFiles(taskId, newest);
  const seenAt = t.looked === null ? -1 : t.pushes.indexOf(t.looked);
  return {
    what: twoSentences(summaryOf(t.events)),
    why: twoSentences(t.prompt),
    checks: checksOf(t.events),
    pictures: t.pictures,
    risks: newest === null ? [] : await changeRisks(taskId, newest),
    tookMs: Math.max(0, offeredAt.getTime() - t.startedAt.getTime()),
    files: files.length,
    additions: files.reduce((n, f) => n + f.additions, 0),
    deletions: files.reduce((n, f) => n + f.deletions, 0),
    unseen: seenAt < 0 ? null : seenAt,
    newest,
    costMicrousd: t.costMicrousd,
    budgetCents: t.budgetCents,
  };
}
