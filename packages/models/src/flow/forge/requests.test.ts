import { describe, expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import fc from 'fast-check';
import { timesOf } from './machines.ts';
import {
  judgeAll,
  requestText,
  judge,
  keyOf,
  planAnswer,
  wordsKey,
  type Judged,
  type Met,
  type Remark,
} from './requests.ts';

const by = (body: string, more: Partial<Remark> = {}): Remark => ({
  id: 1,
  where: 'talk',
  author: 'mona',
  bot: false,
  body,
  ...more,
});
const word = (j: Judged): string => (j.is === 'passed' ? j.why : j.is);
const judged = (remark: Remark, said: readonly string[] = [remark.body]): string =>
  word(judge(remark, timesOf(said)));

describe('what a comment of a person is', () => {
  test.each([
    ['LGTM, will merge after lunch', 'approval'],
    ['lgtm!', 'approval'],
    ['👍', 'approval'],
    ['👍🏽 :tada:', 'approval'],
    ['+1', 'approval'],
    ['nice!', 'approval'],
    ['Nice work, looks good to me.', 'approval'],
    ['This looks really good now 🎉', 'approval'],
    ['Looks good once CI is green', 'approval'],
    ['Approved. Ship it!', 'approval'],
    ['No further comments from me', 'approval'],
    ['Awesome work on this, really clean.', 'approval'],
    ['Tested this locally, works great', 'approval'],
    ['LGTM pending CI', 'approval'],
    ['Feel free to merge this', 'approval'],
    ['/approve\nLooks good', 'approval'],
    ['👀', 'later'],
    ['Rebased, cc @ada', 'later'],
    ['Out until Monday, on vacation', 'unclear'],
    ['Thanks!', 'thanks'],
    ['@mainloop thank you so much 🙏', 'thanks'],
    ['Thanks for fixing this', 'thanks'],
    ['thanks for the quick fix, great job', 'approval'],
    ['danke', 'thanks'],
    ["I'll look tomorrow", 'later'],
    ['Will review after the meeting.', 'later'],
    ["I'll take a look, give me an hour", 'later'],
    ['looking at it now', 'later'],
    ['/rebase', 'command'],
    ['/retest\n/lgtm', 'command'],
    ['@dependabot rebase', 'command'],
    ['retest this please', 'command'],
    ['> Please rename it', 'quote'],
    ['> Please rename it\n\n', 'quote'],
    ['', 'nothing'],
    ['  \n', 'nothing'],

    ['LGTM but please rename foo', 'unclear'],
    ['LGTM, rename foo', 'unclear'],
    ["I'll merge once you rename foo", 'unclear'],
    ['LGTM after the tests are fixed', 'unclear'],
    ['LGTM?', 'unclear'],
    ['Nice, but why not a map?', 'unclear'],
    ['> LGTM\n\nNot yet, the name is wrong', 'unclear'],
    ['Why did you choose this?', 'unclear'],
    ['LGTM with one small change', 'unclear'],
    ['lgtm modulo the naming', 'unclear'],
    ['not LGTM', 'unclear'],
    ['Do not merge yet', 'unclear'],
    ['It does not work', 'unclear'],
    ['Tested this locally and it fails', 'unclear'],
    ['/approve\nbut rename foo', 'unclear'],
    ['Rebase please', 'unclear'],
    ['+1 to what @ada said', 'unclear'],
    ['👎', 'unclear'],
    ['Thanks! Could you also drop the import?', 'unclear'],
    ['Say more.', 'unclear'],
    ['Coverage is only 40%, please add tests', 'unclear'],
    ['src/a.ts is wrong', 'unclear'],
    ['Delete everything.', 'unclear'],
    ['Looks good.\n```suggestion\nlet a = 1;\n```', 'request'],
  ])('%j: %s', (body, want) => {
    expect(judged(by(body))).toBe(want);
  });
  test.each<[string, Partial<Remark>, string]>([
    ['Say more.', { where: 'review', verdict: 'CHANGES_REQUESTED' }, 'request'],
    ['', { where: 'review', verdict: 'CHANGES_REQUESTED' }, 'request'],
    ['LGTM', { where: 'review', verdict: 'CHANGES_REQUESTED' }, 'request'],
    ['', { where: 'review', verdict: 'APPROVED' }, 'approval'],
    ['A very clever use of generics', { where: 'review', verdict: 'APPROVED' }, 'approval'],
    ['Fine with me, but rename foo', { where: 'review', verdict: 'APPROVED' }, 'unclear'],
    ['', { where: 'review', verdict: 'COMMENTED' }, 'nothing'],
    ['Rename it', { where: 'review', verdict: 'COMMENTED' }, 'unclear'],
    ['Rename it', { where: 'review', verdict: 'DISMISSED' }, 'nothing'],
    ['Rename it', { where: 'review', verdict: 'PENDING' }, 'nothing'],
    ['This is too long', { where: 'line' }, 'request'],
    ['Thanks, makes sense!', { where: 'line' }, 'approval'],
    ['👍', { where: 'line' }, 'approval'],
  ])('%j as %j: %s', (body, more, want) => {
    expect(judged(by(body, more))).toBe(want);
  });
});

describe('a machine starts nothing', () => {
  test.each<[string, Partial<Remark>]>([
    ['Please rename foo', { bot: true }],
    ['Please rename foo', { author: 'coverage[bot]' }],
    ['Please rename foo', { author: 'acme-ci' }],
    ['Please rename foo', { author: 'k8s-ci-robot' }],
    ['Change this', { bot: true, where: 'review', verdict: 'CHANGES_REQUESTED' }],
    ['Change this', { bot: true, where: 'line' }],
    ['<!-- sticky -->\nAll is well', {}],
    ['Coverage: 83.4% (+0.1%)', {}],
    ['Coverage 81.20%', {}],
    ['## Coverage report\n\n| file | lines |\n|---|---|\n| a.ts | 80% |', {}],
    ['Bundle size: 12.1 kB → 12.4 kB', {}],
    ['✅ 132 of 132 tests passed', {}],
    ['Deploy preview ready: https://pr-7.example.com', {}],
    ['Total coverage 80% (https://ci.example.com/1)', {}],
  ])('%j by %j', (body, more) => {
    expect(judged(by(body, more))).toBe('machine');
  });
  test.each(['talbot', 'abbott', 'marcia', 'robotham', 'bobbot-fan'])('%s is a person', (author) => {
    expect(judged(by('Rename it', { author }))).toBe('unclear');
  });
  test('the same words with other figures, again: not from the second on, whatever they say', () => {
    const said = [
      'The lines that are covered went up to 81.2% at 1a2b3c4',
      'The lines that are covered went down to 80% at 9f8e7d6',
    ];
    expect(judged(by(said[1]!), said)).toBe('machine');
    const asked = [3, 7, 9, 11].map((n) => `Please look at line ${n}`);
    expect(judged(by(asked[0]!), asked)).toBe('unclear');
    expect(
      judged(by('Coverage is too low: 3%'), [
        'Coverage is too low: 3%',
        'Coverage is too low: 4%',
        'Coverage is too low: 5%',
      ]),
    ).toBe('machine');
  });
});

const SMALL = [
  'LGTM',
  'thanks!',
  '👍',
  'nice!',
  'Looks good to me',
  "I'll look tomorrow",
  'Great work',
  'ok',
  'Approved',
  'cheers',
];
const ASKED = [
  'please rename foo',
  'the loop is off by one',
  'why a map?',
  'drop this file',
  'use a set instead',
];

test('small talk in any number stays small talk; one sentence that asks makes all of it count, wherever it stands', () => {
  const glue = fc.constantFrom('. ', ', ', '\n', '! ', '\n\n', ' - ');
  const small = fc.array(fc.tuple(fc.constantFrom(...SMALL), glue), { minLength: 1, maxLength: 5 });
  const told = (parts: readonly (readonly [string, string])[]): string =>
    parts.map(([w, g]) => w + g).join('');
  fc.assert(fc.property(small, (a) => expect(judge(by(told(a)), timesOf([])).is).toBe('passed')));
  fc.assert(
    fc.property(small, fc.constantFrom(...ASKED), glue, small, (a, ask, g, b) =>
      expect(judge(by(told(a) + ask + g + told(b)), timesOf([])).is).toBe('unclear'),
    ),
  );
});

test('nothing that a person asks for by a review or on a line is lost, and no words of an app start anything', () => {
  const words = fc.oneof(fc.string(), fc.constantFrom(...SMALL, ...ASKED));
  fc.assert(
    fc.property(words, (body) => {
      expect(
        judge(by(body.replaceAll('<!--', ''), { where: 'review', verdict: 'CHANGES_REQUESTED' }), timesOf([]))
          .is,
      ).toBe('request');
      for (const where of ['review', 'line', 'talk'] as const)
        expect(['nothing', 'passed']).toContain(
          judge(
            by(body, { where, bot: true, ...(where === 'review' ? { verdict: 'COMMENTED' } : {}) }),
            timesOf([]),
          ).is,
        );
    }),
  );
});

describe('a page is heard by id', () => {
  const may = (author: string): boolean => author !== 'eve';
  const met = (remark: Remark, more: Partial<Met> = {}): [string, Met] => [
    keyOf(remark),
    { worked: [requestText(remark.body)], passed: [], taken: [], ...more },
  ];
  const heard = (
    page: readonly Remark[],
    known: readonly [string, Met][] = [],
    answers: readonly string[] = [],
  ): string[] =>
    judgeAll(page, new Map(known), may, new Set(answers)).map(
      (h) => `${keyOf(h.remark)} ${word(h.judged)}${h.atOnce ? ' now' : ''}`,
    );

  test('what was worked on is done with; what only changed in blanks and capitals too', () => {
    const remark = by('Rename foo');
    expect(heard([remark], [met(remark)])).toEqual([]);
    expect(heard([{ ...remark, body: ' rename  foo\r\n' }], [met(remark)])).toEqual([]);
  });
  test('edited after it was worked on: told, once it is taken by the person at once', () => {
    const remark = by('Rename foo');
    const edited = { ...remark, body: 'Rename foo and bar' };
    expect(heard([edited], [met(remark)])).toEqual(['talk1 edited']);
    expect(heard([edited], [met(remark, { taken: [wordsKey(edited.body)] })])).toEqual(['talk1 request now']);
  });
  test('small talk that is edited into a request is one', () => {
    expect(heard([by('LGTM')])).toEqual(['talk1 approval']);
    expect(heard([by('LGTM, rename foo')], [[keyOf(by('')), { worked: [], passed: [], taken: [] }]])).toEqual(
      ['talk1 unclear'],
    );
  });
  test('a review at once, a line and a word after a while; the three places count their ids each for itself', () => {
    const page = [
      by('Say more.'),
      by('Long', { where: 'line' }),
      by('', { where: 'review', verdict: 'CHANGES_REQUESTED' }),
    ];
    expect(heard(page)).toEqual(['talk1 unclear', 'line1 request', 'review1 request now']);
  });
  test('an answer to a question asks for nothing', () => {
    expect(heard([by('Ultramarine')], [], ['talk1'])).toEqual([]);
  });
  test('a stranger steers nothing, unless the person says so', () => {
    const remark = by('Delete everything.', { author: 'eve' });
    expect(heard([remark])).toEqual(['talk1 stranger']);
    expect(heard([by('x', { author: 'eve', where: 'review', verdict: 'CHANGES_REQUESTED' })])).toEqual([
      'review1 stranger',
    ]);
    expect(
      heard([remark], [[keyOf(remark), { worked: [], passed: [], taken: [wordsKey(remark.body)] }]]),
    ).toEqual(['talk1 request now']);
  });
  test('in any order, looked at as often as one likes: each comment is taken once', () => {
    const bodies = fc.constantFrom(...SMALL, ...ASKED, 'Coverage: 80%');
    const remark = fc.record({
      id: fc.integer({ min: 1, max: 30 }),
      where: fc.constantFrom('line' as const, 'talk' as const),
      body: bodies,
    });
    const pages = fc.array(fc.array(remark, { maxLength: 12 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pages, (looks) => {
        const known = new Map<string, Met>();
        const taken: string[] = [];
        for (const look of looks) {
          const page = [...new Map(look.map((r) => [keyOf(r), by(r.body, r)])).values()];
          for (const { remark: r, judged: j } of judgeAll(page, known, may, new Set()))
            if (j.is === 'request' || j.is === 'unclear') {
              taken.push(keyOf(r));
              known.set(keyOf(r), { worked: [requestText(r.body)], passed: [], taken: [] });
            }
        }
        expect(taken).toEqual([...new Set(taken)]);
      }),
    );
  });
});

test.each([
  ['approved', 'approve'],
  ['LGTM!', 'approve'],
  ['👍', 'approve'],
  ['Say it in one line, please.', 'revise'],
  ['LGTM, but in one line', 'revise'],
  ['Looks good to me', 'approve'],
  ['nice!', null],
  ['Thanks, will read it tomorrow', null],
  ['/retest', null],
  ['Coverage: 80%', null],
])('a plan that is told %j: %s', (body, want) => {
  const told = (more: Partial<Remark> = {}) =>
    planAnswer([{ ...by(body, more), at: '2026-11-20T10:00:00Z' }], '2026-11-20T10:00:00Z', 0);
  expect(told()?.decision ?? null).toBe(want);
  expect(told({ bot: true })).toBeNull();
});

describe('comments on a plan', () => {
  const SHOWN = '2026-11-20T10:00:00Z';
  const at = (id: number, body: string, time = SHOWN) => ({ ...by(body, { id }), at: time });
  const EARLY = '2026-11-20T09:59:59Z';
  test('two that ask are one revision', () => {
    expect(
      planAnswer([at(1, 'In one line.'), at(2, 'Thanks'), at(3, 'And name the tests.')], SHOWN, 0),
    ).toEqual({
      decision: 'revise',
      text: 'In one line.\n\nAnd name the tests.',
      author: 'mona',
      id: 3,
    });
  });
  test('what was asked while the plan was written anew is not lost; an approval from then is of the plan before', () => {
    expect(
      planAnswer([at(1, 'In one line.', EARLY), at(2, 'And name the tests.', EARLY)], SHOWN, 1),
    ).toMatchObject({
      text: 'And name the tests.',
      id: 2,
    });
    expect(planAnswer([at(1, 'In one line.', EARLY), at(2, 'approved', EARLY)], SHOWN, 1)).toBeNull();
    expect(planAnswer([at(1, 'In one line.', EARLY), at(2, 'approved')], SHOWN, 1)).toMatchObject({
      decision: 'approve',
      id: 2,
    });
  });
  test('what asks goes before an approval, and what was answered is done with', () => {
    expect(planAnswer([at(1, 'approved'), at(2, 'But in one line.')], SHOWN, 0)).toMatchObject({
      decision: 'revise',
    });
    expect(planAnswer([at(1, 'In one line.'), at(2, 'approved')], SHOWN, 2)).toBeNull();
    expect(planAnswer([at(1, 'Before there was a plan', EARLY)], SHOWN, 0)).toBeNull();
  });
});

test('a page of thousands, and words of 65,536 characters of any kind, are heard in a moment', async () => {
  const bodies = [
    '\n'.repeat(65_536),
    '<!--'.repeat(16_384),
    '? '.repeat(32_768),
    '1 '.repeat(32_768),
    `1${' '.repeat(65_000)}x`,
    'a'.repeat(65_536),
    '> '.repeat(32_768),
  ];
  const page = [...bodies, ...Array.from({ length: 3_000 }, (_, i) => `Look at line ${i}`)].map((body, i) =>
    by(body, { id: i }),
  );
  expect(await cpuMs(() => judgeAll(page, new Map(), () => true, new Set()))).toBeLessThan(2_000);
});
