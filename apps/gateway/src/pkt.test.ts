// git's wire format, byte by byte.
import { describe, expect, test } from '@jest/globals';
import { checkRefs } from './git-rules.ts';
import { parsePush, pkt, pushReport, ZERO } from './pkt.ts';

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];
const command = (text: string): Buffer => Buffer.concat([pkt(text), Buffer.from('0000')]);

describe('the head of a push', () => {
  test('one command, with and without a line end, with and without capabilities', () => {
    const update = { oldSha: A, newSha: B, ref: 'refs/heads/x' };
    expect(parsePush(command(`${A} ${B} refs/heads/x`))).toEqual({
      updates: [update],
      capabilities: '',
      packAt: command(`${A} ${B} refs/heads/x`).length,
    });
    expect(parsePush(command(`${A} ${B} refs/heads/x\n`)).updates).toEqual([update]);
    expect(parsePush(command(`${A} ${B} refs/heads/x\0report-status\n`))).toMatchObject({
      updates: [update],
      capabilities: 'report-status',
    });
  });
  test('several commands; the capabilities are those of the one that has some', () => {
    const body = Buffer.concat([
      pkt(`${ZERO} ${A} r1\0atomic`),
      pkt(`${A} ${ZERO} r2`),
      Buffer.from('0000PACK'),
    ]);
    expect(parsePush(body)).toEqual({
      updates: [
        { oldSha: ZERO, newSha: A, ref: 'r1' },
        { oldSha: A, newSha: ZERO, ref: 'r2' },
      ],
      capabilities: 'atomic',
      packAt: body.length - 4,
    });
    expect(parsePush(Buffer.from('0000'))).toEqual({ updates: [], capabilities: '', packAt: 4 });
  });
  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'malformed push'],
    ['no length', Buffer.from('zzzz'), 'malformed push'],
    ['a length beyond its end', Buffer.from('0010abc'), 'malformed push'],
    ['an end in the middle', pkt(`${A} ${B} x`), 'malformed push'],
    ['a word', command('hello'), 'malformed push command'],
    ['more in front', command(`x${A} ${B} x`), 'malformed push command'],
    ['more behind', command(`${A} ${B} x y`), 'malformed push command'],
    ['a line end in the middle', command(`${A} ${B} x\ny`), 'malformed push command'],
    ['capabilities alone', command('\0report-status'), 'malformed push command'],
    [
      'a flood of refs',
      Buffer.concat([...Array.from({ length: 51 }, (_, i) => pkt(`${A} ${B} r${i}`)), Buffer.from('0000')]),
      'too many refs in one push',
    ],
  ])('is refused: %s', (_, body, why) => {
    expect(() => parsePush(body)).toThrow(new Error(why));
  });
  test('fifty refs are read', () => {
    expect(
      parsePush(
        Buffer.concat([...Array.from({ length: 50 }, (_, i) => pkt(`${A} ${B} r${i}`)), Buffer.from('0000')]),
      ).updates,
    ).toHaveLength(50);
  });
});

describe('the report', () => {
  const updates = [{ oldSha: A, newSha: B, ref: 'refs/heads/x' }];
  const inside = '000eunpack ok\n0014ok refs/heads/x\n0000';
  test('plain', () => {
    expect(pushReport(updates, 'report-status', null, 'words').toString()).toBe(inside);
    expect(pushReport(updates, '', 'no\r\n\nway', '').toString()).toBe(
      '000eunpack ok\n001bng refs/heads/x no way\n0000',
    );
  });
  test('a reason is cut', () => {
    expect(pushReport(updates, '', 'x'.repeat(401), '').toString()).toContain(` ${'x'.repeat(400)}\n`);
  });
  test('on its channel, with words on theirs', () => {
    const on = (channel: number, text: string): Buffer =>
      pkt(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
    const end = Buffer.from('0000');
    const caps = 'report-status side-band-64k';
    expect(pushReport(updates, caps, null, '')).toEqual(Buffer.concat([on(1, inside), end]));
    expect(pushReport(updates, caps, null, 'hello')).toEqual(
      Buffer.concat([on(2, 'hello\n'), on(1, inside), end]),
    );
    expect(pushReport(updates, caps, null, 'hello\n')).toEqual(
      Buffer.concat([on(2, 'hello\n'), on(1, inside), end]),
    );
  });
});

test.each<[string, Parameters<typeof checkRefs>[0], ReturnType<typeof checkRefs>]>([
  ['its branch', [{ oldSha: A, newSha: B, ref: 'refs/heads/x' }], { kind: 'forward' }],
  [
    'another one',
    [{ oldSha: A, newSha: B, ref: 'refs/heads/y' }],
    { kind: 'refuse', reason: 'this task may only push to x, not y' },
  ],
  [
    'a tag',
    [{ oldSha: A, newSha: B, ref: 'refs/tags/x' }],
    { kind: 'refuse', reason: 'this task may only push to x, not refs/tags/x' },
  ],
  ['nothing', [], { kind: 'refuse', reason: 'push one branch at a time' }],
  [
    'its branch twice',
    [
      { oldSha: A, newSha: B, ref: 'refs/heads/x' },
      { oldSha: A, newSha: A, ref: 'refs/heads/x' },
    ],
    { kind: 'refuse', reason: 'push one branch at a time' },
  ],
  [
    'the end of its branch',
    [{ oldSha: A, newSha: ZERO, ref: 'refs/heads/x' }],
    { kind: 'refuse', reason: 'this task may not delete its branch' },
  ],
])('a task pushes %s', (_, updates, want) => {
  expect(checkRefs(updates, { branch: 'x', phase: 'implement' })).toEqual(want);
});
