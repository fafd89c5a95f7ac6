// The runner's routes (spec, output, heartbeat, checkpoint, result) and the talk-back verbs of the agent.
import type { Hit } from '@mainloop/network/failpoints';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Ask,
  Baseline,
  BaselineAsked,
  CHECKPOINT_MAX_BYTES,
  Evidence,
  Heartbeat,
  PermissionRequest,
  type PermissionAsked,
  Reply,
  RunResult,
  Say,
  type RunSpec,
} from '@mainloop/models/contracts/runner';
import { findBaseline } from '@mainloop/models/db/runs/evidence';
import { hasSaid } from '@mainloop/models/db/runs/allowance';
import { readAttachment } from '@mainloop/models/db/conversation/attachments';
import { findCheckpoint, saveCheckpoint } from '@mainloop/models/db/runs/checkpoints';
import { commandsFor, findOutcomeBefore, noteDelivered } from '@mainloop/models/db/runs/commands';
import { hasOpenQuestion } from '@mainloop/models/db/inbox/items';
import type { Listener } from '@mainloop/models/db/listen';
import { append, lockLog } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { isOpenComment } from '@mainloop/models/db/review/comments';
import { appendOutput, outputEnd } from '@mainloop/models/db/runs/output';
import { claimEpoch, holderOf, renewLease } from '@mainloop/models/db/runs/epochs';
import { endRun } from '@mainloop/models/db/runs/endings';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { reviewReplied } from '@mainloop/models/events/review';
import { agentSaid, baselineRecorded, evidenceRecorded } from '@mainloop/models/events/runs';
import { doneBefore, type RunOutcome } from '@mainloop/models/flow/outcomes';
import { AGENT_CLAUDE_MD, folderWords } from '@mainloop/models/flow/prompts';
import { cleanText, cleanTitle, spellOut } from '@mainloop/models/flow/text';
import { allowed } from './allowance.ts';
import { readBody, readJson, Refused, sendJson } from './http.ts';
import { askPermission } from './permissions.ts';
import { noteRule, tellRules } from './learnings.ts';
import { takePicture } from './pictures.ts';

const LONGEST_WAIT_MS = 20_000;
/** Under a lost notification. */
const LOOK_MS = 1_000;

/**
 * Answers one request of a runner, or of the agent's own commands in its sandbox.
 * @param run the run that its token belongs to
 * @param given what every run is told, whatever its project
 * @throws Refused, with words for whoever asked
 */
export async function runnerLink(
  db: Db,
  listen: () => Listener,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  run: RunByToken,
  given: Pick<RunSpec, 'packages' | 'permissionPatienceMs'>,
  hit: Hit = () => undefined,
): Promise<void> {
  const again = req.headers['x-mainloop-again'] !== undefined;
  const holder = String(req.headers['x-mainloop-holder'] ?? '').slice(0, 100);
  refuseAgent(run, url.pathname, holder);
  switch (`${req.method} ${url.pathname}`) {
    case 'GET /run/spec': {
      if (holder === '' || !(await claimEpoch(db, run.id, run.epoch, holder)))
        throw new Refused(401, 'Another process has this run.');
      const project = resolveProjectSettings(run.project_settings);
      const spec: RunSpec = {
        runId: run.id,
        taskId: run.task_id,
        epoch: run.epoch,
        phase: run.phase,
        prompt: run.prompt,
        done:
          run.prompt === ''
            ? doneBefore(await findOutcomeBefore(db, { taskId: run.task_id, n: run.n }))
            : null,
        claudeMd:
          project.folder === '' ? AGENT_CLAUDE_MD : `${AGENT_CLAUDE_MD}\n${folderWords(project.folder)}\n`,
        taskMd: `# ${run.title}\n\n${run.task_prompt}\n${run.plan ? `\n## The plan\n\n${run.plan}\n` : ''}`,
        model: run.model,
        sessionId: run.session_id,
        resume: run.resume || run.epoch > 1,
        branch: run.branch,
        base: run.default_branch,
        maxTurns: 200,
        maxMinutes: project.maxMinutes,
        outputOffset: await outputEnd(db, run.id),
        askPermissions: project.permissions === 'ask',
        setupCommand: project.setupCommand,
        findSetup: project.findSetup,
        verifyCommand: project.verifyCommand,
        folder: project.folder,
        ...given,
        attachments: run.attachments.map((a) => ({ id: a.id, name: a.name })),
      };
      return sendJson(res, 200, spec);
    }
    case 'POST /run/heartbeat': {
      const { afterCommand, delivered } = Heartbeat.parse(await readJson(req));
      if (!(await renewLease(db, run.id, run.epoch))) throw new Refused(401, 'this run has ended');
      await noteDelivered(db, run.task_id, delivered);
      return sendJson(res, 200, { commands: await commandsFor(db, run, afterCommand) });
    }
    case 'GET /run/commands': {
      // Held until there is one: what a person says or allows has to be there before the agent's next step.
      const after = Number(url.searchParams.get('after') ?? 0) || 0;
      const deadline = Date.now() + Math.min(LONGEST_WAIT_MS, Number(url.searchParams.get('wait') ?? 0) || 0);
      for (const word = listen(); ;) {
        const commands = await commandsFor(db, run, after);
        if (commands.length > 0 || Date.now() >= deadline || res.destroyed)
          return sendJson(res, 200, { commands });
        await word(Math.min(LOOK_MS, deadline - Date.now()));
      }
    }
    case 'POST /run/output': {
      const offset = Number(url.searchParams.get('offset'));
      if (!Number.isSafeInteger(offset) || offset < 0) throw new Refused(400, 'bad offset');
      const next = await appendOutput(db, run.id, offset, await readBody(req, 1024 * 1024));
      // The runner keeps it and comes again.
      if (next === null) throw new Refused(503, 'This run prints too fast. Send it again in a moment.');
      return sendJson(res, 200, { next });
    }
    case 'PUT /run/checkpoint': {
      const data = await readBody(req, CHECKPOINT_MAX_BYTES);
      await saveCheckpoint(db, { taskId: run.task_id, runId: run.id, epoch: run.epoch, data });
      return sendJson(res, 200, { ok: true });
    }
    case 'GET /run/checkpoint': {
      const data = await findCheckpoint(db, run.task_id);
      res.writeHead(data ? 200 : 204, { 'content-type': 'application/octet-stream' });
      return void res.end(data ?? undefined);
    }
    case 'GET /run/attachment': {
      const id = url.searchParams.get('id') ?? '';
      // A run sees the files of its own task, and no others.
      const attachment = run.attachments.some((x) => x.id === id)
        ? await readAttachment(db, run.owner_id, id)
        : null;
      if (!attachment) throw new Refused(404, 'There is no such file.');
      res.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-length': attachment.data.length,
      });
      return void res.end(attachment.data);
    }
    case 'POST /run/result': {
      const { outcome } = RunResult.parse(await readJson(req));
      hit('gateway.result.before');
      await endRun(db, run.id, run.epoch, withCleanSummary(outcome));
      hit('gateway.result.after');
      return sendJson(res, 200, { ok: true });
    }
    case 'GET /run/asked':
      return sendJson(res, 200, { asked: await hasOpenQuestion(db, run.id) });
    case 'POST /run/evidence': {
      const evidence = Evidence.parse(await readJson(req, 256 * 1024));
      await withTx(db, (tx) =>
        append(
          tx,
          [
            evidenceRecorded.new({
              taskId: run.task_id,
              actor: 'runner',
              key: { epoch: run.epoch },
              payload: {
                ...evidence,
                runId: run.id,
                tail: cleanText(evidence.tail, 20_000),
                from: evidence.from?.map((name) => cleanTitle(name, 100)),
              },
            }),
          ],
          run.owner_id,
        ),
      );
      return sendJson(res, 200, { ok: true });
    }
    case 'GET /run/baseline': {
      const known = await findBaseline(
        db,
        run.project_id,
        BaselineAsked.parse(Object.fromEntries(url.searchParams)),
      );
      return sendJson(res, 200, { known });
    }
    case 'POST /run/baseline': {
      const baseline = Baseline.parse(await readJson(req, 256 * 1024));
      const payload = { ...baseline, runId: run.id, tail: cleanText(baseline.tail, 20_000) };
      await withTx(db, (tx) =>
        append(tx, [baselineRecorded.new({ taskId: run.task_id, actor: 'runner', payload })], run.owner_id),
      );
      return sendJson(res, 200, { ok: true });
    }
    case 'POST /run/permission':
      return sendJson(
        res,
        200,
        (await askPermission(
          db,
          run,
          PermissionRequest.parse(await readJson(req, 1024 * 1024)),
        )) satisfies PermissionAsked,
      );
    case 'POST /talk/say': {
      const { text } = Say.parse(await readJson(req, 64 * 1024));
      hit('gateway.talk.before');
      const payload = { runId: run.id, text: cleanText(spellOut(text), 4_000) };
      await withTx(db, async (tx) => {
        await lockLog(tx);
        if (await hasSaid(tx, run, 'agent.said', { text: payload.text }, again)) return;
        await allowed(tx, run, 'says');
        await append(tx, [agentSaid.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
      });
      hit('gateway.talk.after');
      return sendJson(res, 200, { say: 'Said.' });
    }
    case 'POST /talk/show':
      return takePicture(db, { req, res, url, run, again }, hit);
    case 'POST /talk/reply': {
      const { id, text } = Reply.parse(await readJson(req, 64 * 1024));
      hit('gateway.talk.before');
      if (!(await isOpenComment(db, run.task_id, id)))
        throw new Refused(
          404,
          `There is no open comment ${id.slice(0, 80)} on this task. Use the id that stands beside the comment.`,
        );
      const payload = { id, text: cleanText(spellOut(text), 4_000), runId: run.id };
      await withTx(db, async (tx) => {
        await lockLog(tx);
        if (await hasSaid(tx, run, 'review.replied', { id, text: payload.text }, again)) return;
        await allowed(tx, run, 'replies');
        await append(tx, [reviewReplied.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
      });
      hit('gateway.talk.after');
      return sendJson(res, 200, { say: 'Replied.' });
    }
    case 'POST /talk/ask': {
      const { question, options, multiple } = Ask.parse(await readJson(req, 64 * 1024));
      if (!multiple && options.filter((o) => o.recommended === true).length > 1)
        throw new Refused(400, 'Recommend one option, or ask with --multiple.');
      hit('gateway.talk.before');
      const [first, ...rest] = cleanText(spellOut(question), 4_000).split('\n');
      const words = { title: cleanTitle(first!, 200), body: rest.join('\n').trim() };
      await withTx(db, async (tx) => {
        await lockLog(tx);
        if (await hasSaid(tx, run, 'inbox.opened', { kind: 'question', ...words }, again)) return;
        const questionNo = await allowed(tx, run, 'questions');
        await append(
          tx,
          [
            inboxOpened.new({
              taskId: run.task_id,
              actor: 'agent',
              payload: {
                id: `${run.id}-q${questionNo}`,
                kind: 'question',
                runId: run.id,
                questionNo,
                ...words,
                options: options.map((option) => ({
                  label: cleanTitle(option.label, 200),
                  ...(option.description ? { description: cleanTitle(option.description, 500) } : {}),
                  ...(option.recommended === true ? { recommended: true } : {}),
                })),
                ...(multiple && options.length > 1 ? { multiple } : {}),
              },
            }),
          ],
          run.owner_id,
        );
      });
      hit('gateway.talk.after');
      return sendJson(res, 200, {
        say: 'Asked. End your turn now; you are woken in this session with the answer.',
      });
    }
    case 'POST /talk/learned':
      return noteRule(db, { req, res, run }, 'learned', hit);
    case 'POST /talk/confess':
      return noteRule(db, { req, res, run }, 'confessed', hit);
    case 'POST /talk/about':
      return tellRules(db, { req, res, run }, hit);
    default:
      throw new Refused(404, 'No such route.');
  }
}

const withCleanSummary = (outcome: RunOutcome): RunOutcome =>
  'summary' in outcome && outcome.summary !== undefined
    ? { ...outcome, summary: cleanText(spellOut(outcome.summary), 50_000) }
    : outcome;

/**
 * The agent has the run's token and reaches these routes as the runner does. What the runner says of it is
 * said by nobody else: the name that it has claimed the run under is in no environment, on no command line
 * and in no file.
 */
function refuseAgent(run: RunByToken, path: string, holder: string): void {
  if (!path.startsWith('/run/') || path === '/run/spec') return;
  const who = holderOf(run, holder);
  // One from before it said its name is heard to the end of its run; evidence that anybody could have told is none.
  if (who === 'somebody' || (who === 'unknown' && path === '/run/evidence'))
    throw new Refused(
      403,
      'Only the runner of this run says that. An agent has: mainloop say, show, ask, reply, learned, confess, about.',
    );
}
