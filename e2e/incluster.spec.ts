// All of mainloop in the cluster, from our images and the ci overlay: the story, and what happens when its
// own pods die.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noOwnCluster, startTestCluster, type TestCluster } from '@mainloop/testkit/cluster';
import { callerOf, until, type Stack } from '@mainloop/testkit/stack';
import { spawnTask, TOLD_BEFORE, walkToEnd } from '@mainloop/testkit/story';
import path from 'node:path';

let cluster: TestCluster;
let stack: Stack;
const ROOT = path.join(import.meta.dirname, '..');
const get = (what: string, jsonpath: string): string =>
  cluster.kubectl('get', ...what.split(' '), '-o', `jsonpath=${jsonpath}`);
const taskNamespaces = (): string[] =>
  get('namespaces -l app.kubernetes.io/managed-by=mainloop', '{.items[*].metadata.name}')
    .split(' ')
    .filter(Boolean);
const rollout = (name: string): string =>
  cluster.kubectl('rollout', 'status', name, '-n', 'mainloop', '--timeout=180s');
const killPod = (app: string): void => {
  const [pod] = get(
    `pods -n mainloop -l app=${app} --field-selector=status.phase=Running`,
    '{.items[*].metadata.name}',
  ).split(' ');
  cluster.kubectl('delete', 'pod', '-n', 'mainloop', pod!, '--grace-period=0', '--force');
};

(noOwnCluster === null ? describe : describe.skip)(
  `mainloop in a cluster${noOwnCluster === null ? '' : `: ${noOwnCluster}`}`,
  () => {
    beforeAll(async () => {
      cluster = await startTestCluster(['mainloop', 'agent', 'postgres', 'temporal', 'demo']);
      cluster.kubectl('apply', '-k', path.join(ROOT, 'k8s/apps/mainloop/overlays/ci'));
      for (const d of [
        'statefulset/postgres',
        'statefulset/temporal',
        'deployment/demo',
        'deployment/api',
        'deployment/gateway',
        'deployment/worker',
        'deployment/web',
      ])
        rollout(d);
      const web = await cluster.open(`${cluster.nodeIp}:30300`);
      const github = await cluster.open(`${get('service github -n mainloop', '{.spec.clusterIP}')}:8600`);
      stack = remote(web, github);
      await until('the api', () => stack.call('listProjects'), 60_000, 500);
      await stack.call('addProject', { body: { source: 'demo/tally' } });
      await until('the project', async () =>
        (await stack.call('listProjects')).some((p) => p.repo === 'demo/tally'),
      );
    }, 1_800_000);
    afterAll(() => cluster?.stop());

    test('from a chat message to a merged pull request, and nothing is left', async () => {
      const id = await spawnTask(stack);
      await until('the namespace of the task', async () => taskNamespaces().length === 1);
      expect((await walkToEnd(stack, id)).state).toBe('done');
      await until('the namespace to be gone', async () => taskNamespaces().length === 0);
      expect(await pulls()).toBe(1);
    });

    test('worker, gateway, api and agent are killed, one after the other, and the task ends as it would have', async () => {
      const before = await pulls();
      const id = await spawnTask(stack);
      const runs = async (): Promise<{ state: string; phase: string }[]> =>
        (await stack.call('getTask', { id })).runs;
      await until(
        'the first run',
        async () => (await runs()).some((r) => r.state === 'running'),
        60_000,
        100,
      );
      killPod('worker');
      killPod('gateway');
      const killed = (async () => {
        await until(
          'the second run',
          async () => (await runs()).some((r) => r.phase === 'implement' && r.state === 'running'),
          240_000,
          100,
        );
        for (const namespace of taskNamespaces())
          cluster.kubectl('delete', 'pods', '--all', '-n', namespace, '--grace-period=0', '--force');
        killPod('api');
        killPod('worker');
      })();
      expect((await walkToEnd(stack, id, TOLD_BEFORE)).state).toBe('done');
      await killed;
      expect((await pulls()) - before).toBe(1);
      await until('the namespace to be gone', async () => taskNamespaces().length === 0);
    });

    test('a rolling update with a task in flight, and its rollback, lose nothing', async () => {
      const id = await spawnTask(stack);
      await until('the first run', async () => taskNamespaces().length === 1, 60_000, 100);
      for (const verb of ['restart', 'undo']) {
        for (const d of ['api', 'gateway', 'worker', 'web'])
          cluster.kubectl('rollout', verb, `deployment/${d}`, '-n', 'mainloop');
        for (const d of ['api', 'gateway', 'worker', 'web']) rollout(`deployment/${d}`);
      }
      expect((await walkToEnd(stack, id, TOLD_BEFORE)).state).toBe('done');
    });

    test('a backlog changes the number of workers', async () => {
      const workers = (): number => Number(get('deployment/worker -n mainloop', '{.spec.replicas}'));
      await until(
        'the metric',
        () =>
          Promise.resolve(
            cluster.kubectl('get', '--raw', METRIC).includes('"metricName":"mainloop_worker_backlog"'),
          ),
        60_000,
        1_000,
      );
      expect(workers()).toBe(1);
      cluster.kubectl('set', 'env', 'deployment/worker', '-n', 'mainloop', 'MAINLOOP_WORKER_SLOTS=2');
      rollout('deployment/worker');
      // GitHub stops answering, so that what asks it takes its time, and the rest has to wait.
      cluster.kubectl('delete', 'networkpolicy', 'demo', '-n', 'mainloop');
      try {
        // Each is answered when it is there, or after a minute: nobody waits for that here.
        for (let i = 0; i < 90; i++)
          void stack.call('addProject', { body: { source: `demo/backlog-${i}` } }).catch(() => undefined);
        await until('more workers', () => Promise.resolve(workers() > 1), 240_000, 2_000);
      } finally {
        cluster.kubectl('apply', '-k', path.join(ROOT, 'k8s/apps/mainloop/overlays/ci'));
      }
    });

    test('nobody but the worker has an account in the cluster', () => {
      for (const app of ['api', 'gateway', 'web', 'postgres', 'temporal', 'demo'])
        expect([
          app,
          get(`pods -n mainloop -l app=${app}`, '{.items[0].spec.automountServiceAccountToken}'),
        ]).toEqual([app, 'false']);
    });
  },
);

const METRIC = '/apis/external.metrics.k8s.io/v1beta1/namespaces/mainloop/mainloop_worker_backlog';
const pulls = async (): Promise<number> =>
  (await stack.forgeCalls()).filter((c) => c.method === 'POST' && c.path.endsWith('/pulls')).length;

/** As much of a stack as the story needs, at the other end of two ports. */
function remote(web: string, github: string): Stack {
  return {
    call: callerOf(web, 'only-for-tests-api-token'),
    forgeCalls: async () =>
      (
        await fetch(`${github}/_local/calls`, {
          headers: { authorization: 'token only-for-tests-operator-secret' },
        })
      ).json() as Promise<{ method: string; path: string; body: Record<string, unknown> | null }[]>,
  } as Stack;
}
