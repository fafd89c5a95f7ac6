// A question of the agent, asked on the forge as well: on the pull request, or on the plan's issue before there is one.
import type { Forge } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { findQuestion } from '@mainloop/models/db/inbox/items';
import type { Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { answerOf, ANSWERED_WHERE, questionComment } from '@mainloop/models/flow/answers';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import type { Effect } from './effects.ts';

/** One comment for each question. It says who answered it, once somebody has. A task without issue and pull request asks in the app only. */
export async function ensureQuestion({ db, forge, effect }: { db: Db; forge: Forge; effect: Effect }, t: TaskRow, itemId: string): Promise<void> {
  const number = t.prNumber ?? t.issueNumber;
  const q = await findQuestion(db, itemId);
  if (number === null || q === null) return;
  const answered =
    q.state === 'answered' && q.answer !== null && q.answeredBy !== null && q.answeredVia !== null
      ? { by: q.answeredBy, where: ANSWERED_WHERE[q.answeredVia], text: q.answer.text }
      : null;
  const comment = { repo: t.repo, number, marker: marker(t.id, `ask-${itemId}`), body: questionComment(q, answered) };
  const { id } = await effect(t, `ask-${itemId}`, () => forge.ensureComment(comment));
  if (answered !== null) await forge.ensureComment({ ...comment, known: id });
}

/** The first comment after the question, of somebody who may write, answers it. Postgres first: it becomes a decision like any other. */
export async function readAnswer(db: Db, forge: Forge, t: TaskRow, itemId: string, sinceIso: string): Promise<void> {
  const number = t.prNumber ?? t.issueNumber;
  const q = await findQuestion(db, itemId);
  if (number === null || q?.state !== 'open') return;
  for (const c of await forge.listIssueComments(t.repo, number, sinceIso)) {
    if (c.at < sinceIso || isOurComment(c) || !(await forge.mayWrite(t.repo, c.author))) continue;
    const text = answerOf(c.body, q);
    if (text === null) continue;
    await decide(db, { ownerId: t.ownerId, itemId, decision: 'answer', text, via: 'github', by: c.author, answerId: answerIdOf(c.id) });
    return;
  }
}

/** A comment that answered a question asks for no change of the code. */
export const answerIdOf = (commentId: number): string => `github-comment-${commentId}`;
