// How much work waits for a worker, as Kubernetes' external metrics API: a HorizontalPodAutoscaler counts
// workers by it, and nothing else has to be installed. It tells one number and takes nothing, so whoever asks
// is answered.
import https from 'node:https';
import { TASK_QUEUE } from '@mainloop/models/flow/workflow';
import type { Client } from '@temporalio/client';

/** @see https://github.com/kubernetes/metrics/tree/master/pkg/apis/external_metrics */
const GROUP = 'external.metrics.k8s.io/v1beta1';
const METRIC = 'mainloop_worker_backlog';
/** An autoscaler asks every 15 s, of each replica. */
const KEPT_MS = 2_000;
/** Temporal's TaskQueueType: workflow tasks, activity tasks. */
const QUEUE_TYPES: readonly number[] = [1, 2];

/**
 * Workflow and activity tasks that no worker has taken yet, as Temporal counts them (approximately).
 * @param namespace Temporal's
 */
export async function backlogOf(client: Client, namespace: string): Promise<number> {
  const counts = await Promise.all(
    QUEUE_TYPES.map(async (taskQueueType) => {
      const response = await client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: TASK_QUEUE },
        taskQueueType,
        reportStats: true,
      });
      return Number(response.stats?.approximateBacklogCount ?? 0);
    }),
  );
  return counts.reduce((a, b) => a + b, 0);
}

/**
 * Answers on `port` with a certificate of its own; the APIService that leads here does not check it.
 * @param failed hears why there is no number: whoever asks is nobody we know
 */
export async function serveBacklog(
  port: number,
  read: () => Promise<number>,
  failed: (err: Error) => void = () => undefined,
): Promise<https.Server> {
  // Of no use outside a cluster.
  const { generate } = await import('selfsigned');
  const cert = await generate([{ name: 'commonName', value: 'mainloop-worker' }], { algorithm: 'sha256' });
  let kept = { at: 0, value: 0 };
  const value = async (): Promise<number> => {
    if (performance.now() - kept.at > KEPT_MS || kept.at === 0)
      kept = { at: performance.now(), value: await read() };
    return kept.value;
  };
  const server = https.createServer({ key: cert.private, cert: cert.cert }, (req, res) => {
    void answerTo(URL.parse(req.url ?? '/', 'https://worker')?.pathname ?? '', value).then(
      (body) =>
        void res
          .writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' })
          .end(JSON.stringify(body ?? {})),
      (err: Error) => {
        failed(err);
        res.writeHead(503, { 'content-type': 'text/plain' }).end('Temporal does not say how much waits.');
      },
    );
  });
  await new Promise<void>((r) => server.listen(port, r));
  return server;
}

/** @returns the body for one path of the API, or null where there is nothing */
async function answerTo(
  path: string,
  value: () => Promise<number>,
  now = new Date(),
): Promise<object | null> {
  if (path === `/apis/${GROUP}`)
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: GROUP,
      resources: [
        { name: METRIC, singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
      ],
    };
  const asked = new RegExp(`^/apis/${GROUP}/namespaces/[^/]+/([^/]+)$`).exec(path)?.[1];
  if (asked !== METRIC) return null;
  return {
    kind: 'ExternalMetricValueList',
    apiVersion: GROUP,
    metadata: {},
    items: [
      { metricName: METRIC, metricLabels: {}, timestamp: now.toISOString(), value: String(await value()) },
    ],
  };
}
