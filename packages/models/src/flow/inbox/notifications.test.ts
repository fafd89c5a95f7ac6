import { expect, test } from '@jest/globals';
import { backoffMs, isQuiet, isTimeZone, notificationOf, type NotificationItem } from './notifications.ts';

const ITEM: NotificationItem = {
  id: 'a b/c',
  kind: 'question',
  title: 'Up or down?',
  body: '',
  options: [{ label: 'Up' }, { label: 'Down' }],
  titleIsWhole: true,
  errorCode: null,
  task: { title: 'Split fairly', repo: 'demo/tally' },
};
const OPEN = { action: 'open', title: 'Look' };

test.each<[NotificationItem['kind'], string, string, object[]]>([
  [
    'question',
    'Up or down?',
    'demo/tally · Split fairly',
    [
      { action: 'answer-0', title: 'Up', decision: 'answer', text: 'Up' },
      { action: 'answer-1', title: 'Down', decision: 'answer', text: 'Down' },
    ],
  ],
  [
    'plan',
    'Plan: Split fairly',
    'demo/tally · Up or down?',
    [{ action: 'approve', title: 'Approve', decision: 'approve' }, OPEN],
  ],
  [
    'permission',
    'May I? Up or down?',
    'demo/tally · Split fairly',
    [
      { action: 'allow', title: 'Allow once', decision: 'allow' },
      { action: 'deny', title: 'Refuse', decision: 'deny' },
    ],
  ],
  ['review', 'Ready for review: Split fairly', 'demo/tally · Up or down?', [OPEN]],
  ['ci_files', 'CI files: Split fairly', 'demo/tally · Up or down?', [OPEN]],
  [
    'failure',
    'Up or down?',
    'demo/tally · Split fairly',
    [{ action: 'retry', title: 'Retry', decision: 'retry' }, OPEN],
  ],
])('what a device shows of: %s', (kind, title, body, actions) => {
  expect(notificationOf({ ...ITEM, kind }, 3)).toEqual({
    type: 'show',
    itemId: 'a b/c',
    title,
    body,
    url: '/inbox?item=a%20b%2Fc',
    actions,
    waiting: 3,
  });
});

test.each([
  [
    'one of two',
    [{ label: 'Up' }, { label: 'Down', recommended: true }],
    'demo/tally · Split fairly · Recommended: Down',
    ['answer-0', 'answer-1'],
  ],
  [
    'one of three',
    [{ label: 'Up' }, { label: 'Down', recommended: true }, { label: 'Both' }],
    'demo/tally · Split fairly · Recommended: Down',
    ['open'],
  ],
  [
    'several',
    [
      { label: 'Up', recommended: true },
      { label: 'Down', recommended: true },
    ],
    'demo/tally · Split fairly · Recommended: Up, Down',
    ['answer-0', 'answer-1'],
  ],
  ['none, said to be none', [{ label: 'Up', recommended: false }], 'demo/tally · Split fairly', ['answer-0']],
])('a notification says what is recommended, and chooses nothing: %s', (_, options, body, actions) => {
  const notification = notificationOf({ ...ITEM, options }, 1);
  if (notification.type !== 'show') throw new Error('it is shown');
  expect({ body: notification.body, actions: notification.actions.map((a) => a.action) }).toEqual({
    body,
    actions,
  });
});

test('a notification cuts what is long, and has no buttons for a question without options', () => {
  const notification = notificationOf(
    {
      ...ITEM,
      title: 'x'.repeat(121),
      task: { title: 'y'.repeat(240), repo: 'demo/tally' },
      options: [{ label: 'z'.repeat(41) }, { label: 'z'.repeat(40) }],
    },
    0,
  );
  if (notification.type !== 'show') throw new Error('it is shown');
  expect([notification.title, notification.body.length, notification.body.endsWith('y…')]).toEqual([
    `${'x'.repeat(119)}…`,
    240,
    true,
  ]);
  expect(notification.actions.map((a) => [a.title, a.text])).toEqual([
    [`${'z'.repeat(39)}…`, 'z'.repeat(41)],
    ['z'.repeat(40), 'z'.repeat(40)],
  ]);
  expect(notificationOf({ ...ITEM, options: [] }, 0)).toMatchObject({ actions: [OPEN] });
  expect(
    notificationOf({ ...ITEM, options: [{ label: 'a' }, { label: 'b' }, { label: 'c' }] }, 0),
  ).toMatchObject({
    actions: [OPEN],
  });
});

test('a permission is decided by a notification that shows all of it, to the character', () => {
  const fits = 'x'.repeat(120 - 'May I? '.length);
  expect(notificationOf({ ...ITEM, kind: 'permission', title: fits }, 0)).toMatchObject({
    title: `May I? ${fits}`,
    actions: [{ action: 'allow' }, { action: 'deny' }],
  });
  expect(notificationOf({ ...ITEM, kind: 'permission', title: `${fits}x` }, 0)).toMatchObject({
    actions: [OPEN],
  });
  expect(
    notificationOf({ ...ITEM, kind: 'permission', title: 'Write: a …', titleIsWhole: false }, 0),
  ).toMatchObject({ actions: [OPEN] });
  // A command may end in any character.
  expect(notificationOf({ ...ITEM, kind: 'permission', title: 'Run: echo …' }, 0)).toMatchObject({
    actions: [{ action: 'allow' }, { action: 'deny' }],
  });
});

test('a pause goes on by Resume, whatever a program wrote of it', () => {
  expect(notificationOf({ ...ITEM, kind: 'failure', errorCode: 'paused' }, 0)).toMatchObject({
    actions: [{ title: 'Resume' }, OPEN],
  });
  expect(notificationOf({ ...ITEM, kind: 'failure', body: 'stopped' }, 0)).toMatchObject({
    actions: [{ title: 'Retry' }, OPEN],
  });
});

test('time zones, no quiet hours, and a push service that fails again and again', () => {
  expect(['Europe/Berlin', 'UTC', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([true, true, false, false]);
  expect(isQuiet(null, 0)).toBe(false);
  expect([0, 1, 2, 10, 11, 12, 1_000].map(backoffMs)).toEqual([
    2_000, 4_000, 8_000, 2_048_000, 3_600_000, 3_600_000, 3_600_000,
  ]);
});

test('a notification says nothing that hides, whatever an older version kept', () => {
  const words = 'Pay\u202e\u{e0041}\u001b[2J';
  const notification = notificationOf(
    { ...ITEM, title: words, task: { title: words, repo: 'demo/tally' }, options: [{ label: words }] },
    1,
  );
  const said = 'Pay[U+202E][U+E0041][U+001B][2J';
  expect(notification).toMatchObject({
    title: said,
    body: `demo/tally · ${said}`,
    actions: [{ title: said }],
  });
});

test('what is about no task says its own words, and no button decides it', () => {
  const standing = { ...ITEM, options: [], task: null, body: 'Three things to look at.' };
  for (const kind of ['campfire', 'recurring', 'workflow'] as const)
    expect(notificationOf({ ...standing, kind, title: 'The day' }, 1)).toMatchObject({
      title: 'The day',
      body: 'Three things to look at.',
      actions: [OPEN],
    });
});
