import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reveal } from '@mainloop/models/flow/text';
import { natureWords, fingerprint, pairLines, parseDiff } from './diff.ts';
import { greetingOf } from './greeting.ts';
import { readLines } from './output.ts';
import { stepOf, storyOf } from './story.ts';
import { dayIn, dayOf, laterTimes } from './days.ts';
import { aged, ago, backAt, centsIn, learnServerTime, took } from './words.ts';

test('output: whatever a line holds, the page shows it or leaves it out', () => {
  const block = fc.record(
    {
      type: fc.constantFrom('text', 'tool_use', 'tool_result'),
      text: fc.jsonValue(),
      name: fc.jsonValue(),
      input: fc.jsonValue(),
      content: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const said = fc.record(
    {
      type: fc.constantFrom('assistant', 'mainloop'),
      subtype: fc.jsonValue(),
      message: fc.record({ content: fc.array(fc.oneof(block, fc.jsonValue())) }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(said, fc.jsonValue()), (line) => {
      for (const l of readLines(JSON.stringify(line)))
        expect([typeof l.text, typeof l.more]).toEqual(['string', 'string']);
    }),
  );
  expect(readLines('null')).toEqual([]);
});

test('output: tool calls are one line each, control characters are gone', () => {
  const line = (content: object[]): string => JSON.stringify({ type: 'assistant', message: { content } });
  const out = readLines(
    [
      line([
        {
          type: 'tool_use',
          name: 'Edit',
          input: { file_path: '/work/repo/a.ts', old_string: 'a', new_string: 'b\nc' },
        },
      ]),
      line([{ type: 'text', text: '\u001b[31mred\u0007' }]),
      'not json \u001b[2J',
      '{"type":"mainloop","subtype":"started","at":{}}',
      '{"type":"mainloop","dropped":5}',
      '{"type":"mainloop","subtype":"note","text":"Submodules are empty\\u0007"}',
    ].join('\n'),
  );
  expect(out.map((l) => l.text)).toEqual([
    'Edited a.ts +2 -1',
    'red[U+0007]',
    'not json [U+001B][2J',
    '5 bytes of one line were left out',
    'Submodules are empty[U+0007]',
  ]);
});

test('times are told by the server, when the clock here is far off', () => {
  const here = Date.parse('2026-03-01T12:00:00Z');
  try {
    expect(learnServerTime('Sun, 01 Mar 2026 12:00:40 GMT', here)).toBe(false);
    expect(learnServerTime(null, here)).toBe(false);
    const server = Date.now() + 26 * 3_600_000;
    expect(learnServerTime(new Date(server).toUTCString())).toBe(true);
    expect(ago(new Date(server - 5 * 60_000))).toBe('5 min');
    expect(aged(new Date(server - 5 * 60_000))).toBe('5 min ago');
    expect(aged(new Date(server))).toBe('just now');
  } finally {
    learnServerTime(null);
  }
});

test('diff: names, counts and line numbers, as git writes them for renames, binaries and odd endings', () => {
  const files = parseDiff(
    [
      'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@ f()\n same\n-old\n+new\n+--- not a header\n\\ No newline at end of file\n',
      'diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n',
      'diff --git a/old.txt "b/n\\303\\251w.txt"\nsimilarity index 50%\nrename from old.txt\nrename to "n\\303\\251w.txt"\n--- a/old.txt\n+++ "b/n\\303\\251w.txt"\n@@ -7 +7 @@\n-y\n+z\n',
      'diff --git a/sp ace.txt b/sp ace.txt\n--- a/sp ace.txt\t\n+++ b/sp ace.txt\t\n@@ -1 +1 @@\n-a\n+a\r\n',
      'diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n',
      'diff --git a/.github/workflows/ci.yml b/.github/workflows/ci.yml\nnew file mode 100644\n--- /dev/null\n+++ b/.github/workflows/ci.yml\n@@ -0,0 +1 @@\n+on: push\n',
    ].join(''),
  );
  expect(files.map((f) => [f.path, f.change, f.additions, f.deletions])).toEqual([
    ['x', 'changed', 2, 1],
    ['i.png', 'changed', 0, 0],
    ['néw.txt', 'renamed', 1, 1],
    ['sp ace.txt', 'changed', 1, 1],
    ['gone', 'deleted', 0, 1],
    ['.github/workflows/ci.yml', 'added', 1, 0],
  ]);
  expect(files[0]!.lines.at(-1)).toEqual({
    kind: 'add',
    text: '--- not a header',
    old: null,
    new: 3,
    noNewline: true,
  });
  expect(files[1]!.binary).toBe(true);
  expect([files[2]!.from, files[2]!.lines[1]!.old]).toEqual(['old.txt', 7]);
  expect(files[3]!.lines.at(-1)!.text).toBe('a\r');
  expect(files[5]!.ci).toBe(true);
});

test('diff: side by side, what went stands beside what came', () => {
  const [file] = parseDiff('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n+C\n d\n');
  expect(pairLines(file!.lines).map((r) => [r.left?.text ?? null, r.right?.text ?? null])).toEqual([
    ['', ''],
    ['a', 'a'],
    ['b', 'B'],
    [null, 'C'],
    ['d', 'd'],
  ]);
});

test('diff: characters that reorder a line are shown, and a carriage return too', () => {
  expect(reveal('if (a)\u202e{\r')).toBe('if (a)[U+202E]{[CR]');
});

test('diff: a mark "viewed" is gone when the file changes again', () => {
  const of = (line: string): string =>
    fingerprint(parseDiff(`diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n+${line}\n`)[0]!);
  expect(of('a')).toBe(of('a'));
  expect(of('a')).not.toBe(of('b'));
});

test('story: an event of a newer server is left out', () => {
  const at = new Date().toISOString();
  const base = { ownerId: 'o', taskId: 't', actor: 'x', at };
  const steps = storyOf([
    { ...base, seq: 1, type: 'pr.ready', payload: { number: 7 } },
    { ...base, seq: 2, type: 'something.new', payload: {} } as never,
  ]);
  expect(steps.map((s) => s.text)).toEqual(['Pull request #7 is ready for review.']);
});

test('greeting: three sentences at most, only of what still matters, and none after a short walk', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const ev = (type: string, id: string) => ({ type, taskId: id, title: `Task ${id}` });
  const events = [
    ev('inbox.plan', 'a'),
    ev('pr.merged', 'b'),
    ev('inbox.question', 'c'),
    ev('inbox.failure', 'd'),
    ev('inbox.failure', 'e'),
    ev('pr.merged', 'x]'),
  ];
  const since = new Date(now - 3 * 3_600_000);
  expect(greetingOf({ since, events }, new Set(['a']), new Set(['d']), 3, [], now)).toBe(
    'While you were away (3 h): [Task b](/task/b) and [Task x](/task/x%5D) were merged. [Task a](/task/a) waits for you. [Task d](/task/d) did not get through. 3 things need you.',
  );
  const many = Array.from({ length: 5 }, (_, i) => ev('pr.merged', String(i)));
  expect(greetingOf({ since, events: many }, new Set(), new Set(), 0, [], now)).toContain(
    '[Task 2](/task/2) and 2 more were merged.',
  );
  expect(
    greetingOf({ since: new Date(now - 60_000), events }, new Set(['a']), new Set(), 0, [], now),
  ).toBeNull();
  expect(greetingOf({ since, events: [] }, new Set(['a']), new Set(), 0, [], now)).toBeNull();
  const held = ['Everything is paused. 2 tasks wait to go on.'];
  expect(greetingOf({ since, events: many }, new Set(), new Set(), 0, held, now)).toMatch(
    /and 2 more were merged\. Everything is paused\. 2 tasks wait to go on\.$/,
  );
  expect(greetingOf({ since, events: [] }, new Set(), new Set(), 0, held, now)).toBe(
    'While you were away (3 h): Everything is paused. 2 tasks wait to go on.',
  );
  expect(greetingOf(null, new Set(), new Set(), 0, [], now)).toBeNull();
});

test('what was put off says when it comes back', () => {
  const now = new Date(2026, 10, 25, 22, 0).getTime();
  expect(
    [new Date(2026, 10, 25, 23, 30), new Date(2026, 10, 26, 1, 0), new Date(2026, 10, 28, 9, 5)].map((at) =>
      backAt(at, now),
    ),
  ).toEqual(['Back today at 23:30', 'Back tomorrow at 01:00', 'Back on Saturday at 09:05']);
});

test('the story tells a pause and a cancellation as what they are, and names what a gate let through', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'x', at: '' }) as never;
  const told = storyOf([
    e('inbox.opened', {
      id: 'i',
      kind: 'failure',
      title: 'Paused by you. Resume continues from here.',
      body: '',
      errorCode: 'paused',
      options: [],
    }),
    e('inbox.opened', {
      id: 'i',
      kind: 'failure',
      title: 'CI is still red after 3 repairs.',
      body: '',
      options: [],
    }),
    e('inbox.answered', {
      id: 'i',
      decision: 'allow',
      text: 'a.test.ts: deleted\nb.test.ts: deleted',
      via: 'app',
      by: 'you',
    }),
    e('task.ended', { state: 'cancelled', how: 'cancelled', left: '' }),
    e('task.ended', {
      state: 'cancelled',
      how: 'cancelled',
      left: 'Its sandbox could not be removed yet: busy.',
    }),
    e('task.ended', { state: 'cancelled', how: 'closed', left: '' }),
  ]);
  expect(told.map((s) => [s.text, s.tone])).toEqual([
    ['You paused it.', 'you'],
    ['CI is still red after 3 repairs.', 'bad'],
    ['You allowed: a.test.ts: deleted; b.test.ts: deleted', 'you'],
    ['You cancelled it.', 'you'],
    ['You cancelled it. Its sandbox could not be removed yet: busy.', 'bad'],
    ['The pull request was closed without a merge.', 'plain'],
  ]);
});

test.each([
  // A Wednesday morning, a Wednesday night, a Sunday, and the last day of a year that ends on a Friday.
  ['2026-03-04T10:00', ['Tonight 4 20', 'Tomorrow 5 8', 'Monday 9 8']],
  ['2026-03-04T19:30', ['Tomorrow 5 8', 'Monday 9 8']],
  ['2026-03-08T10:00', ['Tonight 8 20', 'Tomorrow 9 8']],
  ['2027-12-31T23:59', ['Tomorrow 1 8', 'Monday 3 8']],
])('at %s later may be %j', (now, want) => {
  const times = laterTimes(new Date(now));
  expect(times.map((t) => `${t.label} ${t.at.getDate()} ${t.at.getHours()}`)).toEqual(want);
  for (const time of times) expect(time.at.getTime()).toBeGreaterThan(new Date(now).getTime());
});

test('dollars are typed, cents are kept', () => {
  expect([centsIn('7'), centsIn(' 0.5 '), centsIn(''), centsIn('19.99')]).toEqual([700, 50, null, 1999]);
});

test.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '1 h'],
  [7_500_000, '2 h 5 min'],
])('%i ms took %s', (ms, words) => expect(took(ms)).toBe(words));

test.each([
  ['planning', 'plan', 'Step 1 of 4, plan'],
  ['queued', 'plan', 'Step 1 of 4, plan'],
  ['ci', 'implement', 'Step 3 of 4, checks'],
  ['blocked', 'review', 'Step 4 of 4, review'],
  ['blocked', 'constructor', null],
])('a task that is %s in %s stands at %s', (state, phase, words) => {
  expect(stepOf({ state, phase, endedAt: null })).toBe(words);
  expect(stepOf({ state, phase, endedAt: new Date() })).toBeNull();
});

test('the story tells which comment was not taken as a request and why, and offers to take it until somebody has', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'x', at: '' }) as never;
  const passed = (id: string, why: string, text: string) =>
    e('review.passed_over', { id, author: 'mona', why, text, words: 'w' });
  const told = storyOf([
    passed('t-talk1', 'thanks', 'Thanks!'),
    passed('t-review2', 'approval', ''),
    passed('t-talk3', 'later', "I'll look tomorrow"),
    e('review.taken', { id: 't-talk3', words: 'w' }),
  ]);
  expect(told.map((s) => [s.text, s.take])).toEqual([
    ['mona: “Thanks!” Not taken as a request: thanks.', 't-talk1'],
    ['mona, without words. Not taken as a request: an approval.', 't-review2'],
    ["mona: “I'll look tomorrow” Not taken as a request: somebody says what they will do.", undefined],
    ['You took it as a request.', undefined],
  ]);
});

test.each([
  ['a plain change', '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', ''],
  ['a program now', 'old mode 100644\nnew mode 100755\n', 'was a plain file, is a program'],
  [
    'a new program',
    'new file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n',
    'a new file, a program',
  ],
  ['a new plain file', 'new file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n', ''],
  [
    'a new link',
    'new file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+../y\n\\ No newline at end of file\n',
    'a new file, a symbolic link, to ../y',
  ],
  [
    'a link that is gone',
    'deleted file mode 120000\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n',
    'was a symbolic link',
  ],
  [
    'another repository',
    'new file mode 160000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+Subproject commit a\n',
    'a new file, a commit of another repository',
  ],
  ['only another name', 'similarity index 100%\nrename from y\nrename to x\n', 'was y, moved as it was'],
  [
    'another name and mode',
    'old mode 100755\nnew mode 100644\nsimilarity index 100%\nrename from y\nrename to x\n',
    'was y, was a program, is a plain file, moved as it was',
  ],
])('what git did besides the lines: %s', (_, head, words) => {
  expect(natureWords(parseDiff(`diff --git a/x b/x\n${head}`)[0]!)).toBe(words);
});

describe('days', () => {
  const now = new Date(2026, 10, 26, 9, 0).getTime();
  test.each([
    ['2026-11-03', new Date(2026, 10, 3)],
    ['3 Nov', new Date(2026, 10, 3)],
    ['nov 3', new Date(2026, 10, 3)],
    ['3. November, 2024', new Date(2024, 10, 3)],
    ['24 dec', new Date(2025, 11, 24)],
    [' Yesterday ', new Date(2026, 10, 25)],
    ['today', new Date(2026, 10, 26)],
    ['2026-02-30', null],
    ['31 jun', null],
    ['3 mercury', null],
    ['42', null],
    ['round half to even', null],
    ['', null],
  ])('typed as %j', (typed, day) => {
    expect(dayIn(typed, now)).toEqual(day);
  });
  test('are said by their distance, then by their name', () => {
    const said = [
      new Date(2026, 10, 26, 0, 1),
      new Date(2026, 10, 25, 23),
      new Date(2026, 10, 3),
      new Date(2025, 10, 3),
    ].map((d) => dayOf(d, now));
    expect(said).toEqual(['Today', 'Yesterday', 'Tuesday 3 November', 'Monday 3 November 2025']);
  });
});
