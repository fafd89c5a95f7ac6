// The review: a person looks at what is ready, merges it, or asks for changes, here or on GitHub.
import { lookAgainMs } from '@mainloop/models/flow/looks';
import type { In } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import { closeItem, openItem, setState, type TaskContext } from './context.ts';
import { merge, type Finished } from './merge.ts';
import { run } from './run.ts';
import { untilDone } from './trouble.ts';

export async function review(task: TaskContext, { reviewedUntil }: In<'review'>): Promise<Finished | In<'address_review'>> {
  const { taskId, desk } = task;
  const id = await offer(task);
  // GitHub tells a poller nothing of a thread that was resolved, so there is a look now and then besides.
  for (let looks = 0; ; looks++) {
    const pokes = desk.pokes();
    const decision = desk.decided(id);
    if (decision?.kind === 'merge') return merge(task, decision.text);
    if (decision?.kind === 'changes') return { stage: 'address_review', asked: { where: 'inbox', itemId: id }, reviewedUntil };
    const now = await untilDone(task, 'review', () => forge.readReview({ taskId, sinceIso: reviewedUntil }));
    if (now.state !== 'open') return { stage: now.state };
    if (now.comments > 0) {
      await closeItem(task, id, `${now.author} asked for changes on GitHub`);
      return { stage: 'address_review', asked: { where: 'github', sinceIso: reviewedUntil }, reviewedUntil: now.newestIso };
    }
    const news = (): boolean => desk.decided(id) !== undefined || desk.pokes() > pokes;
    if (await desk.until(news, lookAgainMs(looks), { what: 'decision', itemId: id })) looks = -1;
  }
}

/** @returns the item in which it is offered for review */
async function offer(task: TaskContext): Promise<string> {
  const { taskId } = task;
  await untilDone(task, 'review', () => forge.ensureSummary({ taskId }));
  await untilDone(task, 'review', () => forge.ensureReady({ taskId }));
  const id = `${taskId}-review-${task.seenRuns}`;
  const options = [{ label: 'Merge' }, { label: 'Ask for changes' }];
  await openItem(task, { id, kind: 'review', title: 'Ready for review', body: '', options });
  await setState(task, 'in_review', 'review');
  return id;
}

export async function addressReview(task: TaskContext, { asked, reviewedUntil }: In<'address_review'>): Promise<In<'ci'>> {
  const about = asked.where === 'github' ? { reviewSince: asked.sinceIso } : { reviewSince: reviewedUntil, about: asked.itemId };
  await run(task, 'address_review', 'drafting', about);
  return { stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil };
}
