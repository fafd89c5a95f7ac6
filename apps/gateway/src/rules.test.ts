import { describe, expect, test } from '@jest/globals';
import { allowedHost, isPrivate } from './egress.ts';
import { checkRefs } from './git-rules.ts';
import { refuseRequest, UsageMeter } from './model-rules.ts';
import { parsePush, pkt, pushReport, ZERO } from './pkt.ts';

const A = 'a'.repeat(40);

describe('the model door', () => {
  const models = ['claude-opus-5-5'];
  test.each<[string, string, object, boolean]>([
    ['the task model', '/v1/messages', { model: 'claude-opus-5-5', tools: [{ name: 'Bash', input_schema: {} }] }, true],
    ['the small helper model', '/v1/messages', { model: 'claude-haiku-5-5' }, true],
    ['another model', '/v1/messages', { model: 'claude-fable-5' }, false],
    ['another path', '/v1/files', { model: 'claude-opus-5-5' }, false],
    ['server-side fetch', '/v1/messages', { model: 'claude-opus-5-5', tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }, false],
    ['server-side search', '/v1/messages', { model: 'claude-opus-5-5', tools: [{ type: 'web_search_20250305' }] }, false],
    ['code execution', '/v1/messages', { model: 'claude-opus-5-5', tools: [{ type: 'code_execution_20250825' }] }, false],
    ['an MCP connector', '/v1/messages', { model: 'claude-opus-5-5', mcp_servers: [{ url: 'https://evil.example' }] }, false],
    ['a container', '/v1/messages', { model: 'claude-opus-5-5', container: 'c_1' }, false],
  ])('%s', (_, path, body, ok) => {
    expect(refuseRequest(path, body, models) === null).toBe(ok);
  });

  test('usage is read from a stream cut anywhere', () => {
    const stream =
      'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":100,"output_tokens":1}}}\n\nevent: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":42}}\n\n';
    for (let cut = 0; cut <= stream.length; cut += 7) {
      const m = new UsageMeter(true);
      m.push(Buffer.from(stream.slice(0, cut)));
      m.push(Buffer.from(stream.slice(cut)));
      expect(m.usage).toMatchObject({ input_tokens: 100, output_tokens: 42 });
    }
  });
});

describe('the git door', () => {
  const b = 'mainloop/x-abcdef';
  test.each([
    ['its own branch', [{ oldSha: ZERO, newSha: A, ref: `refs/heads/${b}` }], 'forward'],
    ['main', [{ oldSha: A, newSha: A, ref: 'refs/heads/main' }], 'refuse'],
    ['a tag', [{ oldSha: ZERO, newSha: A, ref: 'refs/tags/v1' }], 'refuse'],
    ['deleting', [{ oldSha: A, newSha: ZERO, ref: `refs/heads/${b}` }], 'refuse'],
    [
      'its own and another',
      [
        { oldSha: ZERO, newSha: A, ref: `refs/heads/${b}` },
        { oldSha: A, newSha: A, ref: 'refs/heads/main' },
      ],
      'refuse',
    ],
    ['a name that only starts alike', [{ oldSha: ZERO, newSha: A, ref: `refs/heads/${b}/../main` }], 'refuse'],
  ])('%s', (_, updates, want) => {
    expect(checkRefs(updates, b).kind).toBe(want);
  });

  test('a push is read as git writes it, and nothing else is', () => {
    const body = Buffer.concat([pkt(`${ZERO} ${A} refs/heads/${b}\0report-status side-band-64k`), Buffer.from('0000PACK...')]);
    expect(parsePush(body)).toMatchObject({ updates: [{ oldSha: ZERO, newSha: A, ref: `refs/heads/${b}` }], packAt: body.length - 7 });
    for (const bad of ['', 'zzzz', 'ffff', pkt('hello').toString() + '0000']) expect(() => parsePush(Buffer.from(bad))).toThrow();
  });

  test('a report can only say one line', () => {
    const r = pushReport([{ oldSha: ZERO, newSha: A, ref: 'refs/heads/x' }], 'report-status', 'no\nok refs/heads/x', '').toString();
    expect(r.match(/ok refs/g)).toHaveLength(1);
    expect(r).toContain('ng refs/heads/x no ok refs/heads/x');
  });
});

describe('the way out', () => {
  test.each([
    ['registry.npmjs.org', 443, {}, true],
    ['REGISTRY.npmjs.org.', 443, {}, true],
    ['registry.npmjs.org', 80, {}, false],
    ['evil.example', 443, {}, false],
    ['registry.npmjs.org.evil.example', 443, {}, false],
    ['registry.npmjs.org', 443, { egress: 'none' }, false],
    ['api.acme.test', 443, { egress: ['*.acme.test'] }, true],
    ['acme.test.evil.example', 443, { egress: ['*.acme.test'] }, false],
  ])('%s:%d %j', (host, port, settings, ok) => {
    expect(allowedHost(host, port, settings)).toBe(ok);
  });
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    'not an address',
  ])('%s is private', (ip) => {
    expect(isPrivate(ip)).toBe(true);
  });
  test.each(['1.1.1.1', '2606:4700:4700::1111'])('%s is not', (ip) => {
    expect(isPrivate(ip)).toBe(false);
  });
});
