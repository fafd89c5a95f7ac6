// Who subscribed to what changes hears of it, in both revisions and by the protocol's own client.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Call } from '@mainloop/models/contracts/client';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { changedBy, gathering, type Changed } from './changes.ts';
import { mcpServer } from './server.ts';

test.each([
  [{ type: 'agent.said', taskId: 't-1' }, ['tasks', 'tasks/t-1', 'tasks/t-1/events'], false],
  [{ type: 'inbox.opened', taskId: 't-1' }, ['inbox', 'tasks', 'tasks/t-1', 'tasks/t-1/events'], false],
  [{ type: 'inbox.closed', taskId: null }, ['inbox'], false],
  [{ type: 'learning.decided', taskId: null }, ['learnings'], false],
  [{ type: 'task.confirmed', taskId: 't-2' }, ['tasks', 'tasks/t-2', 'tasks/t-2/events'], true],
  [{ type: 'message.said', taskId: null }, [], false],
  [{ type: 'of.a.newer.server', taskId: null }, [], false],
])('%j changes %j', (event, paths, isListed) =>
  expect(changedBy(event)).toEqual({ uris: paths.map((path) => `mainloop://${path}`), isListed }),
);

test('what a busy agent changes is said once for a moment, and nothing after the end', async () => {
  const told: Changed[] = [];
  const heard = Promise.withResolvers<null>();
  const gathered = gathering((changed) => {
    told.push(changed);
    heard.resolve(null);
  }, 20);
  gathered.take({ type: 'message.said', taskId: null });
  for (let n = 0; n < 1_000; n++) gathered.take({ type: 'agent.said', taskId: `t-${n % 2}` });
  await heard.promise;
  expect(told.map(({ uris }) => uris.length)).toEqual([5]);
  gathered.take({ type: 'agent.said', taskId: 't-1' });
  gathered.stop();
  await new Promise((done) => setTimeout(done, 60));
  expect(told).toHaveLength(1);
});

const ERAS = [['2025-11-25', 'legacy'] as const, ['2026-07-28', { pin: '2026-07-28' }] as const];
let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  closing = [];
});

async function connect(mode: (typeof ERAS)[number][1], canHear = true) {
  let tell: ((changed: Changed) => void) | null = null;
  const call = (async () => []) as unknown as Call;
  const changes = (take: (changed: Changed) => void): (() => void) => {
    tell = take;
    return () => void (tell = null);
  };
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const served = serveStdio(
    () => mcpServer({ call, address: 'http://localhost:3000', ...(canHear ? { changes } : {}) }),
    { transport: ours },
  );
  const client = new Client({ name: 'a-client', version: '1' }, { versionNegotiation: { mode } });
  const heard: string[] = [];
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void heard.push(params.uri),
  );
  client.setNotificationHandler('notifications/resources/list_changed', () => void heard.push('list'));
  await client.connect(theirs);
  closing.push(
    () => client.close(),
    () => served.close(),
  );
  /** Whoever answers a request has said before what came before it. */
  const settled = async (): Promise<string[]> => {
    await client.listResources();
    return heard.splice(0);
  };
  return { client, settled, tell: (changed: Changed) => tell?.(changed), isTold: () => tell !== null };
}

describe.each(ERAS)('a client of %s', (_, mode) => {
  const subscribe = async (client: Client, uri: string): Promise<() => Promise<unknown>> => {
    if (mode === 'legacy') {
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    }
    const subscription = await client.listen({ resourceSubscriptions: [uri], resourcesListChanged: true });
    expect(subscription.honoredFilter).toMatchObject({ resourceSubscriptions: [uri] });
    return () => subscription.close();
  };

  test('is told that it may subscribe, and hears of what it subscribed to and of nothing else', async () => {
    const { client, settled, tell } = await connect(mode);
    expect(client.getServerCapabilities()?.resources).toEqual({ subscribe: true, listChanged: true });
    const inbox = { uris: ['mainloop://inbox', 'mainloop://tasks'], isListed: false };
    tell(inbox);
    expect(await settled()).toEqual([]);
    const end = await subscribe(client, 'mainloop://inbox');
    tell(inbox);
    tell({ uris: [], isListed: true });
    expect(await settled()).toEqual(['mainloop://inbox', 'list']);
    await end();
    tell(inbox);
    expect(await settled()).toEqual([]);
  });

  test('hears nothing more once it has left', async () => {
    const { client, isTold, tell } = await connect(mode);
    await subscribe(client, 'mainloop://inbox');
    expect(isTold()).toBe(true);
    await client.close();
    tell({ uris: ['mainloop://inbox'], isListed: true });
  });

  test('is not offered what could not be told', async () => {
    const { client } = await connect(mode, false);
    expect(client.getServerCapabilities()?.resources).not.toHaveProperty('subscribe');
  });
});

test.each(['file:///etc/passwd', '', 'mainloop:/inbox', `https://a.example/${'x'.repeat(10_000)}`])(
  'an older client that subscribes to %s is refused, and the connection lives',
  async (uri) => {
    const { client, settled } = await connect('legacy');
    await expect(client.subscribeResource({ uri })).rejects.toThrow(/no such resource|invalid/i);
    expect(await settled()).toEqual([]);
  },
);

test('an older client subscribes to a thousand at most', async () => {
  const { client } = await connect('legacy');
  const many = Array.from({ length: 1_001 }, (_, n) =>
    client.subscribeResource({ uri: `mainloop://tasks/${n}` }),
  );
  const refused = (await Promise.allSettled(many)).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(1);
});
