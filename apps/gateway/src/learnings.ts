// What an agent learned, and what it asks for before it begins something.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Hit } from '@mainloop/network/failpoints';
import { About, Learned } from '@mainloop/models/contracts/runner';
import { listApproved, noteLearning } from '@mainloop/models/db/learnings/learnings';
import { append, lockLog } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { learningGiven } from '@mainloop/models/events/learnings';
import { applying, learningWords } from '@mainloop/models/flow/learnings/learnings';
import { cleanText, spellOut } from '@mainloop/models/flow/text';
import { allowed } from './allowance.ts';
import { readJson, Refused, sendJson } from './http.ts';

interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly run: RunByToken;
}

/**
 * Keeps a rule that the agent says. No other agent hears it before a person approved it.
 * @param source how the agent came to say it
 */
export async function noteRule(
  db: Db,
  { req, res, run }: Call,
  source: 'learned' | 'confessed',
  hit: Hit,
): Promise<void> {
  const said = Learned.parse(await readJson(req, 64 * 1024));
  hit('gateway.talk.before');
  const noted = await withTx(db, async (tx) => {
    await lockLog(tx);
    await allowed(tx, run, 'learnings');
    return noteLearning(tx, {
      ownerId: run.owner_id,
      taskId: run.task_id,
      projectId: run.project_id,
      runId: run.id,
      source,
      rule: spellOut(said.rule),
      why: spellOut(said.why),
      path: said.path === null ? null : spellOut(said.path),
    });
  });
  hit('gateway.talk.after');
  if (typeof noted === 'object') throw new Refused(422, noted.sentence);
  return sendJson(res, 200, {
    say:
      noted === 'new' ? 'Kept. The reader is asked about it when it comes up again.' : 'Kept: it was known.',
  });
}

/**
 * Answers with the approved rules that apply to what the agent is about to do, and writes down which those
 * were.
 * @param hit where a test may end the process
 */
export async function tellRules(db: Db, { req, res, run }: Call, hit: Hit): Promise<void> {
  const { text } = About.parse(await readJson(req, 64 * 1024));
  const asked = cleanText(spellOut(text), 2_000);
  hit('gateway.talk.before');
  const given = await withTx(db, async (tx) => {
    await lockLog(tx);
    await allowed(tx, run, 'askings');
    // What every agent is told it was told at the start.
    const approved = await listApproved(tx, run.owner_id, run.project_id);
    const rules = applying(
      approved.filter((rule) => !rule.always),
      asked,
    );
    const payload = { runId: run.id, ids: rules.map((l) => l.id), asked };
    await append(tx, [learningGiven.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
    return rules;
  });
  hit('gateway.talk.after');
  return sendJson(res, 200, { say: learningWords(given) || 'Nothing was learned about that yet.' });
}
