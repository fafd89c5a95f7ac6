// The contract of the Sandbox port, on the real things: bubblewrap on this machine, a pod in a real cluster.
import { afterAll, describe, expect, test } from '@jest/globals';
import { sandboxContract, type Subject } from '@mainloop/adapters/sandbox/contract';
import { missingRights, openKubeConfig } from '@mainloop/adapters/sandbox/kubernetes/access';
import { kubernetesSandbox } from '@mainloop/adapters/sandbox/kubernetes/kubernetes';
import type { KubernetesSandboxOptions } from '@mainloop/adapters/sandbox/kubernetes/manifests';
import type { SandboxRun } from '@mainloop/adapters/sandbox/port';
import { localSandbox, ownerOf } from '@mainloop/adapters/sandbox/local';
import { sweepPlaces } from '@mainloop/adapters/sandbox/place';
import { until } from '@mainloop/testkit/stack';
import {
  agentImage,
  noCluster,
  pullPolicy,
  startTestCluster,
  type TestCluster,
} from '@mainloop/testkit/cluster';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureKit } from '../apps/cli/src/up/kit.ts';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';

async function local(): Promise<
  Subject & { root: string; place(taskId: string): string; outer(taskId: string): number }
> {
  const home = mkdtempSync('/tmp/mainloop-contract-');
  chmodSync(home, 0o711);
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
  const { bwrap } = ensureKit(home, { bwrap: ensureTool('bwrap', cache, () => undefined), act: null });
  const root = path.join(home, 'sandboxes');
  const gatewayDir = path.join(home, 'gateway');
  mkdirSync(gatewayDir);
  const sandbox = localSandbox({
    root,
    kit: path.join(home, 'kit/current'),
    gatewayDir,
    mirrors: path.join(home, 'mirrors'),
    bwrap,
    unconfined: false,
  });
  const pids = (taskId: string): { pid: number; innerPid: number } =>
    JSON.parse(readFileSync(path.join(root, taskId, 'run.json'), 'utf8')) as {
      pid: number;
      innerPid: number;
    };
  return {
    sandbox,
    root,
    outer: (taskId) => pids(taskId).pid,
    place: (taskId) => path.join(root, taskId),
    kill: async (taskId) => void process.kill(pids(taskId).innerPid, 'SIGKILL'),
    // Counted by what the machine runs, not by what the adapter remembers: init of a pid namespace with the
    // task's folder.
    living: async (taskId) =>
      readdirSync('/proc').filter((p) => {
        try {
          return (
            readFileSync(`/proc/${p}/cmdline`, 'utf8').includes(`${root}/${taskId}/work`) &&
            /^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${p}/status`, 'utf8'))
          );
        } catch {
          return false;
        }
      }).length,
    close: async () => {
      for (const t of await sandbox.list()) await sandbox.release(t);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const OPTIONS: KubernetesSandboxOptions = {
  prefix: 'mainloop-task-',
  instance: 'contract',
  image: agentImage,
  pullPolicy,
  pullSecret: null,
  gateway: { host: '10.250.1.1', port: 8700 },
  gatewayPods: null,
  runtimeClass: null,
  resources: { cpu: '2', memory: '1Gi', disk: '2Gi', requestCpu: '50m', requestMemory: '64Mi' },
  maxProcesses: 300,
  deadlineS: 600,
  mustNotReach: [],
  serviceAccount: { namespace: 'mainloop', name: 'worker' },
};

/** One cluster for this file. */
let shared: Promise<TestCluster> | undefined;
const cluster = (): Promise<TestCluster> => (shared ??= startTestCluster(['agent']));
afterAll(async () => (await shared)?.stop());

async function kubernetes(): Promise<Subject> {
  const testCluster = await cluster();
  const sandbox = kubernetesSandbox(openKubeConfig(testCluster.workerKubeconfig), OPTIONS);
  const pods = (taskId: string): string[] => {
    try {
      return testCluster
        .kubectl(
          'get',
          'pods',
          '-n',
          `mainloop-task-${taskId}`,
          '--field-selector=status.phase=Running',
          '-o',
          'name',
        )
        .split('\n')
        .filter(Boolean);
    } catch {
      return [];
    }
  };
  return {
    sandbox,
    kill: async (taskId) => {
      for (const pod of pods(taskId))
        testCluster.kubectl('delete', '-n', `mainloop-task-${taskId}`, pod, '--grace-period=0', '--force');
    },
    living: async (taskId) => pods(taskId).length,
    close: async () => undefined,
  };
}

describe('the local sandbox', () => sandboxContract(local, 10_000));

test('a killed outer bubblewrap leaves its run at work, and the next start or release ends that too', async () => {
  const subject = await local();
  const run = { taskId: '1outer', runId: '1outer-r1', epoch: 1, token: 'x', repo: 'demo/nothing' };
  await subject.sandbox.start(run);
  process.kill(subject.outer('1outer'), 'SIGKILL');
  await until(
    'the outer one to be gone',
    async () => !existsSync(`/proc/${subject.outer('1outer')}`) || null,
  );
  expect(await subject.living('1outer')).toBe(1);
  expect(await subject.sandbox.status('1outer')).toMatchObject({ kind: 'running', epoch: 1 });
  await subject.sandbox.start({ ...run, epoch: 2 });
  expect(await subject.living('1outer')).toBe(1);
  process.kill(subject.outer('1outer'), 'SIGKILL');
  await subject.sandbox.release('1outer');
  expect(await subject.living('1outer')).toBe(0);
  await subject.close();
});

test('a runner whose folder was removed under it ends, instead of spinning', async () => {
  const subject = await local();
  await subject.sandbox.start({
    taskId: '1removed',
    runId: '1removed-r1',
    epoch: 1,
    token: 'x',
    repo: 'demo/nothing',
  });
  await new Promise((r) => setTimeout(r, 1_500));
  expect(await subject.living('1removed')).toBe(1);
  const gone = subject.place('1removed');
  rmSync(path.join(gone, 'work'), { recursive: true });
  await until('its end', async () => (await subject.living('1removed')) === 0);
  await subject.close();
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

describe('what an agent leaves in its place', () => {
  /** Done by the agent: under its uid, in the folder it may write to. */
  const asAgent = (place: string, taskId: string, script: string): void =>
    void execFileSync('/bin/sh', ['-c', script], { cwd: path.join(place, 'work'), ...ownerOf(taskId) });

  asRoot('a link where a folder was is not followed by us', async () => {
    const subject = await local();
    const run = { taskId: '1link', runId: '1link-r1', epoch: 1, token: 'x', repo: 'demo/nothing' };
    const victim = path.join(subject.root, '..', 'victim');
    mkdirSync(victim, { mode: 0o700 });
    await subject.sandbox.start(run);
    for (const sub of ['spool', 'home', 'repo']) {
      asAgent(
        subject.place('1link'),
        '1link',
        `mkdir -p ${sub}; mv ${sub} old-${sub}; ln -s ${victim} ${sub}`,
      );
      await subject.sandbox.provision('1link');
      await subject.sandbox.start({ ...run, epoch: 2 });
      await subject.sandbox.stop('1link');
      expect([statSync(victim).uid, statSync(victim).mode & 0o777, readdirSync(victim)]).toEqual([
        0,
        0o700,
        [],
      ]);
    }
    writeFileSync(path.join(victim, 'kept'), '');
    await subject.sandbox.release('1link');
    expect(readdirSync(victim)).toEqual(['kept']);
    await subject.close();
  });

  test('folders closed to their owner, pipes and paths too long to name go with the place', async () => {
    const subject = await local();
    await subject.sandbox.provision('1mess');
    asAgent(
      subject.place('1mess'),
      '1mess',
      `mkdir -p a/b; touch a/b/c; chmod 000 a/b a; mkfifo pipe; exec ${subject.root}/../kit/current/node -e '
        const fs = require("fs"); for (let i = 0; i < 60; i++) { fs.mkdirSync("d".repeat(200)); process.chdir("d".repeat(200)); }'`,
    );
    await subject.sandbox.release('1mess');
    expect(readdirSync(subject.root).filter((n) => n !== '.etc')).toEqual([]);
    await subject.close();
  });

  test('a run whose starter died before it wrote down what it had started is found and ended', async () => {
    const subject = await local();
    const run = { taskId: '1unknown', runId: '1unknown-r1', epoch: 1, token: 'x', repo: 'demo/nothing' };
    await subject.sandbox.start(run);
    expect(await subject.living('1unknown')).toBe(1);
    rmSync(path.join(subject.place('1unknown'), 'run.json'));
    await subject.sandbox.start({ ...run, epoch: 2 });
    expect(await subject.living('1unknown')).toBe(1);
    rmSync(path.join(subject.place('1unknown'), 'run.json'));
    await subject.sandbox.release('1unknown');
    expect(await subject.living('1unknown')).toBe(0);
    await subject.close();
  });

  test('what a killed worker left half removed is removed later', async () => {
    const subject = await local();
    await subject.sandbox.provision('1half');
    const gone = path.join(subject.root, '.gone-1half-00000000-0000-4000-8000-000000000000');
    renameSync(subject.place('1half'), gone);
    await sweepPlaces(subject.root, ownerOf, Date.now());
    expect(existsSync(gone)).toBe(true);
    await sweepPlaces(subject.root, ownerOf, Date.now() + 3_600_000);
    expect(existsSync(gone)).toBe(false);
    await subject.close();
  });
});

if (noCluster === null) {
  describe('the Kubernetes sandbox', () => sandboxContract(kubernetes, 30_000));

  describe('what a cluster refuses is one clear sentence', () => {
    const run = (taskId: string): SandboxRun => ({
      taskId,
      runId: `${taskId}-r1`,
      epoch: 1,
      token: 'x',
      repo: 'demo/nothing',
    });
    const stuck = async (taskId: string, change: Partial<KubernetesSandboxOptions>): Promise<string> => {
      const sandbox = kubernetesSandbox(openKubeConfig((await cluster()).workerKubeconfig), {
        ...OPTIONS,
        ...change,
      });
      await sandbox.start(run(taskId));
      const st = await until(
        'a sentence',
        async () => ((await sandbox.status(taskId)).kind === 'stuck' ? sandbox.status(taskId) : null),
        100_000,
        1_000,
      );
      await sandbox.release(taskId);
      return st.kind === 'stuck' ? st.sentence : '';
    };
    test('an image that is not there', async () => {
      expect(
        await stuck('1noimage', { image: 'localhost/nobody-built-this:1', pullPolicy: 'Never' }),
      ).toMatch(
        /^The agent image can't be pulled: .*nobody-built-this.* Check MAINLOOP_AGENT_IMAGE and the pull secret, then retry\.$/,
      );
    });
    test('more than any node has', async () => {
      const resources = { ...OPTIONS.resources, cpu: '2000', requestCpu: '1000' };
      expect(await stuck('1toobig', { resources })).toMatch(
        /^No node of the cluster takes the pod: .*Insufficient cpu.* Free some capacity, then retry\.$/,
      );
    });
    const refusedPod = async (
      taskId: string,
      obstacle: (testCluster: TestCluster) => void,
    ): Promise<string> => {
      const t = await cluster();
      const sandbox = kubernetesSandbox(openKubeConfig(t.workerKubeconfig), OPTIONS);
      await sandbox.provision(taskId);
      obstacle(t);
      return stuck(taskId, {});
    };
    test('a quota that is used up', async () => {
      const quota =
        'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: of-the-company, namespace: mainloop-task-1quota}\nspec: {hard: {pods: "0"}}\n';
      expect(
        await refusedPod('1quota', (testCluster) => {
          testCluster.apply(quota);
          testCluster.kubectl(
            'wait',
            '--for=jsonpath={.status.hard.pods}=0',
            'resourcequota/of-the-company',
            '-n',
            'mainloop-task-1quota',
            '--timeout=20s',
          );
        }),
      ).toMatch(
        /^The cluster's quota is used up: .*exceeded quota: of-the-company.* Raise it or free some of it, then retry\.$/,
      );
    });
    test('an admission rule that lets no agent in', async () => {
      const policy = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-strangers}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  matchConditions: [{name: here, expression: "request.namespace == 'mainloop-task-1refused'"}]
  validations: [{expression: "false", message: "only images of registry.corp may run here"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-strangers}
spec: {policyName: no-strangers, validationActions: [Deny]}
`;
      const testCluster = await cluster();
      testCluster.apply(policy);
      // A policy takes a moment to be in force.
      await new Promise((r) => setTimeout(r, 3_000));
      expect(await refusedPod('1refused', () => undefined)).toMatch(
        /^The cluster refuses the agent's pod: .*only images of registry\.corp may run here\. Whoever keeps its admission rules has to let it in; then retry\.$/,
      );
      testCluster.kubectl(
        'delete',
        'validatingadmissionpolicybinding,validatingadmissionpolicy',
        'no-strangers',
      );
    });
    const broken = async (change: (kubeconfig: string) => string): Promise<unknown> => {
      const file = path.join(mkdtempSync('/tmp/mainloop-kubeconfig-'), 'config');
      writeFileSync(file, change(readFileSync((await cluster()).workerKubeconfig, 'utf8')));
      return kubernetesSandbox(openKubeConfig(file), OPTIONS)
        .provision('1broken')
        .catch((err: unknown) => err);
    };
    test('credentials that are no longer good', async () => {
      expect(await broken((c) => c.replace(/"token":"[^"]*"/, '"token":"expired"'))).toMatchObject({
        kind: 'setup',
        message:
          "The cluster does not accept mainloop's credentials any more. Renew the kubeconfig, then retry.",
      });
    });
    test('no cluster at all', async () => {
      expect(
        await broken((c) => c.replace(/"server":"[^"]*"/, '"server":"https://127.0.0.1:1"')),
      ).toMatchObject({ kind: 'unavailable' });
    });
    test('a kubeconfig that is none', () => {
      expect(() => openKubeConfig('/nowhere/config')).toThrow(
        /^The kubeconfig \/nowhere\/config can't be used: .* Check KUBECONFIG\.$/,
      );
    });
    test('rights that are missing are named', async () => {
      const testCluster = await cluster();
      testCluster.kubectl('create', 'serviceaccount', 'nobody', '-n', 'mainloop');
      const token = testCluster.kubectl('create', 'token', 'nobody', '-n', 'mainloop').trim();
      const file = path.join(mkdtempSync('/tmp/mainloop-kubeconfig-'), 'config');
      writeFileSync(
        file,
        readFileSync(testCluster.workerKubeconfig, 'utf8').replace(/"token":"[^"]*"/, `"token":"${token}"`),
      );
      expect(await missingRights(openKubeConfig(file))).toEqual(
        expect.arrayContaining(['create namespaces', 'create rolebindings', 'bind clusterroles']),
      );
      expect(await missingRights(openKubeConfig(testCluster.workerKubeconfig))).toEqual([]);
      expect(await kubernetesSandbox(openKubeConfig(file), OPTIONS).checkup()).toEqual([
        {
          name: 'rights',
          ok: false,
          says: expect.stringMatching(
            /^The worker may not do this in the cluster: .*create namespaces/,
          ) as unknown as string,
        },
      ]);
    });
  });
} else test.skip(`the Kubernetes sandbox: ${noCluster}`, () => undefined);
