import { expect, test } from '@jest/globals';
import { sayReport, type Report } from './events.ts';

const CLEAN: Report = {
  replaced: false,
  events: 120,
  rows: 30,
  wrong: [],
  wrongRows: 0,
  unreadable: [],
  unreadableRows: 0,
};

test.each<[string, Partial<Report>, string[]]>([
  ['all is well', {}, ['Compared: 30 rows from 120 events. All are as the log says.']],
  [
    'rows were replaced',
    { replaced: true },
    ['Made anew: 30 rows from 120 events. All are as the log says.'],
  ],
  [
    'each kind of wrong row',
    {
      wrongRows: 5,
      wrong: [
        {
          table: 'tasks',
          key: ['t1'],
          is: 'different',
          columns: [{ name: 'title', live: 'A', rebuilt: 'B' }],
        },
        { table: 'inbox_items', key: ['i1'], is: 'missing', columns: [] },
        { table: 'cost_days', key: ['owner', '2026-01-02'], is: 'unfounded', columns: [] },
      ],
    },
    [
      'Compared: 30 rows from 120 events. 5 are not as the log says.',
      'tasks t1: title is "A", the log says "B"',
      'inbox_items i1: is missing',
      'cost_days owner, 2026-01-02: is there, and the log knows nothing of it',
      'and 2 more',
    ],
  ],
  [
    'an event that can not be read',
    {
      unreadable: [{ seq: 7, type: 'thing.new', why: 'is no type that is known here' }],
      unreadableRows: 900,
    },
    [
      'Compared: 30 rows from 120 events. 0 are not as the log says.',
      "event 7 (thing.new) can't be read: is no type that is known here",
      'and 899 more',
    ],
  ],
])('a report is said in lines: %s', (_, part, lines) => {
  expect(sayReport({ ...CLEAN, ...part }).split('\n')).toEqual(lines);
});
