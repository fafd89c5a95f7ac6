// A question of the agent, asked on the forge as well: on the pull request, or on the plan's issue before there is one.
import type { Forge, ForgeComment } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { findQuestion, listForgeAnswers } from '@mainloop/models/db/inbox/items';
import type { Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { ANSWERED_WHERE, questionComment, readingOf } from '@mainloop/models/flow/forge/answers';
import { timesOf } from '@mainloop/models/flow/forge/machines';
import { hasMarker, isOurComment, marker } from '@mainloop/models/flow/ids';
import type { Effect } from './effects.ts';

/**
 * One comment for each question. It says who answered it, once somebody has. A task without issue and pull
 * request asks in the app only.
 * @param task the task; the comment goes to its pull request, or to its issue before there is one
 * @param itemId the question's inbox item
 */
export async function ensureQuestion(
  { db, forge, effect }: { db: Db; forge: Forge; effect: Effect },
  task: TaskRow,
  itemId: string,
): Promise<void> {
  const number = task.prNumber ?? task.issueNumber;
  const question = await findQuestion(db, itemId);
  if (number === null || question === null) return;
  const answered =
    question.state === 'answered' &&
    question.answer !== null &&
    question.answeredBy !== null &&
    question.answeredVia !== null
      ? { by: question.answeredBy, where: ANSWERED_WHERE[question.answeredVia], text: question.answer.text }
      : null;
  const comment = {
    repo: task.repo,
    number,
    marker: marker(task.id, `ask-${itemId}`),
    body: questionComment(question, answered),
  };
  let isSaidNow = false;
  const { id } = await effect(task, { kind: 'ask', of: itemId }, () => {
    isSaidNow = true;
    return forge.ensureComment(comment);
  });
  // Said once: a list that lags behind would have it said again.
  if (answered !== null && !isSaidNow) await forge.ensureComment({ ...comment, known: id });
}

/**
 * The first comment after the question that answers it, of somebody who may write. Postgres first: it
 * becomes a decision like any other.
 * @param sinceIso when the question was asked, by the forge's clock
 */
export async function readAnswer(
  db: Db,
  forge: Forge,
  task: TaskRow,
  itemId: string,
  sinceIso: string,
): Promise<void> {
  const number = task.prNumber ?? task.issueNumber;
  const question = await findQuestion(db, itemId);
  if (number === null || question?.state !== 'open') return;
  const page = await forge.listIssueComments(task.repo, number);
  const asked = page.find((c) => c.mine && hasMarker(c.body, task.id, `ask-${itemId}`));
  // Ids grow, whatever the clocks say. A question that the list does not show yet is known by its time.
  const isAfter = (comment: ForgeComment): boolean =>
    asked === undefined ? comment.at >= sinceIso : comment.id > asked.id;
  const answers = new Set(await listForgeAnswers(db, task.id));
  for (const comment of page) {
    if (!isAfter(comment) || isOurComment(comment) || answers.has(answerIdOf(comment.id))) continue;
    const times = timesOf(page.filter((x) => x.author === comment.author).map((x) => x.body));
    const reading = readingOf(comment, question, times);
    if (reading.is !== 'answer' || !(await forge.mayWrite(task.repo, comment.author))) continue;
    const { text } = reading;
    await decide(db, {
      ownerId: task.ownerId,
      itemId,
      decision: 'answer',
      text,
      via: 'github',
      by: comment.author,
      answerId: answerIdOf(comment.id),
    });
    return;
  }
}

/**
 * A comment that answered a question asks for no change of the code.
 * @returns the id by which the decision is known, so that it is made once
 */
export const answerIdOf = (commentId: number): string => `github-comment-${commentId}`;
/**
 * The comment that such an answer came from.
 * @returns the forge's number, 0 for an id of another kind
 */
export const commentIdOf = (answerId: string): number => Number(/\d+$/.exec(answerId)?.[0] ?? 0);
/** @returns where such a comment stands among what was said on the pull request */
export const keyOfAnswer = (answerId: string): string => answerId.replace(/^github-comment-/, 'talk');
