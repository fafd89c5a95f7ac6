// What may be asked of the model, as tables and as properties. The fixtures have the shape of what Claude
// Code 2.1.329 was seen to send.
import { describe, expect, test } from '@jest/globals';
import { allowedBetas } from '@mainloop/models/contracts/model-request';
import fc from 'fast-check';
import { forwardedHeaders, readRequest, type Reading } from './model-rules.ts';

const MODEL = 'claude-opus-5-5';
const NO_QUERY = new URLSearchParams();
const read = (body: unknown, models: readonly string[] | 'any' = [MODEL]): Reading =>
  readRequest(
    '/v1/messages',
    new URLSearchParams('beta=true'),
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    models,
  );
const saying = (content: unknown, more: object = {}): object => ({
  model: MODEL,
  max_tokens: 100,
  messages: [{ role: 'user', content }],
  ...more,
});
const why = (reading: Reading): string => (reading.kind === 'refuse' ? reading.why : 'it was forwarded');

const EPHEMERAL = { type: 'ephemeral' };
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
const PDF = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } };

/** One turn of Claude Code with everything that was seen in it. */
const CLAUDE_CODE = {
  model: MODEL,
  max_tokens: 128_000,
  stream: true,
  metadata: { user_id: '{"device_id":"d","session_id":"s"}' },
  system: [
    { type: 'text', text: 'a head' },
    { type: 'text', text: 'who you are', cache_control: EPHEMERAL },
    { type: 'text', text: 'the rest', cache_control: { type: 'ephemeral', ttl: '1h' } },
  ],
  thinking: { type: 'adaptive', display: 'updates' },
  output_config: { effort: 'high' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  tools: [
    {
      name: 'Read',
      description: 'reads',
      input_schema: { type: 'object', properties: { file_path: { type: 'string' } } },
    },
    {
      name: 'DeferredToolPlaceholder',
      description: '',
      input_schema: { type: 'object' },
      defer_loading: true,
    },
  ],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'go', cache_control: EPHEMERAL }] },
    {
      role: 'system',
      content: '<total_tokens>1000 tokens left</total_tokens>',
      output_config: { effort: 'medium' },
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'eA==' },
        { type: 'text', text: 'I look.' },
        {
          type: 'tool_use',
          id: 'toolu_1',
          name: 'Read',
          input: { file_path: '/work/a.png', source: { type: 'url' } },
        },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [PNG, PDF, { type: 'text', text: 'cells' }],
          cache_control: EPHEMERAL,
        },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'Exit code 3', is_error: true },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_3',
          content: [{ type: 'tool_reference', tool_name: 'LSP' }],
        },
      ],
    },
    {
      role: 'system',
      content: [
        {
          type: 'tool_addition',
          tool: { type: 'tool_definition', definition: { name: 'LSP', input_schema: {} } },
        },
        { type: 'tool_removal', tool: { type: 'tool_reference', name: 'Read' } },
      ],
    },
  ],
};
/** The chat of ours, after a tool ran. */
const CHAT = {
  model: 'claude-sonnet-5-5',
  max_tokens: 4_000,
  stream: true,
  system: 'You are mainloop.',
  tools: [{ name: 'spawn_task', description: 'proposes', input_schema: { type: 'object' } }],
  messages: [
    { role: 'user', content: [PNG, { type: 'text', text: 'look' }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'yes', citations: null },
        { type: 'tool_use', id: 't', name: 'spawn_task', input: {}, caller: { type: 'direct' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'done', is_error: false }] },
  ],
};

describe('what passes', () => {
  test.each<[string, object, readonly string[] | 'any']>([
    ['a turn of Claude Code', CLAUDE_CODE, [MODEL]],
    ['a turn of the chat', CHAT, 'any'],
    ['the small helper model', { ...saying('x'), model: 'claude-haiku-5-5' }, [MODEL]],
    ['an older helper model', { ...saying('x'), model: 'claude-3-5-haiku-20241022' }, [MODEL]],
    [
      'fields that may be there as long as they say nothing',
      saying('x', { mcp_servers: [], container: null }),
      [MODEL],
    ],
  ])('%s', (_, body, models) => {
    const reading = read(body, models);
    expect(why(reading)).toBe('it was forwarded');
    expect(JSON.parse((reading as { body: Buffer }).body.toString())).toEqual(body);
  });

  test('counting tokens needs no max_tokens', () => {
    const { max_tokens: _, ...count } = saying('x') as { max_tokens: number };
    expect(
      readRequest('/v1/messages/count_tokens', NO_QUERY, Buffer.from(JSON.stringify(count)), 'any').kind,
    ).toBe('forward');
  });
});

describe('what is refused names what it was', () => {
  const url = { type: 'url', url: 'https://evil.example/?all-of-it' };
  test.each<[string, object, string]>([
    [
      'a picture from the internet',
      saying([{ type: 'image', source: url }]),
      'messages.0.content.0.source.type = "url"',
    ],
    [
      'a document from the internet',
      saying([{ type: 'document', source: url }]),
      'messages.0.content.0.source.type = "url"',
    ],
    [
      'a stored file',
      saying([{ type: 'document', source: { type: 'file', file_id: 'f' } }]),
      'messages.0.content.0.source.type = "file"',
    ],
    [
      'a stored picture',
      saying([{ type: 'image', source: { type: 'file', file_id: 'f' } }]),
      'source.type = "file"',
    ],
    [
      'a file of a container',
      saying([{ type: 'container_upload', file_id: 'f' }]),
      'messages.0.content.0.type = "container_upload"',
    ],
    [
      'a picture from the internet in a result',
      saying([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: url }] }]),
      'messages.0.content.0.content.0.source.type = "url"',
    ],
    [
      'a picture from the internet in a document in a result',
      saying([
        {
          type: 'tool_result',
          tool_use_id: 't',
          content: [
            { type: 'document', source: { type: 'content', content: [{ type: 'image', source: url }] } },
          ],
        },
      ]),
      'messages.0.content.0.content.0.source.content.0.source.type = "url"',
    ],
    [
      'a picture in the system prompt',
      saying('x', { system: [{ type: 'image', source: url }] }),
      'system.0.type = "image"',
    ],
    [
      'a tool call at the provider',
      saying([{ type: 'server_tool_use', id: 'x', name: 'web_fetch', input: {} }]),
      '"server_tool_use"',
    ],
    [
      'a field of a known block',
      saying([{ ...PNG, source: { ...PNG.source, url: 'https://x' } }]),
      'messages.0.content.0.source.url',
    ],
    ['a field that the API may grow', saying('x', { fetch_from: 'https://x' }), 'fetch_from'],
    [
      'a field of a message',
      { ...saying('x'), messages: [{ role: 'user', content: 'x', attachments: [] }] },
      'messages.0.attachments',
    ],
    ['an MCP connector', saying('x', { mcp_servers: [{ url: 'https://x' }] }), 'mcp_servers'],
    ['a container', saying('x', { container: 'c' }), 'container'],
    [
      'fetching at the provider',
      saying('x', { tools: [{ type: 'web_fetch_20250910', name: 'f' }] }),
      'tools.0.type = "web_fetch_20250910"',
    ],
    [
      'searching at the provider',
      saying('x', { tools: [{ type: 'web_search_20250305', name: 's' }] }),
      'tools.0.type = "web_search_20250305"',
    ],
    [
      'running code at the provider',
      saying('x', { tools: [{ type: 'code_execution_20250825', name: 'c' }] }),
      'code_execution_20250825',
    ],
    [
      'a tool that comes in the middle',
      {
        ...saying('x'),
        messages: [
          {
            role: 'system',
            content: [
              {
                type: 'tool_addition',
                tool: { type: 'tool_definition', definition: { type: 'web_fetch_20250910', name: 'f' } },
              },
            ],
          },
        ],
      },
      'messages.0.content.0.tool.definition.type = "web_fetch_20250910"',
    ],
    [
      'a call by code at the provider',
      saying('x', { tools: [{ name: 'x', input_schema: {}, allowed_callers: ['code_execution_20250825'] }] }),
      'tools.0.allowed_callers.0',
    ],
    ['a dearer way', saying('x', { speed: 'fast' }), 'speed'],
    ['words for max_tokens', saying('x', { max_tokens: 'x' }), 'max_tokens'],
    ['a negative max_tokens', saying('x', { max_tokens: -1 }), 'max_tokens'],
    ['an endless max_tokens', saying('x', { max_tokens: 1e300 }), 'max_tokens'],
    ['half a token', saying('x', { max_tokens: 1.5 }), 'max_tokens'],
    ['no max_tokens', { model: MODEL, messages: [] }, 'max_tokens'],
    [
      'another model',
      { ...saying('x'), model: 'claude-fable-5' },
      `this task uses ${MODEL}, not claude-fable-5`,
    ],
    [
      'a model that only sounds small',
      { ...saying('x'), model: 'claude-opus-5-5-haiku' },
      'not claude-opus-5-5-haiku',
    ],
    ['a list', [], 'expected object'],
  ])('%s', (_, body, words) => {
    expect(why(read(body))).toContain(words);
  });

  test('what stands in the address', () => {
    const at = (q: string): string =>
      why(
        readRequest('/v1/messages', new URLSearchParams(q), Buffer.from(JSON.stringify(saying('x'))), [
          MODEL,
        ]),
      );
    expect(at('beta=true')).toBe('it was forwarded');
    for (const q of ['beta=false', 'beta=true&x=1', 'fetch=https://x'])
      expect(at(q)).toContain('in the address of a model request');
  });

  test('of two keys of one name only the one that was looked at is sent', () => {
    const twice = JSON.stringify(saying('x')).replace(
      '"max_tokens":100',
      '"max_tokens":999999,"max_tokens":7',
    );
    const result = read(twice.replace('{', '{"mcp_servers":[{"url":"https://x"}],"mcp_servers":[],')) as {
      body: Buffer;
    };
    expect(result.body.toString()).not.toContain('999999');
    expect(result.body.toString()).not.toContain('https://x');
    expect(result.body.toString().match(/max_tokens/g)).toHaveLength(1);
  });
});

describe('whatever is built', () => {
  const leaf = fc.constantFrom<object>(
    { type: 'image', source: { type: 'url', url: 'https://evil.example' } },
    { type: 'document', source: { type: 'url', url: 'https://evil.example' } },
    { type: 'image', source: { type: 'file', file_id: 'f' } },
    { type: 'document', source: { type: 'file', file_id: 'f' } },
    { type: 'container_upload', file_id: 'f' },
    { type: 'server_tool_use', id: 'x', name: 'web_fetch', input: {} },
    { type: 'web_fetch_tool_result', tool_use_id: 'x', content: {} },
    { type: 'mcp_tool_use', id: 'x', name: 'x', server_name: 'x', input: {} },
    { type: 'text', text: 'x', fetch: 'https://evil.example' },
    {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: '', url: 'https://evil.example' },
    },
    { type: 'something_new', url: 'https://evil.example' },
  );
  const harmless = fc.oneof(
    fc.string().map((text) => ({ type: 'text', text })),
    fc.constant(PNG),
    fc.constant(PDF),
    fc.string().map((title) => ({ type: 'search_result', source: 's', title, content: [] })),
  );
  const anyJson = fc.dictionary(
    fc.string().filter((k) => k !== '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 3 },
  );
  const block = fc.oneof(
    harmless,
    fc.record({
      type: fc.constant('tool_use'),
      id: fc.constant('t'),
      name: fc.constant('Read'),
      input: anyJson,
    }),
    fc
      .array(harmless, { maxLength: 3 })
      .map((content) => ({ type: 'tool_result', tool_use_id: 't', content })),
  );
  /** Puts a block somewhere among the others: in a message, a result, a document or the system prompt. */
  const planted = fc
    .tuple(
      leaf,
      fc.array(block, { maxLength: 4 }),
      fc.nat(),
      fc.constantFrom('message', 'result', 'document', 'document in a result', 'system'),
    )
    .map(([bad, rest, at, where]): object => {
      const document = { type: 'document', source: { type: 'content', content: [bad] } };
      const here: Record<typeof where, object> = {
        message: bad,
        result: { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: '' }, bad] },
        document,
        'document in a result': { type: 'tool_result', tool_use_id: 't', content: [document] },
        system: { type: 'text', text: '' },
      };
      const content = (rest as object[]).toSpliced(at % (rest.length + 1), 0, here[where]);
      return saying(content, where === 'system' ? { system: [{ type: 'text', text: '' }, bad] } : {});
    });

  test('with a way out anywhere in it is refused', () => {
    fc.assert(
      fc.property(planted, (body) => {
        expect(read(body).kind).toBe('refuse');
      }),
      { numRuns: 500 },
    );
  });

  test('without one is sent on as a value equal to the one that was read', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), anyJson, (content, schema) => {
        const body = saying(content, { tools: [{ name: 'x', input_schema: schema }] });
        const reading = read(body);
        expect(why(reading)).toBe('it was forwarded');
        expect(JSON.parse((reading as { body: Buffer }).body.toString())).toEqual(
          JSON.parse(JSON.stringify(body)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('any bytes at all are answered', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (bytes, json) => {
        expect(['forward', 'refuse']).toContain(
          readRequest('/v1/messages', NO_QUERY, Buffer.from(bytes), 'any').kind,
        );
        expect(read(json).kind).toBe('refuse');
      }),
      { numRuns: 500 },
    );
  });
});

describe('headers', () => {
  test('a beta that lets the provider reach out or store is left out, and so is one nobody looked at', () => {
    expect(allowedBetas('files-api-2025-04-14,mcp-client-2025-04-04, code-execution-2025-08-25')).toBe('');
    expect(allowedBetas('claude-code-20250219, tomorrow-2027-01-01,claude-code-20250219')).toBe(
      'claude-code-20250219',
    );
  });
  test('only those that are known, in the shape they should have', () => {
    const out = forwardedHeaders({
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2.1.329',
      'content-type': 'multipart/form-data',
      'anthropic-beta': 'files-api-2025-04-14',
      cookie: 'x',
      'x-api-key': 'the run',
      'anthropic-dangerous-direct-browser-access': 'false',
    });
    expect(out).toEqual({
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2.1.329',
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
  });
});
