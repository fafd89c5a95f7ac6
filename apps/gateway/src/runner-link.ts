// The runner's routes (spec, output, heartbeat, checkpoint, result) and the talk-back verbs of the agent.
import type { Hit } from '@mainloop/network/failpoints';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Baseline,
  BaselineAsked,
  CHECKPOINT_MAX_BYTES,
  Evidence,
  Heartbeat,
  PermissionRequest,
  type PermissionAsked,
  RunResult,
  type RunSpec,
} from '@mainloop/models/contracts/runner';
import { findBaseline } from '@mainloop/models/db/runs/evidence';
import { readAttachment } from '@mainloop/models/db/conversation/attachments';
import { findCheckpoint, saveCheckpoint } from '@mainloop/models/db/runs/checkpoints';
import { commandsFor, findOutcomeBefore, noteDelivered } from '@mainloop/models/db/runs/commands';
import { hasOpenQuestion } from '@mainloop/models/db/inbox/items';
import type { Listener } from '@mainloop/models/db/listen';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { appendOutput, outputEnd } from '@mainloop/models/db/runs/output';
import { claimEpoch, holderOf, renewLease } from '@mainloop/models/db/runs/epochs';
import { endRun } from '@mainloop/models/db/runs/endings';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { getSettings, resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { baselineRecorded, evidenceRecorded } from '@mainloop/models/events/runs';
import { own } from '@mainloop/models/flow/look';
import { doneBefore, type RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import { claudeMdFor } from '@mainloop/models/flow/runs/prompts';
import { cleanText, cleanTitle, spellOut } from '@mainloop/models/flow/text';
import { turnsUnder, workflowConfig, type KeptWorkflow } from '@mainloop/models/flow/projects/workflow-file';
import { readBody, readJson, Refused, sendJson } from './http.ts';
import { askPermission } from './permissions.ts';
import { noteRule, tellRules } from './learnings.ts';
import { takePicture } from './pictures.ts';
import { ask, find, reply, say, type Talk } from './talk.ts';

const LONGEST_WAIT_MS = 20_000;
/** Under a lost notification. */
const LOOK_MS = 1_000;
const MAX_TAIL_CHARS = 20_000;

/** What every run is told, whatever its project. */
type Given = Pick<RunSpec, 'packages' | 'permissionPatienceMs'>;

interface LinkRequest extends Talk {
  readonly listen: () => Listener;
  readonly url: URL;
  /** The name that a runner has claimed its run under; '' of an agent. */
  readonly holder: string;
  readonly given: Given;
}

const ROUTES: Readonly<Record<string, (request: LinkRequest) => Promise<void>>> = {
  'GET /run/spec': giveSpec,
  'POST /run/heartbeat': heartbeat,
  'GET /run/commands': waitForCommands,
  'POST /run/output': takeOutput,
  'PUT /run/checkpoint': takeCheckpoint,
  'GET /run/checkpoint': giveCheckpoint,
  'GET /run/attachment': giveAttachment,
  'POST /run/result': takeResult,
  'GET /run/asked': async ({ db, res, run }) =>
    sendJson(res, 200, { asked: await hasOpenQuestion(db, run.id) }),
  'POST /run/evidence': takeEvidence,
  'GET /run/baseline': giveBaseline,
  'POST /run/baseline': takeBaseline,
  'POST /run/permission': async ({ db, req, res, run }) => {
    const asked = PermissionRequest.parse(await readJson(req, 1024 * 1024));
    sendJson(res, 200, (await askPermission(db, run, asked)) satisfies PermissionAsked);
  },
  'POST /talk/say': say,
  'POST /talk/show': ({ db, hit, ...request }) => takePicture(db, request, hit),
  'POST /talk/reply': reply,
  'POST /talk/find': find,
  'POST /talk/ask': ask,
  'POST /talk/learned': ({ db, hit, ...request }) => noteRule(db, request, 'learned', hit),
  'POST /talk/confess': ({ db, hit, ...request }) => noteRule(db, request, 'confessed', hit),
  'POST /talk/about': ({ db, hit, ...request }) => tellRules(db, request, hit),
};

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
  given: Given,
  hit: Hit = () => undefined,
): Promise<void> {
  const again = req.headers['x-mainloop-again'] !== undefined;
  const holder = String(req.headers['x-mainloop-holder'] ?? '').slice(0, 100);
  refuseAgent(run, url.pathname, holder);
  const answer = own(ROUTES, `${req.method} ${url.pathname}`);
  if (answer === undefined) throw new Refused(404, 'No such route.');
  await answer({ db, listen, req, res, url, run, given, hit, again, holder });
}

async function giveSpec({ db, res, run, holder, given }: LinkRequest): Promise<void> {
  if (holder === '' || !(await claimEpoch(db, run.id, run.epoch, holder)))
    throw new Refused(401, 'Another process has this run.');
  const project = resolveProjectSettings(run.project_settings);
  const settings = await getSettings(db, run.owner_id);
  const before = run.prompt === '' ? await findOutcomeBefore(db, { taskId: run.task_id, n: run.n }) : null;
  const spec: RunSpec = {
    runId: run.id,
    taskId: run.task_id,
    epoch: run.epoch,
    phase: run.phase,
    prompt: run.prompt,
    done: run.prompt === '' ? doneBefore(before) : null,
    claudeMd: claudeMdFor({ ...project, insights: [settings.insights, project.insights] }),
    taskMd: `# ${run.title}\n\n${run.task_prompt}\n${run.plan ? `\n## The plan\n\n${run.plan}\n` : ''}`,
    model: run.model,
    sessionId: run.session_id,
    resume: run.resume || run.epoch > 1,
    branch: run.branch,
    base: run.default_branch,
    maxTurns: turnsUnder(MOST_TURNS, run.project_workflow),
    maxMinutes: project.maxMinutes,
    outputOffset: await outputEnd(db, run.id),
    askPermissions: project.permissions === 'ask',
    setupCommand: project.setupCommand,
    findSetup: project.findSetup,
    verifyCommand: project.verifyCommand,
    hooks: hooksOf(run.project_workflow),
    folder: project.folder,
    ...given,
    attachments: run.attachments.map((a) => ({ id: a.id, name: a.name })),
  };
  sendJson(res, 200, spec);
}

/** Of one run, where nothing lowers them. */
const MOST_TURNS = 200;

function hooksOf(kept: KeptWorkflow | null): RunSpec['hooks'] {
  if (kept?.file == null) return null;
  const config = workflowConfig(kept.file.given);
  return {
    afterCreate: config['hooks.after_create'],
    beforeRun: config['hooks.before_run'],
    afterRun: config['hooks.after_run'],
    timeoutMs: config['hooks.timeout_ms'],
  };
}

async function heartbeat({ db, req, res, run }: LinkRequest): Promise<void> {
  const { afterCommand, delivered } = Heartbeat.parse(await readJson(req));
  if (!(await renewLease(db, run.id, run.epoch))) throw new Refused(401, 'this run has ended');
  await noteDelivered(db, run.task_id, delivered);
  sendJson(res, 200, { commands: await commandsFor(db, run, afterCommand) });
}

/** Held until there is one: what a person says or allows has to be there before the agent's next step. */
async function waitForCommands({ db, listen, res, url, run }: LinkRequest): Promise<void> {
  const after = Number(url.searchParams.get('after') ?? 0) || 0;
  const deadline = Date.now() + Math.min(LONGEST_WAIT_MS, Number(url.searchParams.get('wait') ?? 0) || 0);
  for (const word = listen(); ;) {
    const commands = await commandsFor(db, run, after);
    if (commands.length > 0 || Date.now() >= deadline || res.destroyed)
      return sendJson(res, 200, { commands });
    await word(Math.min(LOOK_MS, deadline - Date.now()));
  }
}

async function takeOutput({ db, req, res, url, run }: LinkRequest): Promise<void> {
  const offset = Number(url.searchParams.get('offset'));
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Refused(400, 'bad offset');
  const next = await appendOutput(db, run.id, offset, await readBody(req, 1024 * 1024));
  // The runner keeps it and comes again.
  if (next === null) throw new Refused(503, 'This run prints too fast. Send it again in a moment.');
  sendJson(res, 200, { next });
}

async function takeCheckpoint({ db, req, res, run }: LinkRequest): Promise<void> {
  const data = await readBody(req, CHECKPOINT_MAX_BYTES);
  await saveCheckpoint(db, { taskId: run.task_id, runId: run.id, epoch: run.epoch, data });
  sendJson(res, 200, { ok: true });
}

async function giveCheckpoint({ db, res, run }: LinkRequest): Promise<void> {
  const data = await findCheckpoint(db, run.task_id);
  res.writeHead(data ? 200 : 204, { 'content-type': 'application/octet-stream' });
  res.end(data ?? undefined);
}

/** A run sees the files of its own task, and no others. */
async function giveAttachment({ db, res, url, run }: LinkRequest): Promise<void> {
  const id = url.searchParams.get('id') ?? '';
  const isOfTask = run.attachments.some((attachment) => attachment.id === id);
  const attachment = isOfTask ? await readAttachment(db, run.owner_id, id) : null;
  if (!attachment) throw new Refused(404, 'There is no such file.');
  res.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': attachment.data.length,
  });
  res.end(attachment.data);
}

async function takeResult({ db, req, res, run, hit }: LinkRequest): Promise<void> {
  const { outcome } = RunResult.parse(await readJson(req));
  hit('gateway.result.before');
  await endRun(db, run.id, run.epoch, withCleanSummary(outcome));
  hit('gateway.result.after');
  sendJson(res, 200, { ok: true });
}

async function takeEvidence({ db, req, res, run }: LinkRequest): Promise<void> {
  const evidence = Evidence.parse(await readJson(req, 256 * 1024));
  const recorded = evidenceRecorded.new({
    taskId: run.task_id,
    actor: 'runner',
    key: { epoch: run.epoch },
    payload: {
      ...evidence,
      runId: run.id,
      tail: cleanText(evidence.tail, MAX_TAIL_CHARS),
      from: evidence.from?.map((name) => cleanTitle(name, 100)),
    },
  });
  await withTx(db, (tx) => append(tx, [recorded], run.owner_id));
  sendJson(res, 200, { ok: true });
}

async function giveBaseline({ db, res, url, run }: LinkRequest): Promise<void> {
  const asked = BaselineAsked.parse(Object.fromEntries(url.searchParams));
  sendJson(res, 200, { known: await findBaseline(db, run.project_id, asked) });
}

async function takeBaseline({ db, req, res, run }: LinkRequest): Promise<void> {
  const baseline = Baseline.parse(await readJson(req, 256 * 1024));
  const payload = { ...baseline, runId: run.id, tail: cleanText(baseline.tail, MAX_TAIL_CHARS) };
  const recorded = baselineRecorded.new({ taskId: run.task_id, actor: 'runner', payload });
  await withTx(db, (tx) => append(tx, [recorded], run.owner_id));
  sendJson(res, 200, { ok: true });
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
