// The review: a person looks at what is ready, merges it, or asks for changes, here or on GitHub.
import { patched } from '@temporalio/workflow';
import { lookAgainMs } from '@mainloop/models/flow/forge/looks';
import { gather, type Gathered, type Waiting } from '@mainloop/models/flow/forge/gathering';
import { sayConflict } from '@mainloop/models/flow/forge/conflicts';
import type { Status } from '@mainloop/models/flow/status';
import type { Approved, In } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import { closeItem, openItem, setState, type TaskContext } from './context.ts';
import { whileClosed } from './closed.ts';
import { merge, type Finished, type NotMerged } from './merge.ts';
import { run } from './run.ts';
import { train } from './train.ts';
import { untilDone } from './trouble.ts';

/**
 * The pull request is ready: it waits for a merge, a comment, or a change of its base.
 * @returns the next stage, or how it finished
 */
export async function review(
  task: TaskContext,
  from: In<'review'>,
): Promise<Finished | In<'address_review' | 'ci'>> {
  const { taskId, desk } = task;
  const { reviewedUntil, repairs } = from;
  let { sha } = from;
  let approved = await stillApproved(task, from);
  let id = approved?.itemId ?? (await offer(task, sha, from.approved === undefined ? '' : OTHER_CHANGE));
  const anew = (keeps?: Approved): In<'ci'> => ({
    stage: 'ci',
    repairs: repairs ?? 0,
    acceptedSha: null,
    reviewedUntil,
    ...(keeps === undefined ? {} : { approved: keeps }),
  });
  let isQueued = false;
  // GitHub tells a poller nothing of a thread that was resolved, so there is a look now and then besides.
  let gathered: Gathered | null = null;
  for (let looks = 0; ; looks++) {
    const before = desk.lookAgains();
    const decision = desk.decided(id);
    if (decision?.kind === 'merge' && !isQueued) {
      const shown = approved?.shown ?? (sha !== undefined && patched('merge-train') ? sha : null);
      approved = null;
      const done =
        shown === null
          ? await merge(task, decision.text, sha)
          : await train(task, { itemId: id, method: decision.text, shown });
      if ('stage' in done) return done;
      if (isToRepair(done)) {
        await takeBack(task, done.sentence);
        return anew(done.keeps);
      }
      sha = done.head ?? sha;
      task.position = { ...from, ...(sha === undefined ? {} : { sha }) };
      isQueued = shown !== null && done.did === 'queued';
      if (isQueued) await setState(task, 'in_review', 'review', { is: 'queue' });
      else id = await offerAgain(task, id, done.sentence);
    }
    if (decision?.kind === 'changes') {
      task.rounds = task.lookRounds = 0;
      return { stage: 'address_review', asked: { where: 'inbox', itemId: id }, reviewedUntil };
    }
    const take: Take | undefined = patched('gather-comments') ? takeOf(gathered) : undefined;
    const now: ReviewLook = await untilDone(task, 'review', () =>
      forge.readReview({
        taskId,
        sinceIso: reviewedUntil,
        ...(sha === undefined ? {} : { shown: sha }),
        ...(take === undefined ? {} : { take }),
        ...(isQueued ? { queued: true } : {}),
      }),
    );
    if (now.leftQueue === true) {
      isQueued = false;
      id = await offerAgain(task, id, LEFT_QUEUE);
      continue;
    }
    if (now.state === 'closed' && patched('closed-asks')) {
      const closeOffer = async (): Promise<void> => {
        if (desk.decided(id) === undefined) await closeItem(task, id, 'the pull request was closed');
      };
      const then = await whileClosed(task, 'review', closeOffer, now.closedAtIso);
      if (then === 'open_in_time') continue;
      return then === 'open' ? anew() : then;
    }
    if (now.state !== 'open') return { stage: now.state };
    if (take !== undefined && now.comments > 0 && task.rounds >= (now.rounds?.most ?? Infinity)) {
      // A decision that came during the look is taken up first; what was asked for stays open.
      if (desk.decided(id) === undefined) id = await offerRounds(task, id, now);
      gathered = null;
      continue;
    }
    if (now.comments > 0) {
      await closeItem(task, id, `${now.author} asked for changes on GitHub`);
      return {
        stage: 'address_review',
        asked: { where: 'github', sinceIso: reviewedUntil },
        reviewedUntil: now.newestIso,
      };
    }
    // A decision that came during the look is taken up first: the merge looks for itself.
    if (now.again !== undefined && desk.decided(id) === undefined) {
      await closeItem(task, id, now.again);
      await takeBack(task, now.again);
      return anew();
    }
    if (
      now.conflictsWith !== undefined &&
      sha !== undefined &&
      desk.decided(id) === undefined &&
      patched('join-base')
    ) {
      const why = sayConflict(now.conflictsWith);
      await closeItem(task, id, why);
      await takeBack(task, why);
      return anew();
    }
    if (take !== undefined) gathered = await gatherOn(task, gathered, now.waiting);
    const news = (): boolean => (desk.decided(id) !== undefined && !isQueued) || desk.lookAgains() > before;
    const ms =
      gathered === null ? lookAgainMs(looks) : Math.min(lookAgainMs(looks), gathered.dueMs - Date.now());
    // What is due is taken up at once; what could not be, a moment later.
    if (
      (ms > 0 || take != null) &&
      (await desk.until(news, Math.max(ms, SOONEST_MS), { what: 'decision', itemId: id }))
    )
      looks = -1;
  }
}

/**
 * What was approved, and kept its place in the train while the agent brought the base into it, goes on by that
 * approval as long as it is the same change.
 * @returns null when it is to be offered
 */
async function stillApproved(task: TaskContext, { approved }: In<'review'>): Promise<Approved | null> {
  if (approved === undefined) return null;
  const { taskId } = task;
  if (!(await untilDone(task, 'review', () => forge.isAsApproved({ taskId, ...approved })))) return null;
  await untilDone(task, 'review', () => forge.ensureSummary({ taskId }));
  await untilDone(task, 'review', () => forge.ensureReady({ taskId }));
  return approved;
}

const SOONEST_MS = 1_000;
const OTHER_CHANGE =
  'It conflicted with the base while it waited to be merged. Claude brought the two together, and the change is not the one any more that you approved. Look at it again.';
const LEFT_QUEUE =
  'It left the merge queue of the repository without being merged. Its page on GitHub says why. Merge it to put it in again.';

/** Whether it is looked at anew, and by the agent where it is not good. */
function isToRepair({ did }: NotMerged): boolean {
  if (did === 'conflicts') return patched('join-base');
  return did === 'moved' || did === 'red' || did === 'stuck';
}

type ReviewLook = Awaited<ReturnType<typeof forge.readReview>>;
type Take = { readonly words: string; readonly whatever: boolean } | null;

/**
 * Says of the task that it waits for a quiet moment, and that it does no more.
 * @returns what is gathered now; null when nothing waits
 */
async function gatherOn(
  task: TaskContext,
  before: Gathered | null,
  waiting: ReviewLook['waiting'],
): Promise<Gathered | null> {
  if (waiting === undefined) {
    if (before !== null) await setState(task, 'in_review', 'review');
    return null;
  }
  if (before === null && !waiting.atOnce) await setState(task, 'in_review', 'review', gathering(waiting));
  return gather(before, waiting, Date.now());
}

const gathering = ({ author, comments, quietMs }: Waiting): Status => ({
  is: 'gathering',
  author,
  comments,
  quietMs,
});

/** @returns what is to be taken up at the next look; null while it is only gathered */
const takeOf = (gathered: Gathered | null): Take =>
  gathered === null || Date.now() < gathered.dueMs
    ? null
    : { words: gathered.words, whatever: Date.now() >= gathered.lastMs };

/** The rounds are used up: the person decides, with what is open. @returns the item */
async function offerRounds(
  task: TaskContext,
  before: string,
  { author, rounds }: ReviewLook,
): Promise<string> {
  await closeItem(task, before, `${author} asked for more changes on GitHub`);
  return offerAgain(task, before, sayRounds(author, rounds ?? { most: task.rounds, open: '' }));
}

const sayRounds = (
  author: string,
  { most, open }: { readonly most: number; readonly open: string },
): string =>
  `${author} asks for changes again, and ${most === 1 ? 'one round' : `${most} rounds`} of them are done. Merge it as it is, or ask for changes: then Claude works through what is open.\n\n${open}`;

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
  const others =
    sha === undefined ? '' : (await untilDone(task, 'review', () => forge.readOthers({ taskId }))).body;
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
  await setState(task, 'in_review', 'review');
  return id;
}

/**
 * A run that works through one round of comments.
 * @returns back to the checks
 */
export async function addressReview(
  task: TaskContext,
  { asked, reviewedUntil }: In<'address_review'>,
): Promise<In<'ci'>> {
  if (asked.where === 'github') task.rounds++;
  if (asked.where === 'second_look')
    await run(task, 'address_review', 'drafting', {}, { is: 'findings', found: asked.found });
  else
    await run(
      task,
      'address_review',
      'drafting',
      asked.where === 'github'
        ? { reviewSince: asked.sinceIso }
        : { reviewSince: reviewedUntil, about: asked.itemId },
    );
  return { stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil };
}
