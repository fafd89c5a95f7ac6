// A question of the agent, asked on the forge as well: on the pull request, or on the plan's issue before there is one.
import type { Forge, ForgeComment } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { findQuestion, listForgeAnswers } from '@mainloop/models/db/inbox/items';
import type { Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { ANSWERED_WHERE, questionComment, readingOf } from '@mainloop/models/flow/answers';
import { timesOf } from '@mainloop/models/flow/machines';
import { hasMarker, isOurComment, marker } from '@mainloop/models/flow/ids';
import type { Effect } from './effects.ts';

/**
 * One comment for each question. It says who answered it, once somebody has. A task without issue and pull
 * request asks in the app only.
 * @param t the task; the comment goes to its pull request, or to its issue before there is one
 * @param itemId the question's inbox item
 */
export async function ensureQuestion(
  { db, forge, effect }: { db: Db; forge: Forge; effect: Effect },
  t: TaskRow,
  itemId: string,
): Promise<void> {
  const number = t.prNumber ?? t.issueNumber;
  const q = await findQuestion(db, itemId);
  if (number === null || q === null) return;
  const answered =
    q.state === 'answered' && q.answer !== null && q.answeredBy !== null && q.answeredVia !== null
      ? { by: q.answeredBy, where: ANSWERED_WHERE[q.answeredVia], text: q.answer.text }
      : null;
  const comment = {
    repo: t.repo,
    number,
    marker: marker(t.id, `ask-${itemId}`),
    body: questionComment(q, answered),
  };
  const { id } = await effect(t, { kind: 'ask', of: itemId }, () => forge.ensureComment(comment));
  if (answered !== null) await forge.ensureComment({ ...comment, known: id });
}

/**
 * The first comment after the question that answers it, of somebody who may write. Postgres first: it
 * becomes a decision like any other.
 * @param sinceIso when the question was asked, by the forge's clock
 */
export async function readAnswer(
  db: Db,
  forge: Forge,
  t: TaskRow,
  itemId: string,
  sinceIso: string,
): Promise<void> {
  const number = t.prNumber ?? t.issueNumber;
  const q = await findQuestion(db, itemId);
  if (number === null || q?.state !== 'open') return;
  const page = await forge.listIssueComments(t.repo, number);
  const asked = page.find((c) => c.mine && hasMarker(c.body, t.id, `ask-${itemId}`));
  // Ids grow, whatever the clocks say. A question that the list does not show yet is known by its time.
  const isAfter = (c: ForgeComment): boolean => (asked === undefined ? c.at >= sinceIso : c.id > asked.id);
  const answers = new Set(await listForgeAnswers(db, t.id));
  for (const c of page) {
    if (!isAfter(c) || isOurComment(c) || answers.has(answerIdOf(c.id))) continue;
    const times = timesOf(page.filter((x) => x.author === c.author).map((x) => x.body));
    const reading = readingOf(c, q, times);
    if (reading.is !== 'answer' || !(await forge.mayWrite(t.repo, c.author))) continue;
    const { text } = reading;
    await decide(db, {
      ownerId: t.ownerId,
      itemId,
      decision: 'answer',
      text,
      via: 'github',
      by: c.author,
      answerId: answerIdOf(c.id),
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
