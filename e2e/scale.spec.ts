// Two hundred tasks at once, on nodes that KWOK plays: the API server, the controllers, the scheduler, our
// worker and our gateway are real. What the pods would do is done from here: they take their spec, keep their
// lease, and report.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { noOwnCluster, podEnv, startTestCluster, type TestCluster } from '@mainloop/testkit/cluster';
import { DRAFT, seedProposal } from '@mainloop/testkit/seed';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { readFileSync } from 'node:fs';
import http from 'node:http';

const TASKS = 200;
/** As seldom as a lease of 15 s allows: everything here shares the machine with 200 pretended pods. */
const BEAT_MS = 4_000;
let cluster: TestCluster;
let stack: Stack;
let db: Db;
const OURS = 'app.kubernetes.io/managed-by=mainloop';
const lines = (out: string): string[] => out.split(/\s+/).filter(Boolean);
const namespaces = (): string[] =>
  lines(cluster.kubectl('get', 'namespaces', '-l', OURS, '-o', 'jsonpath={.items[*].metadata.name}'));

(noOwnCluster === null ? describe : describe.skip)(
  `200 tasks at once${noOwnCluster === null ? '' : `: ${noOwnCluster}`}`,
  () => {
    beforeAll(async () => {
      cluster = await startTestCluster([], 10);
      stack = await startStack(podEnv(cluster, 'scale'));
      db = openPool(stack.databaseUrl, 'scale-test');
      await stack.call('changeSettings', { body: { maxRuns: 1_000 } });
    }, 900_000);
    afterAll(async () => {
      await db?.end();
      await stack?.stop();
      await cluster?.stop();
    });

    test('all of them run, none is taken for lost, and nothing is left of them', async () => {
      const project = (await stack.call('listProjects'))[0]!.id;
      await stack.call('changeProject', { id: project, body: { maxRuns: 500 } });
      const proposals: Awaited<ReturnType<typeof seedProposal>>[] = [];
      for (let i = 0; i < TASKS; i++) {
        const draft = { ...DRAFT, projectId: project, title: `Task ${i}`, skipPlan: true };
        proposals.push(await seedProposal(db, `scale-${i}`, 600_000, draft));
      }
      const began = Date.now();
      const ids = await Promise.all(
        proposals.map(
          async ({ id, digest }) => (await stack.call('confirmProposal', { id, body: { digest } })).taskId,
        ),
      );
      const pods = new Map<string, ReturnType<typeof runnerOf>>();
      await until(
        'a pod on a node for each',
        () => {
          for (const token of tokensInPods()) if (!pods.has(token)) pods.set(token, runnerOf(token));
          return Promise.resolve(pods.size >= TASKS);
        },
        400_000,
        4_000,
      );
      const up = Date.now() - began;
      await until('each of them to be known as running', async () => (await running()) === TASKS);
      // Long enough for every lease to run out, if one were not kept, and for every watcher to have come by
      // several times.
      await new Promise((r) => setTimeout(r, 45_000));
      expect(await running()).toBe(TASKS);
      await Promise.all([...pods.values()].map((p) => p.end()));
      await until('each of them to be heard', async () => (await running()) === 0);
      const epochs = await db.query<{ n: number }>(
        "select count(*)::int as n from events where type = 'run.started' and (payload->>'epoch')::int > 1",
      );
      expect(epochs.rows[0]!.n).toBe(0);
      const cancelled = Date.now();
      for (const id of ids) await stack.call('cancelTask', { id });
      await until('nothing to be left', () => Promise.resolve(namespaces().length === 0), 300_000, 2_000);
      const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stack.pidOf('worker')}/status`, 'utf8'))![1]!;
      console.log(
        `${TASKS} tasks: all in pods after ${Math.round(up / 1000)} s, nothing left ${Math.round((Date.now() - cancelled) / 1000)} s after the first word of cancelling, worker ${Math.round(Number(rss) / 1024)} MiB`,
      );
    }, 900_000);
  },
);

interface Thing {
  metadata: { namespace: string; labels: Record<string, string> };
  status?: { phase: string };
  data?: { token: string };
}
/** As the kubelet gives them to the pods that it has started. */
function tokensInPods(): string[] {
  const get = (what: string): Thing[] =>
    (JSON.parse(cluster.kubectl('get', what, '-A', '-l', OURS, '-o', 'json')) as { items: Thing[] }).items;
  const runOf = ({ metadata: m }: Thing): string =>
    `${m.namespace}/${m.labels['mainloop.dev/run']}/${m.labels['mainloop.dev/epoch']}`;
  const started = new Set(
    get('pods')
      .filter((p) => p.status?.phase === 'Running')
      .map(runOf),
  );
  return get('secrets')
    .filter((x) => started.has(runOf(x)))
    .map((x) => Buffer.from(x.data!.token, 'base64').toString());
}

const running = async (): Promise<number> =>
  (await db.query<{ n: number }>("select count(*)::int as n from runs where state = 'running'")).rows[0]!.n;

/** What a runner says to the gateway, without the agent. */
function runnerOf(token: string): { end(): Promise<void> } {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const say = (
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<void> =>
    new Promise((resolve) => {
      const req = http.request(
        new URL(path, stack.gateway),
        {
          agent,
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        },
        (res) => res.resume().once('end', resolve),
      );
      req.on('error', () => resolve());
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  let over = false;
  const beating = (async () => {
    await say('GET', '/run/spec', undefined, { 'x-mainloop-holder': token.slice(-12) });
    for (; !over; await new Promise((r) => setTimeout(r, BEAT_MS)))
      await say('POST', '/run/heartbeat', { afterCommand: 0, delivered: [] });
  })();
  return {
    async end() {
      over = true;
      await beating;
      await say('POST', '/run/result', {
        outcome: { kind: 'completed', summary: 'Nothing to do.' },
        outputEnd: 0,
      });
      agent.destroy();
    },
  };
}
