// A question of the agent, asked on the forge as well: on the pull request, or on the plan's issue before there is one.
import type { Forge } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/decide';
import { one, type Db } from '@mainloop/models/db/pool';
import { answerOf, ANSWERED_WHERE, questionComment, type Question } from '@mainloop/models/flow/answers';
import type { Via } from '@mainloop/models/flow/events';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import type { Effect } from './effects.ts';
import type { TaskRow } from './tasks.ts';

interface QuestionRow extends Question {
  readonly id: string;
  readonly state: string;
  readonly answer: { readonly text: string } | null;
  readonly answered_by: string | null;
  readonly answered_via: Via | null;
}

const question = (db: Db, itemId: string): Promise<QuestionRow | null> =>
  one<QuestionRow>(
    db,
    "select id, state, title, body, options, multiple, answer, answered_by, answered_via from inbox_items where id = $1 and kind = 'question'",
    [itemId],
  );

/** One comment for each question. It says who answered it, once somebody has. A task without issue and pull request asks in the app only. */
export async function ensureQuestion({ db, forge, effect }: { db: Db; forge: Forge; effect: Effect }, t: TaskRow, itemId: string): Promise<void> {
  const number = t.pr_number ?? t.issue_number;
  const q = await question(db, itemId);
  if (number === null || q === null) return;
  const answered =
    q.state === 'answered' && q.answer !== null && q.answered_by !== null && q.answered_via !== null
      ? { by: q.answered_by, where: ANSWERED_WHERE[q.answered_via], text: q.answer.text }
      : null;
  const comment = { repo: t.repo, number, marker: marker(t.id, `ask-${itemId}`), body: questionComment(q, answered) };
  const { id } = await effect(t, `ask-${itemId}`, () => forge.ensureComment(comment));
  if (answered !== null) await forge.ensureComment({ ...comment, known: id });
}

/** The first comment after the question, of somebody who may write, answers it. Postgres first: it becomes a decision like any other. */
export async function readAnswer(db: Db, forge: Forge, t: TaskRow, itemId: string, sinceIso: string): Promise<void> {
  const number = t.pr_number ?? t.issue_number;
  const q = await question(db, itemId);
  if (number === null || q?.state !== 'open') return;
  for (const c of await forge.listIssueComments(t.repo, number, sinceIso)) {
    if (c.at < sinceIso || isOurComment(c) || !(await forge.mayWrite(t.repo, c.author))) continue;
    const text = answerOf(c.body, q);
    if (text === null) continue;
    await decide(db, { ownerId: t.owner_id, itemId, decision: 'answer', text, via: 'github', by: c.author, answerId: answerIdOf(c.id) });
    return;
  }
}

/** A comment that answered a question asks for no change of the code. */
export const answerIdOf = (commentId: number): string => `github-comment-${commentId}`;
