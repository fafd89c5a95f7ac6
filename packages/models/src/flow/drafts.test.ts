import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterAnswer,
  afterWrite,
  DRAFT_KEY,
  draftStep,
  heard,
  joined,
  NEVER_SEEN,
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
  test('of a whole form takes the longer one', () => {
    const form = { text: '{"title":"abc"}', revision: 3 };
    expect(afterWrite('proposal/p', form, { text: '{"title":"a"}', base: 1 })).toEqual(form);
    expect(afterWrite('setting/maxRuns', { text: '12', revision: 2 }, { text: '7', base: 1 }).text).toBe(
      '12',
    );
    expect(afterWrite('proposal/p', form, { text: '{"title":"abcdef"}', base: 1 }).text).toBe(
      '{"title":"abcdef"}',
    );
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

/** A device writes words, some of which it sends on, in any order with another one. */
test('two devices that write, sync and lose answers in any order keep every word that neither took away', () => {
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
      const words: string[] = [];
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
        kept = afterWrite('chat', kept, { text: sent, base: step.base });
        if (!isReceived) return;
        device.text = afterAnswer('chat', sent, device.text, kept.text);
        device.seen = { ...kept, sending: null };
      };
      for (const { device, does } of acts) {
        if (does === 'write') {
          words.push(`w${words.length}.`);
          devices[device]!.text += ` ${words.at(-1)!}`;
        } else sync(device, does === 'sync');
      }
      for (const n of [0, 1, 0, 1]) sync(n, true);
      for (const word of words) {
        expect(devices[0]!.text).toContain(word);
        expect(devices[1]!.text).toContain(word);
      }
      expect(devices[0]!.text).toBe(devices[1]!.text);
    }),
  );
});

test('of two texts none loses a word', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const both = joined(one, other);
      expect([both.includes(one.trimEnd()), both.includes(other.trimStart())]).toEqual([true, true]);
    }),
  );
});
