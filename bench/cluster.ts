// `make bench-cluster`: tasks in pods next to bare pods in the same cluster, into bench/results-cluster.json.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dumpYaml } from '@kubernetes/client-node';
import { openKubeConfig } from '@mainloop/adapters/sandbox/kubernetes/access';
import { kubernetesSandbox } from '@mainloop/adapters/sandbox/kubernetes/kubernetes';
import {
  namespaceObjects,
  type KubernetesSandboxOptions,
} from '@mainloop/adapters/sandbox/kubernetes/manifests';
import { podEnv, startTestCluster, type TestCluster } from '@mainloop/testkit/cluster';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { quantile, result, type Result } from './lib.ts';
import { startTimes } from './start.ts';

const STARTS = 5;
const KILLS = 10;
const NAMESPACES = 200;
const OUTSIDE = '10.250.1.1';
const HERE = import.meta.dirname;

/** ONLY=start,kills: some of the groups. */
const wants = (group: string): boolean => (process.env.ONLY ?? group).split(',').includes(group);

const cluster = await startTestCluster(
  wants('footprint') ? ['mainloop', 'agent', 'postgres', 'temporal', 'demo'] : ['agent'],
);
const all: Result[] = [];
const take = (...results: Result[]): void => {
  for (const outcome of results)
    console.log(
      `${outcome.ok ? 'ok ' : 'BAD'} ${outcome.name}: ${outcome.value} ${outcome.unit}${outcome.bare === null ? '' : ` (bare ${outcome.bare}, ratio ${outcome.ratio})`}, bar: ${outcome.bar}`,
    );
  all.push(...results);
};
const story = path.join(mkdtempSync('/tmp/bench-story-'), 'story.yaml');
writeFileSync(
  story,
  readFileSync(path.join(HERE, '../apps/demo/stories/odd-cent.yaml'), 'utf8')
    .replace(
      /^chat:\n/m,
      (m) =>
        `${m}  - when: bench endless\n    steps:\n      - text: ok\n        tool: { name: spawn_task, input: { project: demo/tally, title: Endless, prompt: x, skipPlan: true } }\n      - text: ok\n`,
    )
    .replace(
      /^agent:\n/m,
      (m) =>
        `${m}  - when: 'Task: Endless'\n    steps:\n      - bash: tail -f /dev/null\n      - bash: tail -f /dev/null\n      - bash: tail -f /dev/null\n`,
    ),
);
const s = await startStack({ ...podEnv(cluster, 'bench'), MAINLOOP_DEMO_SCRIPT: story, DEMO_PACE_MS: '0' });
cluster.cluster.bringIn(8700, Number(new URL(s.gateway).port));
cluster.cluster.bringIn(8601, Number(new URL(s.model).port));
try {
  if (wants('start')) take(...(await start(s, cluster)));
  if (wants('kills')) take(await killed(s, cluster));
  await s.call('listTasks');
} finally {
  await s.stop();
}
if (wants('namespaces')) take(...(await namespaces(cluster)));
if (wants('footprint')) take(...(await footprint(cluster)));
await cluster.stop();
if (process.env.ONLY === undefined)
  writeFileSync(path.join(HERE, 'results-cluster.json'), `${JSON.stringify(all, null, 2)}\n`);
process.exit(all.every((r) => r.ok) ? 0 : 1);

/** Agent requests that the demo model has had since `sinceMs`. */
async function requests(stack: Stack, sinceMs: number): Promise<number[]> {
  const seen = (await (await fetch(`${stack.model}/_requests`)).json()) as { at: number; agent: boolean }[];
  return seen.filter((r) => r.agent && r.at >= sinceMs).map((r) => r.at);
}

async function start(stack: Stack, c: TestCluster): Promise<Result[]> {
  const split: Record<string, number[]> = {};
  const ours = await startTimes(stack, stack.model, STARTS, split);
  const bare: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    // The one before goes on asking until it is gone.
    await until('quiet', async () => (await requests(stack, Date.now() - 3_000)).length === 0, 60_000, 500);
    const startedMs = Date.now();
    c.apply(barePod(`bare-${i}`));
    bare.push(
      (await until('the bare request', async () => (await requests(stack, startedMs))[0], 60_000, 20)) -
        startedMs,
    );
    c.kubectl('delete', 'namespace', `bare-${i}`, '--wait=false');
  }
  const [a, b] = [quantile(ours, 0.5), quantile(bare, 0.5)];
  return [
    result(
      'confirm to first model request, in a pod',
      a,
      'ms',
      b,
      'at most 1.5x a bare namespace, policy and pod',
      a <= b * 1.5,
    ),
    ...Object.entries(split).map(([key, values]) =>
      result(
        `  of it ${key === 'place and process' ? 'namespace and pod' : key}`,
        quantile(values, 0.5),
        'ms',
        null,
        'reported',
        true,
      ),
    ),
  ];
}

function barePod(name: string): string {
  return `apiVersion: v1
kind: Namespace
metadata: {name: ${name}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: ${name}}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{ipBlock: {cidr: ${OUTSIDE}/32}}]}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: ${name}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: ${name}}
spec:
  serviceAccountName: agent
  automountServiceAccountToken: false
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: localhost/mainloop-agent:test
    imagePullPolicy: Never
    command: [/opt/mainloop/claude, -p, "# Phase: plan", --output-format, stream-json, --verbose, --dangerously-skip-permissions, --tools, "Bash,Edit,Read,Write"]
    env:
    - {name: HOME, value: /tmp}
    - {name: ANTHROPIC_BASE_URL, value: "http://${OUTSIDE}:8601"}
    - {name: ANTHROPIC_API_KEY, value: demo}
    - {name: IS_SANDBOX, value: "1"}
    - {name: CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC, value: "1"}
    - {name: DISABLE_AUTOUPDATER, value: "1"}
    - {name: DISABLE_TELEMETRY, value: "1"}
`;
}

async function killed(stack: Stack, c: TestCluster): Promise<Result> {
  await stack.call('sendMessage', { body: { text: 'bench endless' } });
  const proposal = await until('a proposal', async () => (await stack.call('listProposals'))[0]);
  const startedMs = Date.now();
  const { taskId } = await stack.call('confirmProposal', {
    id: proposal.id,
    body: { digest: proposal.digest },
  });
  await until('the agent', async () => (await requests(stack, startedMs))[0]);
  const times: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    // The workflow gives a run up after five losses in a row; a person who says go on starts the count anew.
    const item = (await stack.call('listInbox')).find((x) => x.taskId === taskId);
    if (item) {
      const from = Date.now();
      await stack.call('decide', { id: item.id, body: { decision: 'retry' } });
      await until('the agent again', async () => (await requests(stack, from))[0]);
    }
    await new Promise((r) => setTimeout(r, 1_000));
    const at = Date.now();
    c.kubectl('delete', 'pods', '--all', '-n', `mainloop-task-${taskId}`, '--grace-period=0', '--force');
    const again = await until(
      'the run to go on',
      async () => (await requests(stack, at + 50))[0],
      60_000,
      50,
    ).catch(() => null);
    if (again !== null) times.push(again - at);
    else i--;
  }
  await stack.call('cancelTask', { id: taskId });
  return result(
    'agent pod killed to run going on, p95',
    quantile(times, 0.95) / 1000,
    's',
    null,
    'at most 10 s',
    quantile(times, 0.95) <= 10_000,
  );
}

async function namespaces(c: TestCluster): Promise<Result[]> {
  const options: KubernetesSandboxOptions = {
    prefix: 'mainloop-task-',
    instance: 'bench-ns',
    image: 'x',
    pullPolicy: 'Never',
    pullSecret: null,
    gateway: { host: OUTSIDE, port: 8700 },
    gatewayPods: null,
    runtimeClass: null,
    resources: { cpu: '1', memory: '1Gi', disk: '1Gi', requestCpu: '10m', requestMemory: '32Mi' },
    maxProcesses: 512,
    deadlineS: 60,
    mustNotReach: [],
    serviceAccount: { namespace: 'mainloop', name: 'worker' },
  };
  const sandbox = kubernetesSandbox(openKubeConfig(c.workerKubeconfig), options);
  const ids = Array.from({ length: NAMESPACES }, (_, i) => `bench${i}`);
  let startedMs = Date.now();
  const queue = [...ids];
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) await sandbox.provision(id);
    }),
  );
  const ours = NAMESPACES / ((Date.now() - startedMs) / 1000);
  const going = [...ids];
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let id = going.pop(); id !== undefined; id = going.pop()) await sandbox.release(id);
    }),
  );
  startedMs = Date.now();
  const left = async (): Promise<number> => (await sandbox.list()).length + (await sandbox.stuck()).length;
  await until('all of them to be gone', async () => (await left()) === 0, 300_000, 1_000).catch(
    () => undefined,
  );
  const remaining = await left();
  const goneS = (Date.now() - startedMs) / 1000;
  const bareDocs = ids.flatMap((id) =>
    Object.values(namespaceObjects({ ...options, prefix: 'bare-task-' }, id)).map((x) =>
      dumpYaml(x, { noRefs: true }),
    ),
  );
  startedMs = Date.now();
  execFileSync(c.cluster.kubectl, ['--kubeconfig', c.cluster.kubeconfig, 'create', '-f', '-'], {
    input: bareDocs.join('---\n'),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const bare = NAMESPACES / ((Date.now() - startedMs) / 1000);
  c.kubectl('delete', 'namespaces', '-l', 'mainloop.dev/instance=bench-ns', '--wait=false');
  return [
    result(
      `${NAMESPACES} namespaces provisioned`,
      ours,
      'a second',
      bare,
      'at least 0.7 of kubectl create of the same',
      ours >= bare * 0.7,
    ),
    result('  of them left after release', remaining, 'namespaces', null, 'none', remaining === 0),
    result('  all of them gone after', goneS, 's', null, 'reported', true),
  ];
}

async function footprint(c: TestCluster): Promise<Result[]> {
  c.kubectl('apply', '-k', path.join(HERE, '../k8s/apps/mainloop/overlays/ci'));
  const apps = ['api', 'gateway', 'worker', 'web'];
  for (const a of ['postgres', 'temporal'])
    c.kubectl('rollout', 'status', `statefulset/${a}`, '-n', 'mainloop', '--timeout=180s');
  for (const app of apps)
    c.kubectl('rollout', 'status', `deployment/${app}`, '-n', 'mainloop', '--timeout=180s');
  await new Promise((r) => setTimeout(r, 20_000));
  return apps.map((app) => {
    const uid = c.kubectl(
      'get',
      'pods',
      '-n',
      'mainloop',
      '-l',
      `app=${app}`,
      '--field-selector=status.phase=Running',
      '-o',
      'jsonpath={.items[0].metadata.uid}',
    );
    return result(
      `idle memory of the pod ${app}`,
      rssOf(`pod${uid}`) / 1024 / 1024,
      'MiB',
      null,
      'reported',
      true,
    );
  });
}

/** Resident memory of everything in a pod's cgroup (v1), in bytes. */
function rssOf(pod: string): number {
  const find = (dir: string): string | null => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const at = entry.name === pod ? path.join(dir, entry.name) : find(path.join(dir, entry.name));
      if (at !== null) return at;
    }
    return null;
  };
  const at = find('/sys/fs/cgroup/memory');
  return at === null
    ? Number.NaN
    : Number(/^total_rss (\d+)/m.exec(readFileSync(path.join(at, 'memory.stat'), 'utf8'))?.[1] ?? Number.NaN);
}
