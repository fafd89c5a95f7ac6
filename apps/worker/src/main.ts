// The worker: the only hands. This is the one place where real adapters are chosen.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { minilm } from '@mainloop/adapters/embedder/minilm';
import { anthropic } from '@mainloop/adapters/model/anthropic';
import { claudeCodeChat } from '@mainloop/adapters/model/claude-code';
import { ModelError, type Model } from '@mainloop/adapters/model/port';
import { github, githubAsApp } from '@mainloop/adapters/forge/github';
import { localSandbox } from '@mainloop/adapters/sandbox/local';
import { keeperOf } from './keeping.ts';
import type { LimitHit, Sandbox } from '@mainloop/adapters/sandbox/port';
import { collectAfterStart } from '@mainloop/network/after-start';
import { bridgeTo } from '@mainloop/network/bridge';
import { githubApp } from '@mainloop/network/github-app';
import { openLog } from '@mainloop/logs/log';
import { sendCommand } from '@mainloop/models/db/runs/commands';
import { toOutbox } from '@mainloop/models/db/log';
import { wakeOn, type Listener } from '@mainloop/models/db/listen';
import { openPool, withTx } from '@mainloop/models/db/pool';
import { OWNER, taskWorkflowId } from '@mainloop/models/flow/ids';
import { limitSentence } from '@mainloop/models/flow/runs/limits';
import { SIGNALS, TASK_QUEUE } from '@mainloop/models/flow/workflow';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { translated } from './activities/errors.ts';
import { ownerOfTask, temporalLines } from './log.ts';
import { projectActivities } from './activities/project.activities.ts';
import { memoryActivities } from './activities/memory.activities.ts';
import { cycleActivities } from './activities/cycle.activities.ts';
import { automationActivities } from './activities/automation.activities.ts';
import { recurringActivities } from './activities/recurring.activities.ts';
import { forgeActivities } from './activities/forge.activities.ts';
import { runActivities } from './activities/run.activities.ts';
import { secondLookActivities } from './activities/second-look.activities.ts';
import { taskActivities } from './activities/task.activities.ts';
import { effects } from './effects.ts';
import { backlogOf, serveBacklog } from './backlog.ts';
import {
  checkUp,
  pollForge,
  watchPause,
  watchRuns,
  watchSandboxes,
  watchSilence,
  type Watched,
} from './maintenance.ts';
import { loadConfig } from './config.ts';
import { repeat } from './repeat.ts';
import { localImporter } from './importer.ts';
import { failpoints } from '@mainloop/network/failpoints';
import { actAtOnce } from '@mainloop/models/db/automations/acting';
import { judgeLog } from '@mainloop/models/db/automations/judging';
import { learnFromLog } from '@mainloop/models/db/learnings/signals';
import { fadeRules } from './fading.ts';
import { mineReviews } from './mining.ts';
import { likenRules, nothingCompared } from './likeness.ts';
import { nothingSeen, readMessages } from './meanings.ts';
import { ensureMemorySchedule, summariseBySize } from './memory-schedule.ts';
import { nothingWatched, taskWorkflows, wakeCycle } from './cycle-schedule.ts';
import { nothingSynced, tendRecurring } from './recurring-schedules.ts';
import { readRuleFiles } from './rule-files.ts';
import { notifyDevices } from './push.ts';
import { relayOnce } from './relay.ts';

const log = openLog('worker');
const settings = loadConfig(process.env);
Runtime.install({ logger: new DefaultLogger('WARN', temporalLines(log)), shutdownSignals: [] });
const db = openPool(settings.databaseUrl, 'mainloop-worker', 20);
const hit = failpoints(settings.failpoints);
const forge =
  settings.forge.kind === 'token'
    ? github({ token: settings.forge.token, baseUrl: settings.githubApiUrl })
    : githubAsApp(githubApp({ ...settings.forge, apiUrl: settings.githubApiUrl }), settings.githubApiUrl);
const lookAgain = (taskId: string): void =>
  void withTx(db, (tx) =>
    toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(taskId),
      name: SIGNALS.lookAgain,
      payload: {},
    }),
  ).catch((err: unknown) =>
    log.warn({ err, taskId }, 'a task could not be told to look again; it looks by itself'),
  );
/** The agent hears of a limit it met while it works; of one that ended it the person does. */
const onLimit = (hit: LimitHit): void =>
  void sendCommand(db, hit.runId, {
    type: 'steer',
    by: 'mainloop',
    text: limitSentence(hit.limit, hit.max),
  }).catch((err: unknown) => log.warn({ err, ...hit }, 'limit'));
const keeping = settings.kubernetes === null ? await keeperOf(settings, (words) => log.warn(words)) : null;
const sandbox =
  settings.kubernetes === null
    ? localSandbox({
        ...settings.sandbox,
        ...(keeping === null ? {} : { keeper: keeping }),
        onExit: lookAgain,
        onLimit,
      })
    : await inCluster(settings.kubernetes);

const { address } = await bridgeTo(settings.temporalAddress, settings.localUsers);
const connection = await patiently(() => NativeConnection.connect({ address }));
const client = new Client({
  connection: await patiently(() => Connection.connect({ address })),
  namespace: settings.temporalNamespace,
});
const here = path.dirname(fileURLToPath(import.meta.url));
const importer = localImporter(settings);
const worker = await Worker.create({
  connection,
  namespace: settings.temporalNamespace,
  taskQueue: TASK_QUEUE,
  ...(settings.workflowBundle && existsSync(settings.workflowBundle)
    ? { workflowBundle: { codePath: settings.workflowBundle } }
    : { workflowsPath: path.join(here, 'workflows/index.ts') }),
  activities: translated(
    {
      ...secondLookActivities({ db }),
      ...taskActivities({ db, ciGraceMs: settings.ciGraceMs }),
      ...runActivities({ db, forge, sandbox, importer, hit, log, settleMs: settings.forgeSettleMs }),
      ...forgeActivities({
        db,
        forge,
        hit,
        settleMs: settings.forgeSettleMs,
        ciPatienceMs: settings.ciPatienceMs,
        quietMs: settings.quietMs,
      }),
      ...projectActivities({ db, forge, importer }),
      ...memoryActivities({ db, model: chatModel(), hit }),
      ...recurringActivities({ db }),
      ...cycleActivities({ db, sandbox, workflows: taskWorkflows(client), hit }),
      ...automationActivities({
        db,
        forge,
        hit,
        effect: effects({ db, hit, settleMs: settings.forgeSettleMs }),
      }),
    },
    log,
    ownerOfTask(db),
  ),
  // After a kill -9 the next worker would wait 10 s for the dead one's sticky queue (tried).
  stickyQueueScheduleToStartTimeout: '1s',
  maxConcurrentActivityTaskExecutions: settings.slots,
});

const stopping = new AbortController();
const memory = new Map<string, Watched>();
const told = new Map<string, number>();
const embedder = minilm(settings.embedder);
const seen = nothingSeen();
let isScheduled = false;
let rounds = 0;
const compared = nothingCompared();
const clocks = nothingSynced();
const cycle = nothingWatched();
/** Whether the cycle should come is looked at so often at most: it does not wait for seconds. */
const CYCLE_REST_MS = 2_000;
/** A look is three small questions for each project, of the five thousand that an hour has. */
const RULE_FILES_MS = 900_000;
const ruleFiles = new Map<string, string>();
/** Of what each event wakes: nobody sees that it comes a tenth of a second later. */
const REST_MS = 100;
const maintain = (
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
  word?: Listener,
  restMs?: number,
): Promise<void> =>
  repeat({
    everyMs,
    work,
    word,
    restMs,
    over: stopping.signal,
    onError: (err) => log.warn({ err, maintenance: name }, 'will try again'),
  });
const maintenance = [
  maintain('relay', 1_000, () => relayOnce(db, client, hit), wake('mainloop_outbox')),
  maintain('poller', settings.forgePollMs, () => pollForge(db, forge, memory)),
  maintain('runs', 3_000, () => watchRuns(db, sandbox, lookAgain, told)),
  maintain(
    'push',
    10_000,
    () => notifyDevices(db, { subject: settings.contact, toLoopback: settings.pushToLoopback }, hit),
    wake('mainloop'),
    REST_MS,
  ),
  maintain('sandboxes', 20_000, () => watchSandboxes(db, sandbox)),
  maintain('checkup', 15_000, () => checkUp(db, sandbox, (words) => log.error(words))),
  ...(settings.embedder === null
    ? []
    : [
        maintain('meanings', 5_000, () =>
          readMessages(db, embedder, OWNER, seen, () => stopping.signal.aborted),
        ),
      ]),
  maintain('signals', 5_000, async () => {
    while (!stopping.signal.aborted && (await learnFromLog(db, OWNER)));
  }),
  maintain('cycle', 15_000, () => wakeCycle(db, client, cycle), wake('mainloop'), CYCLE_REST_MS),
  maintain(
    'automations',
    5_000,
    async () => {
      for (let more = true; more && !stopping.signal.aborted;) {
        const { mayBeMore, due } = await judgeLog(db, OWNER, hit);
        await actAtOnce(db, due, hit);
        more = mayBeMore;
      }
    },
    wake('mainloop'),
    REST_MS,
  ),
  maintain('likeness', 15_000, () =>
    likenRules(db, settings.embedder === null ? null : embedder, OWNER, compared),
  ),
  maintain('mining', 10_000, () => mineReviews(db, forge, OWNER)),
  maintain('fading', 3_600_000, () => fadeRules(db, forge, OWNER, rounds++)),
  maintain('rule files', RULE_FILES_MS, () => readRuleFiles(db, OWNER, forge, ruleFiles)),
  maintain('pause', 1_500, () => watchPause(db, sandbox)),
  ...(settings.chat === null
    ? []
    : [
        maintain('memory', 30_000, async () => {
          isScheduled ||= await ensureMemorySchedule(client);
          await summariseBySize(db, client);
        }),
      ]),
  maintain('recurring', 5_000, () => tendRecurring(db, client, clocks)),
  maintain('silence', Math.min(30_000, settings.silenceMs / 2), () => watchSilence(db, settings.silenceMs)),
];
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    stopping.abort();
    worker.shutdown();
  });
if (settings.backlogPort !== null)
  await serveBacklog(
    settings.backlogPort,
    () => backlogOf(client, settings.temporalNamespace),
    (err) => log.warn({ err }, 'the backlog can not be told'),
  );
log.info('worker is ready');
void collectAfterStart();
await worker.run();
stopping.abort();
await Promise.all(maintenance);
await db.end();
process.exit(0);

/** Who writes summaries of the conversation. */
function chatModel(): Model {
  if (settings.chat === null)
    return {
      converse: () =>
        Promise.reject(new ModelError('unavailable', 'GATEWAY_URL is not set, so no summaries are written.')),
    };
  const { claude, ...gateway } = settings.chat;
  return claude === null ? anthropic(gateway) : claudeCodeChat({ ...gateway, executable: claude });
}

/** Kubernetes' client is only loaded where there is a cluster: it is 60 MB. */
async function inCluster(kubernetes: NonNullable<typeof settings.kubernetes>): Promise<Sandbox> {
  const [{ openKubeConfig }, { kubernetesSandbox }] = await Promise.all([
    import('@mainloop/adapters/sandbox/kubernetes/access'),
    import('@mainloop/adapters/sandbox/kubernetes/kubernetes'),
  ]);
  const config = openKubeConfig(kubernetes.kubeconfig);
  return kubernetesSandbox(config, kubernetes.options, hit);
}

function wake(channel: string): Listener {
  return wakeOn(settings.databaseUrl, 'mainloop-worker-listen', channel, () => stopping.signal.aborted)();
}

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      return await attempt();
    } catch (err) {
      if (i >= 60)
        throw new Error(`Temporal at ${settings.temporalAddress} can't be reached. Check TEMPORAL_ADDRESS.`, {
          cause: err,
        });
      await new Promise((r) => setTimeout(r, 500));
    }
  }
}
