import { expect, test } from '@jest/globals';
import { greetingOf } from './greeting.ts';

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
