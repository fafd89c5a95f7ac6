import { expect, test } from '@jest/globals';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { serveBacklog } from './backlog.ts';

const get = (port: number, path: string): Promise<[number, string]> =>
  new Promise((resolve, reject) => {
    https
      .get({ port, path, rejectUnauthorized: false }, (res) => {
        let body = '';
        res.on('data', (d: Buffer) => (body += d.toString()));
        res.on('end', () => resolve([res.statusCode ?? 0, body]));
      })
      .on('error', reject);
  });

test('speaks the external metrics API over TLS: one metric, nothing else, and 503 when the queue is out of reach', async () => {
  let broken = false;
  const server = await serveBacklog(0, () =>
    broken ? Promise.reject(new Error('Temporal is away')) : Promise.resolve(42),
  );
  const { port } = server.address() as AddressInfo;
  try {
    const base = '/apis/external.metrics.k8s.io/v1beta1';
    expect(JSON.parse((await get(port, base))[1])).toMatchObject({
      kind: 'APIResourceList',
      resources: [{ name: 'mainloop_worker_backlog' }],
    });
    broken = true;
    expect(await get(port, `${base}/namespaces/mainloop/mainloop_worker_backlog`)).toEqual([
      503,
      'Temporal does not say how much waits.',
    ]);
    broken = false;
    const [status, body] = await get(
      port,
      `${base}/namespaces/mainloop/mainloop_worker_backlog?labelSelector=`,
    );
    expect([status, JSON.parse(body)]).toEqual([
      200,
      expect.objectContaining({ items: [expect.objectContaining({ value: '42' })] }),
    ]);
    expect((await get(port, `${base}/namespaces/mainloop/secrets`))[0]).toBe(404);
    // What is no path ends nobody.
    for (const path of ['//', '/\\\\', '///x:y']) expect((await get(port, path))[0]).toBe(404);
  } finally {
    server.close();
  }
});
