// Tasks in pods of a real cluster: the story, the proof that the sandbox is closed, what happens when things
// die, and escapes.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SANDBOX_RULES, WORKER_RULES } from '@mainloop/adapters/sandbox/kubernetes/rights';
import { noOwnCluster, podEnv, startTestCluster, type TestCluster } from '@mainloop/testkit/cluster';
import { hostileScript, INSIDE, ON_RUNNER_TRIES, tally } from '@mainloop/testkit/hostile';
import { questionFor } from '@mainloop/testkit/resolver';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { spawnTask, TOLD_BEFORE, walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { ADDRESSES } from '../tools/cluster/config.ts';

/** Its module carries the definition of its own resource. */
const CNPG = 'github.com/cloudnative-pg/cloudnative-pg@v1.27.0';
let cluster: TestCluster;
let stack: Stack;
const hostileRepo = path.join(mkdtempSync('/tmp/hostile-repo-'), 'hostile');

interface Evidence {
  type: string;
  payload: { what: string; exitCode: number; tail: string };
}
const events = async <T>(id: string): Promise<T[]> => (await stack.call('listEvents', { id })) as T[];
const namespaceOf = (id: string): string => `mainloop-task-${id}`;
const namespaces = (): string[] =>
  cluster
    .kubectl(
      'get',
      'namespaces',
      '-l',
      'app.kubernetes.io/managed-by=mainloop',
      '-o',
      'jsonpath={.items[*].metadata.name}',
    )
    .split(' ')
    .filter(Boolean);
const podsOf = (id: string): string[] =>
  cluster
    .kubectl(
      'get',
      'pods',
      '-n',
      namespaceOf(id),
      '-o',
      'jsonpath={.items[?(@.status.phase=="Running")].metadata.name}',
    )
    .split(' ')
    .filter(Boolean);
const runsOf = async (id: string): Promise<{ id: string; state: string; epoch: number }[]> =>
  (await stack.call('getTask', { id })).runs;
const startedEpochs = async (id: string): Promise<number[]> =>
  (await events<{ type: string; payload: { epoch: number } }>(id))
    .filter((e) => e.type === 'run.started')
    .map((e) => e.payload.epoch);
/** One that has ended since it was listed hears nothing. */
function signal(pid: number, name: 'SIGKILL' | 'SIGSTOP'): void {
  try {
    process.kill(pid, name);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err;
  }
}
/** Of a pod, seen from outside. */
const processesOf = (podUid: string): number[] =>
  readdirSync('/proc')
    .filter(
      (p) =>
        /^\d+$/.test(p) &&
        existsSync(`/proc/${p}/cgroup`) &&
        readFileSync(`/proc/${p}/cgroup`, 'utf8').includes(podUid),
    )
    .map(Number);
const output = async (id: string): Promise<string> => {
  let all = '';
  for (const r of await runsOf(id)) {
    for (let from = 0; ;) {
      const o = await stack.call('readOutput', { id: r.id, query: { from } });
      if (o.next === from) break;
      all += o.text;
      from = o.next;
    }
  }
  return all;
};

/**
 * What a hostile pod tries besides what the probe does. Each answers a pod that nothing forbids it to, so its
 * silence is a refusal.
 */
const OUT = {
  'api-server': { host: '10.96.0.1', port: 443 },
  kubelet: { host: ADDRESSES.NODE_IP, port: 10250 },
  'node-dns': { host: ADDRESSES.NODE_IP, port: 53 },
  'gateway-other-port': { host: ADDRESSES.OUTSIDE_IP, port: 22 },
};
/** Of our own, so that we see what they were asked; one lies at the gateway's address. */
const RESOLVERS = {
  'dns-tunnel': { host: ADDRESSES.OUTSIDE_IP, port: 53 },
  'dns-internet': { host: '8.8.4.4', port: 53 },
};
/** Names that the resolvers were asked for, a line each. */
const heardFile = path.join(mkdtempSync('/tmp/cluster-heard-'), 'heard');
const heard = (): string[] =>
  existsSync(heardFile) ? readFileSync(heardFile, 'utf8').trim().split('\n') : [];
/** A pod of somebody else. */
let other: { readonly host: string; readonly port: number };

/** What stands for the rest of the network: whatever is tried from a task's pod is there to be reached. */
function startOutside(): void {
  for (const ip of ['169.254.169.254', '1.1.1.1', '8.8.8.8', '8.8.4.4'])
    cluster.cluster.inside('ip', 'addr', 'add', `${ip}/32`, 'dev', 'node0');
  cluster.cluster.inside(
    'sh',
    '-c',
    `for a in 169.254.169.254:80 1.1.1.1:443 ${ADDRESSES.NODE_IP}:53 ${ADDRESSES.OUTSIDE_IP}:22; do setsid socat TCP-LISTEN:\${a#*:},bind=\${a%:*},fork,reuseaddr SYSTEM:"echo reached" > /dev/null 2>&1 & done; setsid $0/bin/dns --kubeconfig $0/pki/enforcer.kubeconfig --listen 8.8.8.8:53 > /dev/null 2>&1 &`,
    cluster.cluster.dir,
  );
  const program = `import { startResolver } from ${JSON.stringify(path.join(import.meta.dirname, '../packages/testkit/src/resolver.ts'))};
    import { appendFileSync } from 'node:fs';
    for (const at of ${JSON.stringify(Object.values(RESOLVERS))}) await startResolver(at.host, at.port, (name) => appendFileSync(${JSON.stringify(heardFile)}, name + '\\n'));`;
  cluster.cluster.inside(
    'sh',
    '-c',
    'setsid "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1" > /dev/null 2>&1 &',
    process.execPath,
    program,
  );
  cluster.apply(`apiVersion: v1
kind: Pod
metadata: {name: other, namespace: default}
spec:
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  containers:
  - {name: c, image: localhost/mainloop-agent:test, imagePullPolicy: Never, command: [/opt/mainloop/node, -e, "require('net').createServer((c) => c.end()).listen(8700)"]}
`);
  cluster.kubectl('wait', '--for=condition=Ready', 'pod/other', '--timeout=60s');
  other = { host: cluster.kubectl('get', 'pod', 'other', '-o', 'jsonpath={.status.podIP}'), port: 8700 };
}

/** A pod without any policy, to show that a target can be reached where nothing forbids it. @returns what it printed */
function fromOpenPod(script: string): string {
  cluster.apply(`apiVersion: v1
kind: Pod
metadata: {name: open, namespace: default}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  containers:
  - {name: c, image: localhost/mainloop-agent:test, imagePullPolicy: Never, command: [/opt/mainloop/node, -e, ${JSON.stringify(script)}], env: [{name: NODE_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]}
`);
  cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/open', '--timeout=60s');
  const out = cluster.kubectl('logs', 'open');
  cluster.kubectl('delete', 'pod', 'open', '--now');
  return out;
}

(noOwnCluster === null ? describe : describe.skip)(
  `tasks in pods${noOwnCluster === null ? '' : `: ${noOwnCluster}`}`,
  () => {
    beforeAll(async () => {
      cluster = await startTestCluster(['agent']);
      startOutside();
      const story = path.join(mkdtempSync('/tmp/cluster-story-'), 'story.yaml');
      writeFileSync(
        story,
        readFileSync(path.join(import.meta.dirname, '../apps/demo/stories/odd-cent.yaml'), 'utf8').replace(
          /^(chat|agent):\n/gm,
          (m) => m + MORE[m.trim()]!,
        ),
      );
      stack = await startStack({
        ...podEnv(cluster, 'spec'),
        MAINLOOP_DEMO_SCRIPT: story,
        MAINLOOP_AGENT_DISK: '1500Mi',
        MAINLOOP_SANDBOX_PROCESSES: '300',
      });
      cluster.cluster.bringIn(8700, Number(new URL(stack.gateway).port));
      mkdirSync(hostileRepo, { recursive: true });
      writeFileSync(
        path.join(hostileRepo, 'hostile.sh'),
        hostileScript({
          home: stack.home,
          canary: '/tmp/mainloop-canary-on-the-host',
          pid: process.pid,
          out: { ...OUT, 'other-pod': other },
          resolvers: RESOLVERS,
          dropped: true,
          more: POD_TRIES,
        }),
      );
      const git = (...a: string[]): void =>
        void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
          cwd: hostileRepo,
          stdio: 'ignore',
        });
      git('init', '-q', '-b', 'main');
      git('add', '-A');
      git('commit', '-qm', 'first');
      await stack.call('addProject', { body: { source: hostileRepo } });
    }, 1_800_000);
    afterAll(async () => {
      await stack?.stop();
      await cluster?.stop();
    });

    test('from a chat message to a merged pull request, and nothing is left', async () => {
      const id = await spawnTask(stack);
      await until('the namespace', async () => namespaces().includes(namespaceOf(id)));
      expect((await walkToEnd(stack, id)).state).toBe('done');
      await until('the namespace to be gone', async () => namespaces().length === 0);
      const probes = (await events<Evidence>(id)).filter(
        (e) => e.type === 'evidence.recorded' && e.payload.what === 'probe',
      );
      expect(probes.length).toBeGreaterThanOrEqual(3);
      for (const probe of probes) expect(probe.payload.exitCode).toBe(0);
      for (const name of [
        'the API server',
        'the kubelet of its node',
        'the metadata service',
        'the internet',
        'a name server of the internet',
      ])
        expect(probes[0]!.payload.tail).toContain(`${name} (`);
      const calls = await stack.forgeCalls();
      expect(calls.filter((c) => c.method === 'POST' && c.path.endsWith('/pulls'))).toHaveLength(1);
    });

    test('the API server takes every overlay, and the Postgres we suggest', () => {
      const dir = mkdtempSync('/tmp/mainloop-k8s-');
      cpSync(path.join(import.meta.dirname, '../k8s'), dir, { recursive: true });
      const overlays = path.join(dir, 'apps/mainloop/overlays');
      copyFileSync(
        path.join(overlays, 'dev/personal-config-patch.yaml.example'),
        path.join(overlays, 'dev/personal-config-patch.yaml'),
      );
      for (const o of ['dev', 'prod'])
        expect(cluster.kubectl('apply', '--dry-run=server', '-k', path.join(overlays, o))).toContain(
          'deployment.apps/worker created',
        );
      const { Dir } = JSON.parse(
        execFileSync('go', ['mod', 'download', '-json', CNPG], { cwd: dir, encoding: 'utf8' }),
      ) as { Dir: string };
      cluster.kubectl(
        'apply',
        '--server-side',
        '-f',
        path.join(Dir, 'config/crd/bases/postgresql.cnpg.io_clusters.yaml'),
      );
      cluster.kubectl(
        'wait',
        '--for=condition=Established',
        'crd/clusters.postgresql.cnpg.io',
        '--timeout=30s',
      );
      expect(
        cluster.kubectl('apply', '--dry-run=server', '-f', path.join(overlays, 'prod/cnpg.yaml')),
      ).toContain('cluster.postgresql.cnpg.io/postgres created');
      rmSync(dir, { recursive: true });
    });

    test('where nothing forbids it, every target of the probe can be reached, and whatever else is tried from a pod', () => {
      const targets = [
        ['api', 'process.env.KUBERNETES_SERVICE_HOST', 443],
        ['the kubelet of this node', 'process.env.NODE_IP', 10250],
        ['metadata', "'169.254.169.254'", 80],
        ['internet', "'1.1.1.1'", 443],
        ...Object.entries({ ...OUT, 'other-pod': other }).map(
          ([name, at]) => [name, `'${at.host}'`, at.port] as const,
        ),
      ] as const;
      const resolvers = { dns: { host: '8.8.8.8', port: 53 }, ...RESOLVERS };
      const out = fromOpenPod(`
      const net = require('net'), dgram = require('dgram');
      for (const [n, h, p] of [${targets.map(([n, h, p]) => `['${n}', ${h}, ${p}]`).join(', ')}]) {
        const c = net.connect({ host: h, port: p, timeout: 5000 }, () => { console.log('REACHED ' + n + '.'); c.destroy(); }); c.on('error', (e) => console.log('no ' + n + ' ' + e.message)); c.on('timeout', () => c.destroy()); }
      for (const [n, h, p, q] of ${JSON.stringify(Object.entries(resolvers).map(([n, at]) => [n, at.host, at.port, questionFor(`outside.${n}.example`)]))}) {
        const u = dgram.createSocket('udp4'); u.once('message', () => console.log('REACHED ' + n + '.')); setInterval(() => u.send(Buffer.from(q, 'hex'), p, h), 300).unref(); }
      setTimeout(() => process.exit(0), 6000);`);
      for (const n of [...targets.map(([name]) => name), ...Object.keys(resolvers)])
        expect(out).toContain(`REACHED ${n}.`);
      for (const n of Object.keys(RESOLVERS)) expect(heard()).toContain(`outside.${n}.example`);
    });

    test('a cluster that enforces nothing is found out before the agent starts', async () => {
      const netpol = readFileSync(path.join(cluster.cluster.dir, 'pids/netpol'), 'utf8').trim();
      cluster.cluster.inside('sh', '-c', `kill -STOP ${netpol}; nft delete table inet netpol`);
      try {
        const id = await spawnTask(stack);
        const failure = await until('the failure', async () =>
          (await stack.call('listInbox')).find((i) => i.taskId === id),
        );
        expect(failure.title).toMatch(/^The sandbox is not closed, so the agent was not started/);
        expect(failure.body).toContain('the API server (10.96.0.1:443)');
        expect(failure.body).toContain('does not enforce NetworkPolicy');
        expect(await output(id)).not.toContain('"type":"assistant"');
        await stack.call('cancelTask', { id });
        await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
      } finally {
        // Whatever changes next makes it load its rules again.
        cluster.cluster.inside('sh', '-c', `kill -CONT ${netpol}`);
        cluster.kubectl('create', 'namespace', 'wake-netpol');
        await until(
          'the rules',
          async () =>
            /chain forward/.test(
              cluster.cluster.inside('sh', '-c', 'nft list table inet netpol 2>&1 || true'),
            ),
          30_000,
        ).catch(() => undefined);
      }
    });

    test('a pod that is killed at work is replaced, and its agent goes on', async () => {
      const id = await spawnTask(stack, 'be endless');
      await until('a pod at work', async () => (await output(id)).includes('at work'));
      cluster.kubectl('delete', 'pod', '-n', namespaceOf(id), podsOf(id)[0]!, '--grace-period=0', '--force');
      const began = Date.now();
      await until('the next epoch', async () => (await startedEpochs(id)).includes(2), 60_000, 100);
      console.log(`agent pod killed, next one started after ${Date.now() - began} ms`);
      await until(
        'the agent at work again',
        async () => (await output(id)).split('"content":"at work').length > 2,
      );
      await stack.call('cancelTask', { id });
      await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
    });

    test('the worker is killed while a pod works: the pod is not even noticed', async () => {
      const id = await spawnTask(stack);
      await until(
        'a pod at work',
        async () => (await runsOf(id)).some((r) => r.state === 'running'),
        60_000,
        50,
      );
      process.kill(stack.pidOf('worker'), 'SIGKILL');
      expect((await walkToEnd(stack, id, TOLD_BEFORE)).state).toBe('done');
      const started = (await events<{ type: string; payload: { epoch: number } }>(id)).filter(
        (e) => e.type === 'run.started',
      );
      expect(started.every((e) => e.payload.epoch === 1)).toBe(true);
    });

    test('the API server is away for half a minute: the pod works on, and nothing is lost', async () => {
      const id = await spawnTask(stack);
      await until(
        'a pod at work',
        async () => (await runsOf(id)).some((r) => r.state === 'running'),
        60_000,
        50,
      );
      const apiserver = readFileSync(path.join(cluster.cluster.dir, 'pids/kube-apiserver'), 'utf8').trim();
      cluster.cluster.inside('kill', '-STOP', apiserver);
      try {
        await until(
          'doctor to know',
          async () => (await stack.call('checkUp')).some((c) => c.name === 'cluster' && !c.ok),
          60_000,
          1_000,
        );
        await until('the run to end without it', async () =>
          (await runsOf(id)).some((r) => r.state === 'ended'),
        );
        await new Promise((r) => setTimeout(r, 20_000));
      } finally {
        cluster.cluster.inside('kill', '-CONT', apiserver);
      }
      expect((await walkToEnd(stack, id, TOLD_BEFORE)).state).toBe('done');
      const started = (await events<{ type: string; payload: { runId: string; epoch: number } }>(id)).filter(
        (e) => e.type === 'run.started',
      );
      expect(new Set(started.map((e) => `${e.payload.runId}/${e.payload.epoch}`)).size).toBe(started.length);
    });

    test('the kubelet is killed and comes back: the pod works on, and is not even restarted', async () => {
      const id = await spawnTask(stack, 'be endless');
      await until('a pod at work', async () => (await output(id)).includes('at work'));
      cluster.cluster.restart('kubelet', 3_000);
      cluster.kubectl('wait', '--for=condition=Ready', 'node/node-1', '--timeout=60s');
      await new Promise((r) => setTimeout(r, 8_000));
      expect((await runsOf(id)).map((r) => r.state)).toEqual(['running']);
      expect((await events<{ type: string }>(id)).filter((e) => e.type === 'run.started')).toHaveLength(1);
      await stack.call('cancelTask', { id });
      await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
    });

    test('its node restarts: every process of it is gone, and the run goes on as the next epoch', async () => {
      const id = await spawnTask(stack, 'be endless');
      await until('a pod at work', async () => (await output(id)).includes('at work'));
      const uid = cluster.kubectl(
        'get',
        'pods',
        '-n',
        namespaceOf(id),
        '-o',
        'jsonpath={.items[0].metadata.uid}',
      );
      cluster.cluster.restart('kubelet', 3_000, () => {
        for (const pid of processesOf(uid)) signal(pid, 'SIGKILL');
      });
      await until('the next epoch', async () => (await startedEpochs(id)).includes(2), 120_000, 500);
      await until(
        'the agent at work again',
        async () => (await output(id)).split('"content":"at work').length > 2,
      );
      await stack.call('cancelTask', { id });
      await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
    });

    test('its node goes away: the run goes on as the next epoch within 90 s, and the old pod counts for nothing', async () => {
      const id = await spawnTask(stack, 'be endless');
      await until('a pod at work', async () => (await output(id)).includes('at work'));
      const kubelet = readFileSync(path.join(cluster.cluster.dir, 'pids/kubelet'), 'utf8').trim();
      const uid = cluster.kubectl(
        'get',
        'pods',
        '-n',
        namespaceOf(id),
        '-o',
        'jsonpath={.items[0].metadata.uid}',
      );
      // Neither the node nor what runs on it says anything any more, and the API goes on calling the pod Running.
      cluster.cluster.inside('kill', '-STOP', kubelet);
      for (const pid of processesOf(uid)) signal(pid, 'SIGSTOP');
      try {
        const began = Date.now();
        await until(
          'the next epoch',
          async () =>
            (await events<{ type: string; payload: { epoch: number } }>(id)).some(
              (e) => e.type === 'run.started' && e.payload.epoch === 2,
            ),
          120_000,
          500,
        );
        console.log(`node lost, next epoch after ${Math.round((Date.now() - began) / 1000)} s`);
      } finally {
        cluster.cluster.inside('kill', '-CONT', kubelet);
      }
      cluster.kubectl('wait', '--for=condition=Ready', 'node/node-1', '--timeout=60s');
      await until(
        'the agent at work again',
        async () => (await output(id)).split('"content":"at work').length > 2,
      );
      await stack.call('cancelTask', { id });
      await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
    });

    test('an agent that fills its disk is evicted, and the next epoch starts', async () => {
      const id = await spawnTask(stack, 'be full');
      await until(
        'the next epoch',
        async () =>
          (await events<{ type: string; payload: { epoch: number } }>(id)).some(
            (e) => e.type === 'run.started' && e.payload.epoch === 2,
          ),
        180_000,
        500,
      );
      await stack.call('cancelTask', { id });
      await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
    });

    test('a namespace whose task nobody knows is removed within a minute', async () => {
      cluster.apply(
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: mainloop-task-orphan, labels: {app.kubernetes.io/managed-by: mainloop, mainloop.dev/instance: spec, mainloop.dev/task: orphan}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: mainloop-task-stranger, labels: {app.kubernetes.io/managed-by: mainloop, mainloop.dev/instance: another, mainloop.dev/task: stranger}}\n',
      );
      await until('the orphan to be gone', async () => !namespaces().includes('mainloop-task-orphan'));
      expect(namespaces()).toContain('mainloop-task-stranger');
      cluster.kubectl('delete', 'namespace', 'mainloop-task-stranger');
    });

    test('a hostile agent in a pod gets nowhere', async () => {
      const id = await spawnTask(stack, 'be hostile');
      await until(
        'the first run to end',
        async () => (await runsOf(id)).some((r) => r.state === 'ended'),
        400_000,
      );
      const printed = await output(id);
      const { tried, escaped, unproven } = tally(printed);
      expect([escaped, unproven]).toEqual([[], []]);
      expect(printed).toMatch(/HELD fork-bomb: EAGAIN after \d+/);
      for (const name of [...Object.keys(OUT), 'other-pod', ...Object.keys(RESOLVERS), ...ON_RUNNER_TRIES])
        expect(tried).toContain(name);
      // Silence is not enough: whoever answered a pod without a policy must have heard nothing from this one.
      expect(heard().length).toBeGreaterThan(0);
      expect(heard()).not.toContain(INSIDE);
      expect([tried.length >= 40, tried.length >= 40 ? '' : printed.slice(-3_000)]).toEqual([true, '']);
      await stack.call('cancelTask', { id });
      await until('the namespaces to be gone', async () => namespaces().length === 0);
    }, 600_000);

    test('an admission rule that refuses the pod is one sentence in the inbox, and Retry goes on without it', async () => {
      cluster.apply(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-strangers}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  matchConditions: [{name: tasks, expression: "request.namespace.startsWith('mainloop-task-')"}]
  validations: [{expression: "false", message: "only images of registry.corp may run here"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-strangers}
spec: {policyName: no-strangers, validationActions: [Deny]}
`);
      // It takes a moment to be in force.
      await new Promise((r) => setTimeout(r, 3_000));
      const id = await spawnTask(stack, 'be endless');
      const item = await until(
        'the sentence',
        async () => (await stack.call('listInbox')).find((i) => i.taskId === id),
        120_000,
      );
      expect(item.title).toMatch(
        /^The cluster refuses the agent's pod: .*only images of registry\.corp may run here\. Whoever keeps its admission rules has to let it in; then retry\.$/,
      );
      cluster.kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', 'no-strangers');
      await new Promise((r) => setTimeout(r, 3_000));
      await stack.call('decide', { id: item.id, body: { decision: 'retry' } });
      await until('a pod at work', async () => (await output(id)).includes('at work'));
      await stack.call('cancelTask', { id });
      await until('the namespace to be gone', async () => !namespaces().includes(namespaceOf(id)));
    });

    test('the worker has the rights it uses, and no others', () => {
      const can = (...args: string[]): boolean => {
        try {
          return (
            execFileSync(
              cluster.cluster.kubectl,
              ['--kubeconfig', cluster.workerKubeconfig, 'auth', 'can-i', ...args],
              {
                stdio: ['ignore', 'pipe', 'ignore'],
              },
            )
              .toString()
              .trim() === 'yes'
          );
        } catch {
          return false;
        }
      };
      for (const [verb, what] of [
        ['get', 'secrets'],
        ['list', 'secrets'],
        ['create', 'pods'],
        ['create', 'jobs'],
        ['create', 'clusterrolebindings'],
        ['escalate', 'clusterroles'],
        ['get', 'nodes'],
      ] as const)
        expect([verb, what, can(verb, what, '-n', 'kube-system')]).toEqual([verb, what, false]);
      const as = (...args: string[]): string => {
        try {
          return execFileSync(cluster.cluster.kubectl, ['--kubeconfig', cluster.workerKubeconfig, ...args], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'pipe'],
          });
        } catch (err) {
          return String((err as { stderr: string }).stderr);
        }
      };
      expect(as('create', 'namespace', 'evil')).toContain(
        "mainloop's worker may only touch namespaces that begin with mainloop-task-",
      );
      expect(as('create', 'namespace', 'mainloop-task-soft')).toContain('Pod Security restricted');
      expect(as('delete', 'namespace', 'mainloop')).toContain('may only touch namespaces that begin with');
      expect(
        as(
          'create',
          'rolebinding',
          'x',
          '-n',
          'kube-system',
          '--clusterrole',
          'mainloop-sandbox',
          '--serviceaccount',
          'mainloop:worker',
        ),
      ).toContain('may only touch namespaces that begin with');
      expect(
        as(
          'create',
          'rolebinding',
          'x',
          '-n',
          'default',
          '--clusterrole',
          'cluster-admin',
          '--serviceaccount',
          'mainloop:worker',
        ),
      ).toMatch(/forbidden|may only touch/);

      // What it asked for in this whole suite, next to what it may: none too few, none too many.
      const asked = new Set<string>();
      for (const line of readFileSync(path.join(cluster.cluster.dir, 'log/audit.jsonl'), 'utf8')
        .trim()
        .split('\n')) {
        const e = JSON.parse(line) as {
          user: { username: string };
          verb: string;
          objectRef?: { resource: string; namespace?: string };
          responseStatus?: { code: number };
          userAgent?: string;
        };
        if (e.user.username !== 'system:serviceaccount:mainloop:worker' || /kubectl/.test(e.userAgent ?? ''))
          continue;
        if (e.responseStatus?.code === 403) continue;
        asked.add(`${e.verb} ${e.objectRef?.resource}`);
      }
      const given = [...WORKER_RULES, ...SANDBOX_RULES].flatMap((rule) =>
        rule.resources!.flatMap((x) => rule.verbs.map((v) => `${v} ${x}`)),
      );
      expect([...asked].sort()).toEqual(
        [...given.filter((g) => g !== 'bind clusterroles'), 'create selfsubjectaccessreviews'].sort(),
      );
    });
  },
);

const MORE: Record<string, string> = {
  'chat:': `  - when: be (endless|full)
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/hostile, title: "Be {{1}}", prompt: x, skipPlan: true } }
      - text: ok
  - when: be hostile
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/hostile, title: Be hostile, prompt: try everything, skipPlan: true } }
      - text: ok
`,
  'agent:': `  - when: 'Task: Be endless'
    steps:
      - bash: echo at work
      - bash: tail -f /dev/null
  - when: 'Task: Be full'
    steps:
      - bash: head -c 3G /dev/zero > /work/home/big; tail -f /dev/null
  - when: '# Phase: implement.*Task: Be hostile'
    steps:
      # Two minutes are Claude Code's own limit, and then nothing of what was printed is seen.
      - tool: { name: Bash, input: { command: 'bash hostile.sh 2>&1', timeout: 600000 } }
      - text: tried everything
`,
};

/** What only makes sense in a pod. */
const POD_TRIES = `
try service-account-token 'No such file' ls /var/run/secrets/kubernetes.io/serviceaccount/token
try write-root 'Read-only file system|Permission denied' touch /etc/x
empty host-network sh -c 'ls /sys/class/net | grep node0'
try setuid-root 'not found|Authentication|must be|denied|permitted|privileges' sh -c 'su -c true || sudo -n true'
try cgroup-write 'Read-only file system|denied|No such file' sh -c 'echo 1 > /sys/fs/cgroup/pids/pids.max'
try containerd-socket 'No such file' ls /run/containerd/containerd.sock
js fork-bomb '^EAGAIN after [0-9]' "import{spawn}from'node:child_process';const all=[];const flood=(n)=>{const p=spawn('sleep',['8'],{stdio:'ignore'});p.on('error',(e)=>{all.forEach((c)=>c.kill());console.log(e.code,'after',n);process.exit(1)});all.push(p);setImmediate(()=>(n<400?flood(n+1):(all.forEach((c)=>c.kill()),process.exit(0))))};flood(1)"
`;
