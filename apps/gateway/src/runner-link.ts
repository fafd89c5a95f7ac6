// The runner's door (spec, output, heartbeat, checkpoint, result) and the talk-back verbs of the agent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Ask, CHECKPOINT_MAX_BYTES, Heartbeat, RunResult, Say, type RunSpec } from '@mainloop/models/contracts/runner';
import { append } from '@mainloop/models/db/log';
import { one, withTx, type Db } from '@mainloop/models/db/pool';
import { appendOutput, commandsAfter, endRun, outputEnd, renewLease, type RunByToken } from '@mainloop/models/db/runs';
import { AGENT_CLAUDE_MD } from '@mainloop/models/flow/prompts';
import { cleanText, cleanTitle } from '@mainloop/models/flow/text';
import { readBody, readJson, Refused, sendJson } from './http.ts';

const MAX_QUESTIONS_A_RUN = 5;
const MAX_SAYS_A_RUN = 100;

export async function runnerLink(db: Db, req: IncomingMessage, res: ServerResponse, url: URL, r: RunByToken): Promise<void> {
  switch (`${req.method} ${url.pathname}`) {
    case 'GET /run/spec': {
      const spec: RunSpec = {
        runId: r.id,
        taskId: r.task_id,
        epoch: r.epoch,
        phase: r.phase,
        prompt: r.prompt,
        claudeMd: AGENT_CLAUDE_MD,
        taskMd: `# ${r.title}\n\n${r.task_prompt}\n${r.plan ? `\n## The plan\n\n${r.plan}\n` : ''}`,
        model: r.model,
        sessionId: r.session_id,
        resume: r.resume || r.epoch > 1,
        branch: r.branch,
        base: r.default_branch,
        maxTurns: 200,
        maxMinutes: 60,
        outputOffset: await outputEnd(db, r.id),
        askPermissions: false,
      };
      return sendJson(res, 200, spec);
    }
    case 'POST /run/heartbeat': {
      const { afterCommand } = Heartbeat.parse(await readJson(req));
      if (!(await renewLease(db, r.id, r.epoch))) throw new Refused(401, 'this run has ended');
      return sendJson(res, 200, { commands: await commandsAfter(db, r.id, afterCommand) });
    }
    case 'POST /run/output': {
      const offset = Number(url.searchParams.get('offset'));
      if (!Number.isSafeInteger(offset) || offset < 0) throw new Refused(400, 'bad offset');
      return sendJson(res, 200, { next: await appendOutput(db, r.id, offset, await readBody(req, 1024 * 1024)) });
    }
    case 'PUT /run/checkpoint': {
      const data = await readBody(req, CHECKPOINT_MAX_BYTES);
      await db.query(
        `insert into checkpoints (task_id, run_id, epoch, data) values ($1,$2,$3,$4)
         on conflict (task_id) do update set run_id = excluded.run_id, epoch = excluded.epoch, data = excluded.data, created_at = now()`,
        [r.task_id, r.id, r.epoch, data],
      );
      return sendJson(res, 200, { ok: true });
    }
    case 'GET /run/checkpoint': {
      const row = await one<{ data: Buffer }>(db, 'select data from checkpoints where task_id = $1', [r.task_id]);
      res.writeHead(row ? 200 : 204, { 'content-type': 'application/octet-stream' });
      return void res.end(row?.data);
    }
    case 'POST /run/result': {
      const { outcome } = RunResult.parse(await readJson(req));
      await endRun(db, r.id, r.epoch, outcome.kind === 'completed' ? { ...outcome, summary: cleanText(outcome.summary, 50_000) } : outcome);
      return sendJson(res, 200, { ok: true });
    }
    case 'POST /talk/say': {
      const { text } = Say.parse(await readJson(req, 64 * 1024));
      await limit(db, r, 'agent.said', MAX_SAYS_A_RUN);
      await withTx(db, (tx) =>
        append(tx, [{ type: 'agent.said', taskId: r.task_id, actor: 'agent', payload: { runId: r.id, text: cleanText(text, 4_000) } }], r.owner_id),
      );
      return sendJson(res, 200, { say: 'Said.' });
    }
    case 'POST /talk/ask': {
      const { question, options } = Ask.parse(await readJson(req, 64 * 1024));
      const n = await limit(db, r, 'inbox.opened', MAX_QUESTIONS_A_RUN);
      const [first, ...rest] = cleanText(question, 4_000).split('\n');
      await withTx(db, (tx) =>
        append(
          tx,
          [
            {
              type: 'inbox.opened',
              taskId: r.task_id,
              actor: 'agent',
              dedupeKey: `inbox/${r.id}-q${n}`,
              payload: {
                id: `${r.id}-q${n}`,
                kind: 'question',
                title: cleanTitle(first!, 200),
                body: rest.join('\n').trim(),
                options: options.map((o) => ({
                  label: cleanTitle(o.label, 200),
                  ...(o.description ? { description: cleanTitle(o.description, 500) } : {}),
                })),
              },
            },
          ],
          r.owner_id,
        ),
      );
      return sendJson(res, 200, { say: 'Asked. End your turn now; you are woken in this session with the answer.' });
    }
    default:
      throw new Refused(404, 'No such door.');
  }
}

/** @returns how many events of this type the run made so far; refuses when that is too many */
async function limit(db: Db, r: RunByToken, type: string, max: number): Promise<number> {
  const n = (await one<{ n: number }>(db, "select count(*)::int as n from events where task_id = $1 and type = $2 and actor = 'agent' and at >= $3", [
    r.task_id,
    type,
    r.started_at,
  ]))!.n;
  if (n >= max) throw new Refused(429, `That was said ${max} times already in this run. Go on without.`);
  return n;
}
