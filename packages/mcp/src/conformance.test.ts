// Every method that the schema of 2026-07-28 lets a client ask for, and every error it knows, as raw messages on a
// connection: what comes back fits the shapes that the SDK takes from the schema. Source:
// https://modelcontextprotocol.io/specification/2026-07-28/schema
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Call } from '@mainloop/models/contracts/client';
import { refusal } from '@mainloop/models/flow/refusals';
import { InMemoryTransport, specTypeSchemas, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { mcpServer } from './server.ts';
import { strict } from './wire.ts';

const SKILL = {
  name: 'bump',
  prompt: 'Bump {{what}} to {{to}}.',
  parameters: [
    { name: 'what', kind: 'text' },
    { name: 'to', kind: 'choice', choices: ['the newest', 'a patch'], fallback: 'the newest' },
  ],
};
const TASK = { id: 't-1', title: 'Round', project: 'a/b', costMicrousd: 1, items: [], runs: [] };
const call = (async (name: string, sends?: { id?: string }) => {
  if (name === 'listSkills') return [SKILL];
  if (name === 'getTask' && sends?.id !== 't-1') throw new Error(refusal('no_task').sentence);
  if (name === 'listProjects') throw new Error('mainloop does not answer.');
  return { getTask: TASK, listTasks: [TASK] }[name] ?? [];
}) as unknown as Call;

type Answer = {
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
};
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const META = { [VERSION]: '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

let close: () => Promise<unknown> = async () => undefined;
afterEach(() => close());

/** @param opening what a client of the revision before says first */
async function connection(opening?: object) {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const served = serveStdio(
    () => mcpServer({ call, address: 'http://localhost:3000', changes: () => () => undefined }),
    { transport: strict(ours) },
  );
  close = () => served.close();
  const waiting: ((answer: Answer) => void)[] = [];
  theirs.onmessage = (message) => waiting.shift()?.(message as Answer);
  await theirs.start();
  const say = async (message: object): Promise<Answer> => {
    const answer = Promise.withResolvers<Answer>();
    waiting.push(answer.resolve);
    await theirs.send({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
    return answer.promise;
  };
  if (opening !== undefined) await say({ id: 0, method: 'initialize', params: opening });
  else await say({ id: 0, method: 'server/discover', params: { _meta: META } });
  return say;
}

const fits = (shape: keyof typeof specTypeSchemas, value: unknown): unknown =>
  specTypeSchemas[shape]['~standard'].validate(value);

const METHODS: readonly [method: string, params: object, shape: keyof typeof specTypeSchemas][] = [
  ['server/discover', {}, 'DiscoverResult'],
  ['tools/list', {}, 'ListToolsResult'],
  ['tools/call', { name: 'list_inbox', arguments: {} }, 'CallToolResult'],
  ['resources/list', {}, 'ListResourcesResult'],
  ['resources/templates/list', {}, 'ListResourceTemplatesResult'],
  ['resources/read', { uri: 'mainloop://tasks/t-1/events' }, 'ReadResourceResult'],
  ['prompts/list', {}, 'ListPromptsResult'],
  ['prompts/get', { name: 'bump', arguments: { what: 'left-pad' } }, 'GetPromptResult'],
];

/** An error in a tool is for the model to read, and so a result: what it was given, what the api says. */
const TOOL_ERRORS: readonly object[] = [
  { name: 'start_task', arguments: { proposalId: 7 } },
  { name: 'list_projects', arguments: {} },
  { name: 'get_task', arguments: { taskId: 't-9' } },
];

const ERRORS: readonly [what: string, method: string, params: object, code: number][] = [
  ['a method that there is not', 'no/such', {}, -32601],
  ['one that is not offered', 'completion/complete', COMPLETING(), -32601],
  ['one of the revision before', 'resources/subscribe', { uri: 'mainloop://inbox' }, -32601],
  ['ping, which is gone', 'ping', {}, -32601],
  ['initialize, which is gone', 'initialize', {}, -32601],
  ['a tool that there is not', 'tools/call', { name: 'rm', arguments: {} }, -32602],
  ['a tool of every object', 'tools/call', { name: 'constructor', arguments: {} }, -32602],
  ['no tool', 'tools/call', {}, -32602],
  ['a resource that there is not', 'resources/read', { uri: 'mainloop://nothing' }, -32602],
  ['a task that there is not', 'resources/read', { uri: 'mainloop://tasks/t-9' }, -32602],
  ['the story of none', 'resources/read', { uri: 'mainloop://tasks/t-9/events' }, -32602],
  ['no resource', 'resources/read', {}, -32602],
  ['a number for a resource', 'resources/read', { uri: 7 }, -32602],
  ['a prompt that there is not', 'prompts/get', { name: 'rm' }, -32602],
  ['a prompt without what it wants', 'prompts/get', { name: 'bump' }, -32602],
  ['a choice that it has not', 'prompts/get', { name: 'bump', arguments: { what: 'x', to: 'y' } }, -32602],
  ['a version that is not served', 'tools/list', { _meta: { ...META, [VERSION]: '2031-01-01' } }, -32022],
  ['no version', 'tools/list', { _meta: {} }, -32602],
  ['no _meta', 'tools/list', { _meta: undefined }, -32602],
];

function COMPLETING(): object {
  return { ref: { type: 'ref/prompt', name: 'bump' }, argument: { name: 'what', value: '' } };
}

describe('a client of 2026-07-28', () => {
  test.each(METHODS)('%s is answered in its shape', async (method, params, shape) => {
    const say = await connection();
    const { id, result } = await say({ id: 'one', method, params: { _meta: META, ...params } });
    expect([id, fits(shape, result)]).toEqual(['one', { value: expect.anything() }]);
    expect(result).toMatchObject({
      resultType: 'complete',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'mainloop', version: expect.any(String) } },
    });
  });

  test('subscriptions/listen is acknowledged with what is kept to, by its id', async () => {
    const say = await connection();
    const notifications = { resourceSubscriptions: ['mainloop://inbox'], resourcesListChanged: true };
    const answer = await say({
      id: 7,
      method: 'subscriptions/listen',
      params: { _meta: META, notifications },
    });
    expect(fits('SubscriptionsAcknowledgedNotification', answer)).toEqual({ value: expect.anything() });
    expect(answer.params).toEqual({ notifications, _meta: { 'io.modelcontextprotocol/subscriptionId': 7 } });
  });

  test.each(TOOL_ERRORS)('what goes wrong in a tool is told its model: %j', async (params) => {
    const say = await connection();
    const { result } = await say({ id: 1, method: 'tools/call', params: { _meta: META, ...params } });
    expect(fits('CallToolResult', result)).toEqual({ value: expect.anything() });
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringMatching(/\w{3}/) }],
    });
  });

  test.each(ERRORS)(
    '%s is refused by its number, in a sentence, and the connection lives',
    async (_, method, params, code) => {
      const say = await connection();
      const answer = await say({ id: 2, method, params: { _meta: META, ...params } });
      expect(fits('JSONRPCErrorResponse', answer)).toEqual({ value: expect.anything() });
      expect([answer.id, answer.error?.code]).toEqual([2, code]);
      expect(answer.error?.message).toMatch(/^\w[^[\]{}]*$/);
      expect((await say({ id: 3, method: 'tools/list', params: { _meta: META } })).result).toBeDefined();
    },
  );

  test('what is not there is named by its address, and a version by those that are served', async () => {
    const say = await connection();
    const uri = 'mainloop://tasks/t-9';
    const missing = await say({ id: 1, method: 'resources/read', params: { _meta: META, uri } });
    expect(missing.error?.data).toEqual({ uri });
    const _meta = { ...META, [VERSION]: 'constructor' };
    const unserved = await say({ id: 2, method: 'server/discover', params: { _meta } });
    expect(unserved.error).toMatchObject({
      code: -32022,
      data: { supported: ['2026-07-28'], requested: 'constructor' },
    });
  });
});

describe('a client of 2025-11-25', () => {
  const HELLO = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
  test.each([
    ...METHODS.filter(([method]) => method !== 'server/discover'),
    ['ping', {}, 'EmptyResult'],
    ['resources/subscribe', { uri: 'mainloop://inbox' }, 'EmptyResult'],
    ['resources/unsubscribe', { uri: 'mainloop://inbox' }, 'EmptyResult'],
  ] as const)('%s is answered in its shape', async (method, params, shape) => {
    const say = await connection(HELLO);
    const { result } = await say({ id: 1, method, params });
    expect(fits(shape, result)).toEqual({ value: expect.anything() });
  });

  test.each([
    ['no/such', {}, -32601],
    ['server/discover', {}, -32601],
    ['completion/complete', COMPLETING(), -32601],
    ['logging/setLevel', { level: 'debug' }, -32601],
    ['tools/call', { name: 'rm', arguments: {} }, -32602],
    ['resources/read', { uri: 'mainloop://nothing' }, -32602],
    ['resources/subscribe', {}, -32602],
    ['resources/subscribe', { uri: 'file:///etc/passwd' }, -32602],
    ['prompts/get', { name: 'rm' }, -32602],
  ])('%s with %j is refused with %i', async (method, params, code) => {
    const say = await connection(HELLO);
    const answer = await say({ id: 2, method, params });
    expect([answer.error?.code, fits('JSONRPCErrorResponse', answer)]).toEqual([
      code,
      { value: expect.anything() },
    ]);
  });
});
