// The verbs by which an agent talks to its reader: say, reply, ask. Each is kept once, however often it is sent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Hit } from '@mainloop/network/failpoints';
import { Ask, Find, Reply, Say } from '@mainloop/models/contracts/runner';
import { findShown } from '@mainloop/models/db/forge/effects';
import { append, lockLog } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { isOpenComment } from '@mainloop/models/db/review/comments';
import { countLookRounds } from '@mainloop/models/db/review/second-look';
import { hasSaid } from '@mainloop/models/db/runs/allowance';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { reviewCommented, reviewReplied } from '@mainloop/models/events/review';
import { agentSaid } from '@mainloop/models/events/runs';
import { foundAnswer, placeOf } from '@mainloop/models/flow/review/second-look';
import { cleanText, cleanTitle, spellOut } from '@mainloop/models/flow/text';
import { allowed } from './allowance.ts';
import { readJson, Refused, sendJson } from './http.ts';

const MAX_TALK_BYTES = 64 * 1024;
const MAX_WORDS = 4_000;

/** A request of an agent's own command. */
export interface Talk {
  readonly db: Db;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly run: RunByToken;
  /** Sent anew, as the answer to the first did not arrive. */
  readonly again: boolean;
  readonly hit: Hit;
}

/** `mainloop say`: words for the story. @throws Refused, with words for the agent */
export async function say({ db, req, res, run, again, hit }: Talk): Promise<void> {
  const { text } = Say.parse(await readJson(req, MAX_TALK_BYTES));
  hit('gateway.talk.before');
  const payload = { runId: run.id, text: cleanText(spellOut(text), MAX_WORDS) };
  await withTx(db, async (tx) => {
    await lockLog(tx);
    if (await hasSaid(tx, run, 'agent.said', { text: payload.text }, again)) return;
    await allowed(tx, run, 'says');
    await append(tx, [agentSaid.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
  });
  hit('gateway.talk.after');
  sendJson(res, 200, { say: 'Said.' });
}

/** `mainloop reply`: an answer below a comment of the review. @throws Refused, with words for the agent */
export async function reply({ db, req, res, run, again, hit }: Talk): Promise<void> {
  const { id, text } = Reply.parse(await readJson(req, MAX_TALK_BYTES));
  if (run.phase === 'second_look')
    throw new Refused(
      403,
      'A second look answers no comment: its author does. Say what you found with `mainloop find`.',
    );
  hit('gateway.talk.before');
  if (!(await isOpenComment(db, run.task_id, id)))
    throw new Refused(
      404,
      `There is no open comment ${id.slice(0, 80)} on this task. Use the id that stands beside the comment.`,
    );
  const payload = { id, text: cleanText(spellOut(text), MAX_WORDS), runId: run.id };
  await withTx(db, async (tx) => {
    await lockLog(tx);
    if (await hasSaid(tx, run, 'review.replied', { id, text: payload.text }, again)) return;
    await allowed(tx, run, 'replies');
    await append(tx, [reviewReplied.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
  });
  hit('gateway.talk.after');
  sendJson(res, 200, { say: 'Replied.' });
}

/** `mainloop ask`: a question for the inbox. @throws Refused, with words for the agent */
export async function ask({ db, req, res, run, again, hit }: Talk): Promise<void> {
  const { question, options, multiple } = Ask.parse(await readJson(req, MAX_TALK_BYTES));
  if (!multiple && options.filter((option) => option.recommended === true).length > 1)
    throw new Refused(400, 'Recommend one option, or ask with --multiple.');
  hit('gateway.talk.before');
  const [first, ...rest] = cleanText(spellOut(question), MAX_WORDS).split('\n');
  const words = { title: cleanTitle(first!, 200), body: rest.join('\n').trim() };
  const cleanOptions = options.map((option) => ({
    label: cleanTitle(option.label, 200),
    ...(option.description ? { description: cleanTitle(option.description, 500) } : {}),
    ...(option.recommended === true ? { recommended: true } : {}),
  }));
  await withTx(db, async (tx) => {
    await lockLog(tx);
    if (await hasSaid(tx, run, 'inbox.opened', { kind: 'question', ...words }, again)) return;
    const questionNo = await allowed(tx, run, 'questions');
    const opened = inboxOpened.new({
      taskId: run.task_id,
      actor: 'agent',
      payload: {
        id: `${run.id}-q${questionNo}`,
        kind: 'question',
        runId: run.id,
        questionNo,
        ...words,
        options: cleanOptions,
        ...(multiple && options.length > 1 ? { multiple } : {}),
      },
    });
    await append(tx, [opened], run.owner_id);
  });
  hit('gateway.talk.after');
  sendJson(res, 200, { say: 'Asked. End your turn now; you are woken in this session with the answer.' });
}

/** `mainloop find`: what a second look finds in the change. @throws Refused, with words for the agent */
export async function find({ db, req, res, run, again, hit }: Talk): Promise<void> {
  const { weight, text, at } = Find.parse(await readJson(req, MAX_TALK_BYTES));
  if (run.phase !== 'second_look')
    throw new Refused(403, 'Only a second look finds things. Tell what you know with `mainloop say`.');
  hit('gateway.talk.before');
  const place = placeOf(at);
  const found = {
    path: place.path === null ? null : cleanTitle(place.path, 4_096),
    line: place.line,
    text: cleanText(spellOut(text), MAX_WORDS),
  };
  const rounds = await withTx(db, async (tx) => {
    await lockLog(tx);
    const rounds = await countLookRounds(tx, run.task_id);
    if (await hasSaid(tx, run, 'review.commented', { via: 'look', ...found }, again)) return rounds;
    const n = await allowed(tx, run, 'findings');
    const commented = reviewCommented.new({
      taskId: run.task_id,
      actor: 'agent',
      payload: {
        ...found,
        id: `${run.id}-f${run.epoch}-${n}`,
        side: 'new',
        startLine: null,
        sha: (await findShown(tx, run.task_id))?.sha ?? null,
        quote: '',
        author: 'agent',
        via: 'look',
        weight,
        runId: run.id,
        state: 'open',
        forgeId: null,
      },
    });
    await append(tx, [commented], run.owner_id);
    return rounds;
  });
  hit('gateway.talk.after');
  sendJson(res, 200, { say: foundAnswer(weight, rounds) });
}
