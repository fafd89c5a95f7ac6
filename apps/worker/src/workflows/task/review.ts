// The review: a person looks at what is ready, merges it, or asks for changes, here or on GitHub.
import { patched } from '@temporalio/workflow';
import { lookAgainMs } from '@mainloop/models/flow/looks';
import { sayConflict } from '@mainloop/models/flow/conflicts';
import type { In } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import { closeItem, openItem, setState, type TaskContext } from './context.ts';
import { merge, type Finished } from './merge.ts';
import { run } from './run.ts';
import { untilDone } from './trouble.ts';

export async function review(task: TaskContext, { reviewedUntil, sha, repairs }: In<'review'>): Promise<Finished | In<'address_review' | 'ci'>> {
  const { taskId, desk } = task;
  let id = await offer(task, sha, '');
  const anew = (): In<'ci'> => ({ stage: 'ci', repairs: repairs ?? 0, acceptedSha: null, reviewedUntil });
  // GitHub tells a poller nothing of a thread that was resolved, so there is a look now and then besides.
  for (let looks = 0; ; looks++) {
    const pokes = desk.pokes();
    const decision = desk.decided(id);
    if (decision?.kind === 'merge') {
      const done = await merge(task, decision.text, sha);
      if ('stage' in done) return done;
      if (done.did === 'moved' || done.did === 'red' || (done.did === 'conflicts' && patched('join-base'))) {
        await takeBack(task, done.sentence);
        return anew();
      }
      id = await offerAgain(task, id, done.sentence);
    }
    if (decision?.kind === 'changes') return { stage: 'address_review', asked: { where: 'inbox', itemId: id }, reviewedUntil };
    const now = await untilDone(task, 'review', () =>
      forge.readReview({ taskId, sinceIso: reviewedUntil, ...(sha === undefined ? {} : { shown: sha }) }),
    );
    if (now.state !== 'open') return { stage: now.state };
    if (now.comments > 0) {
      await closeItem(task, id, `${now.author} asked for changes on GitHub`);
      return { stage: 'address_review', asked: { where: 'github', sinceIso: reviewedUntil }, reviewedUntil: now.newestIso };
    }
    // A decision that came during the look is taken up first: the merge looks for itself.
    if (now.again !== undefined && desk.decided(id) === undefined) {
      await closeItem(task, id, now.again);
      await takeBack(task, now.again);
      return anew();
    }
    if (now.conflictsWith !== undefined && sha !== undefined && desk.decided(id) === undefined && patched('join-base')) {
      const why = sayConflict(now.conflictsWith);
      await closeItem(task, id, why);
      await takeBack(task, why);
      return anew();
    }
    const news = (): boolean => desk.decided(id) !== undefined || desk.pokes() > pokes;
    if (await desk.until(news, lookAgainMs(looks), { what: 'decision', itemId: id })) looks = -1;
  }
}

/** What was ready is so no more; CI decides what follows. */
async function takeBack(task: TaskContext, why: string): Promise<void> {
  await untilDone(task, 'review', () => forge.ensureDraft({ taskId: task.taskId, why }));
}

const OPTIONS = [{ label: 'Merge' }, { label: 'Ask for changes' }];

/**
 * @param sha the commit that it is bound to; undefined in tasks from before it was kept
 * @returns the item in which it is offered for review
 */
async function offer(task: TaskContext, sha: string | undefined, said: string): Promise<string> {
  const { taskId } = task;
  await untilDone(task, 'review', () => forge.ensureSummary({ taskId }));
  await untilDone(task, 'review', () => forge.ensureReady({ taskId }));
  const others = sha === undefined ? '' : (await untilDone(task, 'review', () => forge.readOthers({ taskId }))).body;
  // One task may be offered more than once without a run in between: each time is an item of its own.
  const time = sha === undefined ? 0 : task.offers++;
  const id = `${taskId}-review-${task.seenRuns}${time === 0 ? '' : `-${time}`}`;
  await openItem(task, {
    id,
    kind: 'review',
    title: 'Ready for review',
    body: [said, others].filter((x) => x !== '').join('\n\n'),
    options: OPTIONS,
  });
  await setState(task, 'in_review', 'review');
  return id;
}

/** @returns the item that takes the place of one that was answered in vain */
async function offerAgain(task: TaskContext, before: string, said: string): Promise<string> {
  task.asked.delete(before);
  const id = `${task.taskId}-review-${task.seenRuns}-${task.offers++}`;
  await openItem(task, { id, kind: 'review', title: 'Ready for review', body: said, options: OPTIONS });
  await setState(task, 'in_review', 'review', said);
  return id;
}

export async function addressReview(task: TaskContext, { asked, reviewedUntil }: In<'address_review'>): Promise<In<'ci'>> {
  const about = asked.where === 'github' ? { reviewSince: asked.sinceIso } : { reviewSince: reviewedUntil, about: asked.itemId };
  await run(task, 'address_review', 'drafting', about);
  return { stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil };
}
