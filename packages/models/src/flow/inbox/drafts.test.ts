import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joined, versionsOf, withVersions } from './draft-versions.ts';
import {
  afterAnswer,
  afterWrite,
  DRAFT_KEY,
  draftStep,
  heard,
  NEVER_SEEN,
  wordsElsewhere,
  type KeptDraft,
  type SeenDraft,
} from './drafts.ts';

test('what is about something is told by its kind and id, and nothing else is', () => {
  const KEYS =
    'chat project/source item/t-1-plan task/abc proposal/p-0f comment/t.1:2 setting/pr-1.model form/skill:fix-lint';
  for (const key of KEYS.split(' ')) expect(DRAFT_KEY.test(key)).toBe(true);
  for (const key of [
    '',
    'chat/1',
    'item/',
    'item/a/b',
    'other/x',
    'item/a b',
    `item/${'x'.repeat(201)}`,
    'x item/a',
  ])
    expect(DRAFT_KEY.test(key)).toBe(false);
});

describe('a write', () => {
  const kept = { text: 'Leave the name', revision: 3 };
  test.each([
    [
      'knew the newest and adds',
      'Leave the name as it is',
      3,
      { text: 'Leave the name as it is', revision: 4 },
    ],
    ['knew the newest and takes away', 'Leave', 3, { text: 'Leave', revision: 4 }],
    ['knew the newest and sent it', '', 3, { text: '', revision: 4 }],
    ['says the same', 'Leave the name', 3, kept],
    [
      'knew an older one and wrote on',
      'Leave the name, please',
      2,
      { text: 'Leave the name, please', revision: 4 },
    ],
    ['knew an older one and has less', 'Leave', 2, kept],
    ['knew an older one and sent it', '', 2, kept],
    ['knew one that is gone', 'Use tabs', 9, { text: 'Leave the name Use tabs', revision: 4 }],
    ['knew nothing and wrote other words', 'Use tabs', 0, { text: 'Leave the name Use tabs', revision: 4 }],
  ] as const)('that %s', (_, text, base, after) => {
    expect(afterWrite('item/a', kept, { text, base })).toEqual(after);
  });
  const form = (fields: object, also?: readonly object[]): string =>
    JSON.stringify(
      also === undefined ? fields : { ...fields, writtenElsewhere: also.map((one) => JSON.stringify(one)) },
    );
  test.each([
    ['knew the newest', 3, { title: 'a' }, undefined, { title: 'a' }, undefined],
    ['has less of the same words', 1, { title: 'ab' }, undefined, { title: 'abc' }, undefined],
    ['has more of the same words', 1, { title: 'abcd' }, undefined, { title: 'abcd' }, undefined],
    ['has other words', 1, { title: 'xy' }, undefined, { title: 'abc' }, [{ title: 'xy' }]],
    ['has other words, and more', 1, { title: 'wxyz' }, undefined, { title: 'wxyz' }, [{ title: 'abc' }]],
    ['has words in another field', 1, { why: 'x' }, undefined, { title: 'abc' }, [{ why: 'x' }]],
    [
      'differs in no word',
      1,
      { title: 'abc', isOpen: true },
      undefined,
      { title: 'abc', isOpen: true },
      undefined,
    ],
    [
      'knows of a third',
      1,
      { title: 'xy' },
      [{ title: 'q' }],
      { title: 'abc' },
      [{ title: 'xy' }, { title: 'q' }],
    ],
    [
      'knows of a third that is in it',
      1,
      { title: 'x' },
      [{ title: 'b' }],
      { title: 'abc' },
      [{ title: 'x' }],
    ],
  ])('of a form that %s', (_, base, came, beside, after, also) => {
    const before = { text: form({ title: 'abc' }), revision: 3 };
    expect(afterWrite('form/skill', before, { text: form(came, beside), base }).text).toBe(form(after, also));
  });
  test('of an emptied form that knew an older one takes nothing away', () => {
    const before = { text: form({ title: 'abc' }), revision: 3 };
    expect(afterWrite('form/skill', before, { text: '', base: 1 })).toBe(before);
  });
  test.each([
    ['another one', '7', '7', ['12']],
    ['a part of it', '1', '1', ['12']],
    ['the same', '12', '12', undefined],
    ['a longer one', '128', '128', ['12']],
  ])(
    'of the value of a setting shows the newer one, %s, and keeps the other beside it',
    (_, came, after, also) => {
      const before = { text: form({ value: '12' }), revision: 2 };
      expect(afterWrite('setting/maxRuns', before, { text: form({ value: came }), base: 1 }).text).toBe(
        form({ value: after }, also && also.map((value) => ({ value }))),
      );
    },
  );
  test('of a value from before they were forms takes the longer one, and of words that are no form both', () => {
    const value = { text: '12', revision: 2 };
    expect(afterWrite('setting/maxRuns', value, { text: '7', base: 1 }).text).toBe('12');
    expect(afterWrite('setting/maxRuns', value, { text: form({ value: '7' }), base: 1 }).text).toBe(
      form({ value: '7' }),
    );
    const pin = { text: 'Ask first', revision: 2 };
    expect(afterWrite('form/pin', pin, { text: 'Use tabs', base: 1 }).text).toBe('Ask first Use tabs');
  });
  test('of a form brings only as much from elsewhere as a draft may hold', () => {
    const before = { text: form({ title: 'a'.repeat(24_000) }), revision: 3 };
    const came = form({ title: 'b'.repeat(23_000) });
    expect(versionsOf(afterWrite('form/skill', before, { text: came, base: 1 }).text).also).toEqual([]);
  });
});

test('what is on its way and was not heard of counts as arrived when it is there', () => {
  const seen: SeenDraft = { text: 'a', revision: 1, sending: 'ab' };
  expect(heard(seen, { text: 'ab', revision: 2 })).toEqual({ text: 'ab', revision: 2, sending: null });
  expect(heard(seen, { text: 'ab c', revision: 3 })).toBe(seen);
  // The same words, but written by somebody after something else.
  expect(heard(seen, { text: 'ab', revision: 3 })).toBe(seen);
  // Sent to its task before anybody heard that the draft was kept: it does not come back into the field.
  expect(draftStep('', seen, { text: 'ab', revision: 2 })).toEqual({ do: 'send', base: 2 });
});

test.each([
  ['nothing anywhere', '', NEVER_SEEN, { text: '', revision: 0 }, { do: 'nothing' }],
  ['begun elsewhere', '', NEVER_SEEN, { text: 'a', revision: 1 }, { do: 'show', text: 'a' }],
  ['begun here', 'a', NEVER_SEEN, { text: '', revision: 0 }, { do: 'send', base: 0 }],
  [
    'sent elsewhere',
    'a',
    { text: 'a', revision: 1, sending: null },
    { text: '', revision: 2 },
    { do: 'show', text: '' },
  ],
  [
    'sent here',
    '',
    { text: 'a', revision: 1, sending: null },
    { text: 'a', revision: 1 },
    { do: 'send', base: 1 },
  ],
  [
    'written on both',
    'ab',
    { text: 'a', revision: 1, sending: null },
    { text: 'ac', revision: 2 },
    { do: 'send', base: 1 },
  ],
  [
    'the same on both',
    'ab',
    { text: 'a', revision: 1, sending: null },
    { text: 'ab', revision: 2 },
    { do: 'nothing' },
  ],
] as const)('%s', (_, local, seen, remote, step) => {
  expect(draftStep(local, seen, remote)).toEqual(step);
});

test.each([
  ['nothing more was typed', 'a', 'a', 'b a', 'b a'],
  ['more was typed', 'a', 'a c', 'b a', 'b a c'],
  ['other words stand there', 'a', 'x', 'b a', 'b a x'],
  ['it was sent meanwhile', 'a', '', 'a', ''],
])('when %s while the answer was on its way', (_, sent, now, answered, after) => {
  expect(afterAnswer('chat', sent, now, answered)).toBe(after);
});

test.each([
  ['words that are no form', 'Use tabs', { text: 'Use tabs', also: [] }],
  ['what only looks like one', '{ tabs', { text: '{ tabs', also: [] }],
  ['JSON that a person pasted', '{"also":["a"]}', { text: '{"also":["a"]}', also: [] }],
  ['a form alone', '{"title":"a"}', { text: '{"title":"a"}', also: [] }],
  [
    'a form and another one',
    '{"title":"a","writtenElsewhere":["{}"]}',
    { text: '{"title":"a"}', also: ['{}'] },
  ],
  ['what no version of ours wrote', '{"writtenElsewhere":[1,"{}"]}', { text: '{}', also: ['{}'] }],
])('the versions of %s', (_, text, versions) => {
  expect(versionsOf(text)).toEqual(versions);
  expect(versionsOf(withVersions(versions))).toEqual(versions);
});

test('what was written elsewhere is told by the words that are not here, at any depth', () => {
  const here = JSON.stringify({ name: 'fix-lint', given: { why: 'It is slow' }, isOpen: true });
  const there = JSON.stringify({
    name: 'fix',
    given: { why: 'It is red', where: 'src' },
    budget: 3,
    next: ' ',
  });
  expect(wordsElsewhere(there, here)).toEqual(['It is red', 'src']);
  expect(wordsElsewhere(here, here)).toEqual([]);
});

test('what is typed while the answer is on its way stays in sight, and words from elsewhere stand beside it', () => {
  const [sent, now] = ['{"title":"a"}', '{"title":"ab"}'];
  const answered = '{"title":"wxyz","writtenElsewhere":["{\\"title\\":\\"a\\"}"]}';
  expect(versionsOf(afterAnswer('form/skill', sent, now, answered))).toEqual({
    text: now,
    also: ['{"title":"wxyz"}'],
  });
});

/** A device writes words, some of which it sends on, in any order with another one. */
const words: Kind = { key: 'chat', write: (text, word) => `${text} ${word}` };
/** Into one field or the other, by the word. */
const forms: Kind = {
  key: 'form/skill',
  write(text, word) {
    const versions = versionsOf(text === '' ? '{"name":"","prompt":""}' : text);
    const form = JSON.parse(versions.text) as Record<string, string>;
    const field = Number.parseInt(word.slice(1)) % 3 === 0 ? 'name' : 'prompt';
    return withVersions({
      ...versions,
      text: JSON.stringify({ ...form, [field]: `${form[field]} ${word}` }),
    });
  },
};
interface Kind {
  readonly key: string;
  write(text: string, word: string): string;
}
test.each([
  ['of words', words],
  ['of a form', forms],
])(
  'two devices that write, sync and lose answers in any order keep every word that neither took away: %s',
  (_, kind) => {
    const act = fc.record({
      device: fc.constantFrom(0, 1),
      does: fc.constantFrom('write', 'sync', 'lose'),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let kept: KeptDraft = { text: '', revision: 0 };
        const devices: { text: string; seen: SeenDraft }[] = [
          { text: '', seen: NEVER_SEEN },
          { text: '', seen: NEVER_SEEN },
        ];
        const written: string[] = [];
        const sync = (n: number, isReceived: boolean): void => {
          const device = devices[n]!;
          const step = draftStep(device.text, device.seen, kept);
          if (step.do === 'show') device.text = step.text;
          if (step.do !== 'send') {
            device.seen = { ...kept, sending: null };
            return;
          }
          const sent = device.text;
          device.seen = { ...heard(device.seen, kept), sending: sent };
          kept = afterWrite(kind.key, kept, { text: sent, base: step.base });
          if (!isReceived) return;
          device.text = afterAnswer(kind.key, sent, device.text, kept.text);
          device.seen = { ...kept, sending: null };
        };
        for (const { device, does } of acts) {
          if (does === 'write') {
            written.push(`w${written.length}.`);
            devices[device]!.text = kind.write(devices[device]!.text, written.at(-1)!);
          } else sync(device, does === 'sync');
        }
        for (const n of [0, 1, 0, 1]) sync(n, true);
        for (const word of written) {
          expect(devices[0]!.text).toContain(word);
          expect(devices[1]!.text).toContain(word);
        }
        expect(devices[0]!.text).toBe(devices[1]!.text);
      }),
    );
  },
);

test('of two texts none loses a word', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const both = joined(one, other);
      expect([both.includes(one.trimEnd()), both.includes(other.trimStart())]).toEqual([true, true]);
    }),
  );
});
