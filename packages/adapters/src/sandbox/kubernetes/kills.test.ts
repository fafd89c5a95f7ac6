// The worker is killed between two steps in the cluster, at each of them, and the next worker does the same
// again: what is there afterwards is what one worker would have made, each once. The API server is a small
// one, in memory.
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLUSTER_FAILPOINTS, kubernetesSandbox } from './kubernetes.ts';
import type { KubernetesSandboxOptions } from './manifests.ts';

interface Thing {
  metadata: { name: string; labels?: Record<string, string>; uid?: string };
}
const things = new Map<string, Thing>();
let made: string[] = [];

/** POST makes or says 409, GET reads one or lists by label, DELETE removes it and, of a namespace, what is in it. */
const server = http.createServer(async (req, res) => {
  let raw = '';
  for await (const c of req) raw += c;
  const url = new URL(req.url!, 'http://api');
  const answer = (code: number, body: object): void =>
    void res.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const status = (code: number, reason: string): void =>
    answer(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason });
  if (req.method === 'POST') {
    const body = JSON.parse(raw) as Thing;
    const at = `${url.pathname}/${body.metadata.name}`;
    if (things.has(at)) return status(409, 'AlreadyExists');
    made.push(at);
    const full = {
      ...body,
      metadata: { ...body.metadata, uid: at, creationTimestamp: '2026-01-01T00:00:00Z' },
    };
    things.set(at, full);
    return answer(201, full);
  }
  if (req.method === 'DELETE') {
    if (!things.has(url.pathname)) return status(404, 'NotFound');
    for (const at of things.keys())
      if (at === url.pathname || at.includes(`${url.pathname.replace(/^.*(\/namespaces\/[^/]+)$/, '$1')}/`))
        things.delete(at);
    return answer(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
  }
  const one = things.get(url.pathname);
  if (one) return answer(200, one);
  const wanted = (url.searchParams.get('labelSelector') ?? '')
    .split(',')
    .filter(Boolean)
    .map((x) => x.split('=') as [string, string]);
  const items = [...things]
    .filter(
      ([at, x]) =>
        at.startsWith(`${url.pathname}/`) &&
        !at.slice(url.pathname.length + 1).includes('/') &&
        wanted.every(([key, value]) => x.metadata.labels?.[key] === value),
    )
    .map(([, x]) => x);
  if (/\/[^/]*s$/.test(url.pathname))
    return answer(200, { kind: 'List', apiVersion: 'v1', metadata: {}, items });
  status(404, 'NotFound');
});
const config = new KubeConfig();
beforeAll(async () => {
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  config.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: 'u', token: 'x' },
  );
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  things.clear();
  made = [];
});

const OPTIONS: KubernetesSandboxOptions = {
  prefix: 'mainloop-task-',
  instance: 'i',
  image: 'agent',
  pullPolicy: 'Always',
  pullSecret: null,
  gateway: { host: '10.0.0.1', port: 8700 },
  gatewayPods: null,
  runtimeClass: null,
  resources: { cpu: '1', memory: '1Gi', disk: '1Gi', requestCpu: '1m', requestMemory: '1Mi' },
  maxProcesses: 60,
  deadlineS: 60,
  mustNotReach: [],
  serviceAccount: { namespace: 'n', name: 'w' },
};
const RUN = { taskId: 't-1', runId: 't-1-r1', epoch: 1, token: 'mlr_x', repo: 'a/b' };
/** A worker that is killed the first time it comes by `at`. */
const worker = (at: string | null) =>
  kubernetesSandbox(config, OPTIONS, (name) => {
    if (name === at) throw new Error(`killed at ${name}`);
  });
const steps = [
  ['start', (w: ReturnType<typeof worker>) => w.start(RUN)],
  ['release', (w: ReturnType<typeof worker>) => w.release(RUN.taskId)],
] as const;

test.each(CLUSTER_FAILPOINTS)(
  'killed at %s, the next worker ends with the same, each thing made once',
  async (at) => {
    for (const [, act] of steps.slice(0, 1)) await act(worker(null));
    const reference = { made: [...made].toSorted(), there: [...things.keys()].toSorted() };
    expect(reference.made.length).toBeGreaterThanOrEqual(8);
    await steps[1][1](worker(null));
    expect([...things.keys()]).toEqual([]);
    made = [];

    let died = 0;
    for (const [name, act] of steps) {
      await act(worker(at)).catch((err: Error) => {
        if (!err.message.includes(`killed at ${at}`)) throw err;
        died++;
      });
      await act(worker(null));
      if (name === 'start') expect([...things.keys()].toSorted()).toEqual(reference.there);
    }
    expect(died).toBe(1);
    expect([...made].toSorted()).toEqual(reference.made);
    expect([...things.keys()]).toEqual([]);
  },
);
