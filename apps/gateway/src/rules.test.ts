import { describe, expect, test } from '@jest/globals';
import { allowedHost, isPrivate } from './egress.ts';
import { checkRefs } from './git-rules.ts';
import { parsePush, pkt, pushReport, ZERO } from './pkt.ts';

const A = 'a'.repeat(40);

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
