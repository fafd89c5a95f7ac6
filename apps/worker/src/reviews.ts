// The review on the forge and the one in the app, kept in step: what people said there comes in, what was
// said here goes out.
import { ForgeError, type Forge, type ForgeComment } from '@mainloop/adapters/forge/port';
import { listOnLines, saveThread } from '@mainloop/models/db/forge/effects';
import { listForgeAnswers } from '@mainloop/models/db/inbox/items';
import { append, appendOnce } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import {
  listMet,
  listReplies,
  listThreads,
  listUnpublished,
  type ReviewCommentRow,
} from '@mainloop/models/db/review/comments';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import {
  reviewAskedChanges,
  reviewCommented,
  reviewPassedOver,
  reviewPublished,
  reviewResolved,
} from '@mainloop/models/events/review';
import {
  agentCode,
  agentName,
  agentQuote,
  ours,
  personsWords,
  type ForgeText,
} from '@mainloop/models/flow/forge/text';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import {
  judgeAll,
  requestText,
  keyOf,
  wordsKey,
  type JudgedRemark,
  type Met,
  type Verdict,
} from '@mainloop/models/flow/forge/requests';
import { cleanTitle } from '@mainloop/models/flow/text';
import type { Effect } from './effects.ts';
import { keyOfAnswer } from './questions.ts';

/** The forge counts reviews, comments on lines and other comments each for themselves. */
type Said = ForgeComment & { readonly where: 'review' | 'line' | 'talk'; readonly verdict?: Verdict };

/** What a look at the comments of a pull request came to. */
export interface CommentsRead {
  /** What is to be worked on, oldest first. */
  readonly waiting: readonly Said[];
  /** Names it all, with its words. */
  readonly words: string;
  /** Whether nothing more is to be waited for. */
  readonly atOnce: boolean;
  /** What was met before, by place and id. */
  readonly met: ReadonlyMap<string, Met>;
}

/**
 * Reads the whole page, by id: a comment's time says nothing of when it can be seen. Anybody can comment
 * on a public repository, and a comment
 * steers an agent, so only those count who may write. What starts nothing is told in the story, once.
 * @returns what starts a round, and whether it is taken up at once or after a quiet while
 */
export async function readComments(db: Db, forge: Forge, task: TaskRow): Promise<CommentsRead> {
  if (task.prNumber === null) return { waiting: [], words: '', atOnce: false, met: new Map() };
  const page = await pageOf(forge, task.repo, task.prNumber);
  const met = await listMet(db, task.id);
  const answers = new Set(
    (await listForgeAnswers(db, task.id)).flatMap((id) => (id === null ? [] : [keyOfAnswer(id)])),
  );
  // Whoever wrote what is done with is not asked about again.
  const fresh = judgeAll(page, met, () => true, answers).filter((h) => !isNoted(h, met));
  const may = new Map<string, boolean>();
  for (const { remark, judged } of fresh) {
    const { author } = remark;
    if (judged.is === 'passed' && judged.why === 'machine') continue;
    if (!may.has(author)) may.set(author, author !== '' && (await forge.mayWrite(task.repo, author)));
  }
  const remarks = judgeAll(page, met, (author) => may.get(author) ?? false, answers);
  await notePassedOver(
    db,
    task,
    fresh.flatMap(({ remark }) => remarks.filter((h) => h.remark === remark)),
  );
  const waiting = remarks.filter(({ judged }) => judged.is === 'request' || judged.is === 'unclear');
  const words = waiting.map(({ remark }) => `${keyOf(remark)}:${wordsKey(requestText(remark.body))}`).sort();
  return {
    waiting: waiting.map((h) => h.remark),
    words: wordsKey(words.join()),
    atOnce: waiting.some((h) => h.atOnce),
    met,
  };
}

async function pageOf(forge: Forge, repo: string, number: number): Promise<Said[]> {
  const [reviews, lines, talk] = await Promise.all([
    forge.listReviews(repo, number),
    forge.listReviewComments(repo, number),
    forge.listIssueComments(repo, number),
  ]);
  return [
    ...reviews.map((r) => ({ ...r, where: 'review' as const })),
    ...lines.map((c) => ({ ...c, where: 'line' as const })),
    ...talk.map((c) => ({ ...c, where: 'talk' as const })),
  ]
    .filter((c) => !isOurComment(c))
    .sort((a, b) => a.at.localeCompare(b.at) || a.id - b.id);
}

const isNoted = ({ remark, judged }: JudgedRemark<Said>, met: ReadonlyMap<string, Met>): boolean =>
  judged.is === 'passed' &&
  (met.get(keyOf(remark))?.passed.includes(wordsKey(requestText(remark.body))) ?? false);

/**
 * One that is passed over has a line in the story; of machines and strangers, who may write as often as they
 * like, each account has one.
 */
async function notePassedOver(db: Db, task: TaskRow, remarks: readonly JudgedRemark<Said>[]): Promise<void> {
  const events = remarks.flatMap(({ remark, judged }) => {
    if (judged.is !== 'passed') return [];
    const { why } = judged;
    const text = requestText(remark.body);
    const payload = {
      id: `${task.id}-${keyOf(remark)}`,
      author: remark.author,
      why,
      text: cleanTitle(text, 200),
      words: wordsKey(text),
    };
    const about = { taskId: task.id, actor: 'mainloop', payload };
    return [
      why === 'machine' || why === 'stranger'
        ? reviewPassedOver.ofAccount(about)
        : reviewPassedOver.new(about),
    ];
  });
  if (events.length > 0) await appendOnce(db, events, task.ownerId);
}

/**
 * Puts what people said on the forge beside what was said in the app. Once each, however often it is seen.
 * @param name of all that is taken up: whoever was cut off behind it finds it by that
 */
export async function takeUp(
  db: Db,
  task: TaskRow,
  { waiting, met }: CommentsRead,
  name: string,
): Promise<void> {
  const newest = waiting.at(-1);
  if (newest === undefined) return;
  const made = waiting.map((comment) => {
    const text = requestText(comment.body);
    // What was worked on with other words is a comment of its own.
    const again = (met.get(keyOf(comment))?.worked.length ?? 0) > 0;
    const id = `${task.id}-${keyOf(comment)}${again ? `-${wordsKey(text)}` : ''}`;
    const place = {
      path: comment.path,
      side: 'new' as const,
      startLine: null,
      line: comment.line,
      sha: task.headSha,
      quote: '',
    };
    const payload = {
      id,
      ...place,
      text,
      author: comment.author,
      via: 'github' as const,
      state: 'open' as const,
      forgeId: comment.id,
    };
    return again
      ? reviewCommented.new({ taskId: task.id, actor: comment.author, payload })
      : reviewCommented.onForge({
          taskId: task.id,
          actor: comment.author,
          key: { where: comment.where },
          payload,
        });
  });
  const payload = { author: newest.author, comments: waiting.length };
  const asked = reviewAskedChanges.new({ taskId: task.id, actor: 'mainloop', key: { at: name }, payload });
  await withTx(db, (tx) => append(tx, [...made, asked], task.ownerId));
}

/**
 * Brings comments made in the app, and the agent's replies to any comment, onto the pull request.
 * @param task a task; without a pull request nothing is done
 */
export async function publishReview(
  { db, forge, effect }: { db: Db; forge: Forge; effect: Effect },
  task: TaskRow,
): Promise<void> {
  if (task.prNumber === null) return;
  const at = { repo: task.repo, number: task.prNumber };
  for (const comment of await listUnpublished(db, task.id)) {
    const mark = marker(task.id, `comment-${comment.id}`);
    const { id } = await effect(task, { kind: 'comment', of: comment.id }, async () => {
      if (comment.path !== null && comment.line !== null && comment.sha !== null) {
        try {
          const place = {
            path: comment.path,
            side: comment.side,
            startLine: comment.start_line,
            line: comment.line,
            sha: comment.sha,
          };
          return {
            ...(await forge.ensureLineComment({
              ...at,
              marker: mark,
              body: personsWords(comment.body),
              ...place,
            })),
            line: true,
          };
        } catch (err) {
          // Those lines are gone from the change, by a force push or a fix. What was said about them still counts.
          if (!(err instanceof ForgeError) || err.kind !== 'rejected') throw err;
        }
      }
      return { ...(await forge.ensureComment({ ...at, marker: mark, body: inWords(comment) })), line: false };
    });
    await appendOnce(
      db,
      [reviewPublished.new({ taskId: task.id, actor: 'mainloop', payload: { id: comment.id, forgeId: id } })],
      task.ownerId,
    );
  }
  const replies = await listReplies(db, task.id);
  const onLines = await listOnLines(
    db,
    task.id,
    replies.map((r) => r.id),
  );
  for (const reply of replies) {
    const mark = marker(task.id, `reply-${reply.seq}`);
    const isLine = reply.via === 'github' ? reply.path !== null : onLines.has(reply.id);
    await effect(task, { kind: 'reply', of: reply.seq }, () =>
      isLine && reply.forgeId !== null
        ? forge.ensureReply({ ...at, inReplyTo: reply.forgeId, marker: mark, body: agentQuote(reply.text) })
        : forge.ensureComment({
            ...at,
            marker: mark,
            body: ours`${agentQuote(reply.body.slice(0, 500))}\n\nThe agent:\n\n${agentQuote(reply.text)}`,
          }),
    );
  }
}

function inWords(comment: ReviewCommentRow): ForgeText {
  const body = personsWords(comment.body);
  if (comment.path === null) return body;
  const where =
    comment.line === null
      ? ours`On ${agentName(comment.path)}`
      : ours`On ${agentName(comment.path)}, line ${comment.line}`;
  return comment.quote
    ? ours`${where}:\n\n${agentCode(comment.quote)}\n\n${body}`
    : ours`${where}:\n\n${body}`;
}

/**
 * Threads that were resolved, or opened again, here or there. What both sides last agreed on is
 * remembered: the side that differs
 * from it has changed.
 * @param task a task; without a pull request nothing is done
 */
export async function syncThreads(db: Db, forge: Forge, task: TaskRow): Promise<void> {
  if (task.prNumber === null) return;
  const ours = await listThreads(db, task.id);
  if (ours.length === 0) return;
  const there = new Map((await forge.listThreads(task.repo, task.prNumber)).map((x) => [x.commentId, x]));
  for (const c of ours) {
    const thread = there.get(c.forgeId);
    if (!thread) continue;
    const here = c.state === 'resolved';
    const agreed = c.agreed ?? false;
    if (thread.resolved !== agreed)
      await appendOnce(
        db,
        [
          reviewResolved.new({
            taskId: task.id,
            actor: 'github',
            payload: { id: c.id, resolved: thread.resolved },
          }),
        ],
        task.ownerId,
      );
    else if (here !== agreed) await forge.ensureThread(task.repo, thread, here);
    else continue;
    await saveThread(db, task.id, c.id, thread.resolved !== agreed ? thread.resolved : here);
  }
}
