// The comparer itself: what it must see, by table, and that no planted defect of any place gets by it.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  costDifferences,
  differences,
  lineOf,
  PLACES,
  tallyOf,
  type CostRow,
  type Entry,
  type PaidCall,
  type Trace,
} from './differences.ts';

const call = (change: Partial<PaidCall> = {}): PaidCall => ({
  phase: 'implement',
  model: 'm',
  inputTokens: 100,
  outputTokens: 10,
  ended: 'whole',
  cutBy: null,
  ...change,
});
const row = (change: Partial<CostRow> = {}): CostRow => ({
  model: 'm',
  inputTokens: 100,
  outputTokens: 10,
  ...change,
});
const ENTRIES: Entry[] = [
  { where: 'forge', what: 'POST /issues plan' },
  { where: 'forge', what: 'PUSH BRANCH: A notes/NAME.txt' },
  { where: 'event', what: 'run.started implement', redo: 'implement' },
  { where: 'event', what: 'agent.said I add a note' },
  { where: 'item', what: 'question Which note?' },
  { where: 'push', what: 'show Which note?', mayRepeat: true },
  { where: 'push', what: 'show Ready for review, closed', mayRepeat: true, mayMiss: true },
  { where: 'outbox', what: 'start taskWorkflow' },
  { where: 'workflow', what: 'COMPLETED' },
  { where: 'chat', what: 'assistant: Here.' },
  { where: 'place', what: 'sandbox gone' },
];
const REFERENCE: Trace = {
  entries: ENTRIES,
  begun: { plan: 2, implement: 1 },
  calls: [call(), call()],
  costs: [row(), row()],
};
const without = (what: string): Entry[] => ENTRIES.filter((e) => e.what !== what);
const plus = (...more: Entry[]): Entry[] => [...ENTRIES, ...more];

describe('what a killed run did otherwise', () => {
  test.each<[string, Partial<Trace>, number, string[], string[]]>([
    ['the same is no difference', {}, 3, [], []],
    [
      'a call to the forge that was not made',
      { entries: without('POST /issues plan') },
      1,
      ['lost: forge: POST /issues plan'],
      [],
    ],
    [
      'an issue that was made twice',
      { entries: plus(ENTRIES[0]!) },
      1,
      ['doubled: forge: POST /issues plan'],
      [],
    ],
    [
      'a push that was made three times',
      { entries: plus(ENTRIES[1]!, ENTRIES[1]!) },
      1,
      ['doubled (2): forge: PUSH BRANCH: A notes/NAME.txt'],
      [],
    ],
    [
      'words that were said twice',
      { entries: plus(ENTRIES[3]!) },
      1,
      ['doubled: event: agent.said I add a note'],
      [],
    ],
    [
      'a failure item that the unkilled run did not have',
      { entries: plus({ where: 'item', what: 'failure The agent was lost four times in a row.' }) },
      9,
      ['extra: item: failure The agent was lost four times in a row.'],
      [],
    ],
    [
      'a question that never came',
      { entries: without('question Which note?') },
      1,
      ['lost: item: question Which note?'],
      [],
    ],
    ['nobody was told', { entries: without('show Which note?') }, 1, ['lost: push: show Which note?'], []],
    [
      'told again after a kill, in place of the one before',
      { entries: plus(ENTRIES[5]!) },
      1,
      [],
      ['push: told again, in place of the one before: show Which note?'],
    ],
    [
      'a notification of what nobody asks any more',
      { entries: without('show Ready for review, closed') },
      1,
      [],
      ['push: not told: show Ready for review, closed'],
    ],
    [
      'a notification that the unkilled run did not give',
      { entries: plus({ where: 'push', what: 'show Failed', mayRepeat: true }) },
      1,
      ['extra: push: show Failed'],
      [],
    ],
    [
      'a start that never reached Temporal',
      { entries: without('start taskWorkflow') },
      1,
      ['lost: outbox: start taskWorkflow'],
      [],
    ],
    [
      'a workflow that did not end',
      { entries: [...without('COMPLETED'), { where: 'workflow', what: 'RUNNING' }] },
      1,
      ['lost: workflow: COMPLETED', 'extra: workflow: RUNNING'],
      [],
    ],
    [
      'a phase that was begun anew repeats what it may',
      {
        entries: plus(ENTRIES[2]!),
        begun: { plan: 2, implement: 2 },
        calls: [call(), call(), call(), call()],
      },
      1,
      [],
      ['implement was begun anew once', 'model: 2 calls more in implement than unkilled'],
    ],
    [
      'and not more often than it was begun',
      { entries: plus(ENTRIES[2]!, ENTRIES[2]!), begun: { plan: 2, implement: 2 } },
      1,
      ['doubled: event: run.started implement'],
      ['implement was begun anew once'],
    ],
    [
      'a phase that was begun anew though nothing was killed',
      { begun: { plan: 2, implement: 4 } },
      1,
      ['extra (2): event: runs begun anew without a kill'],
      ['implement was begun anew 3 times'],
    ],
    [
      'calls that no new beginning explains',
      { calls: [call(), call(), call()] },
      1,
      ['cost: model: implement: calls that no kill explains'],
      ['model: 1 calls more in implement than unkilled'],
    ],
    [
      'a call that was cut is made again',
      { calls: [call(), call({ ended: 'cut', cutBy: 'gateway' }), call()] },
      1,
      [],
      ['model: 1 calls more in implement than unkilled'],
    ],
    [
      'a call that was left out',
      { calls: [call()] },
      1,
      ['lost: model: implement: calls of the unkilled run'],
      [],
    ],
  ])('%s', (_, change, kills, want, told) => {
    const comparison = differences(REFERENCE, { ...REFERENCE, ...change }, kills);
    expect([comparison.differences.map(lineOf), comparison.told]).toEqual([want, told]);
  });

  const anyEntry = fc.record({
    where: fc.constantFrom(...PLACES),
    what: fc.string({ minLength: 1, maxLength: 8 }),
  });
  test('whatever is taken away or done again is seen, wherever it is', () => {
    fc.assert(
      fc.property(
        fc.array(anyEntry, { minLength: 1, maxLength: 30 }),
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        (entries, at, more) => {
          const t = (list: Entry[]): Trace => ({ entries: list, begun: {}, calls: [], costs: [] });
          const victim = entries[at % entries.length]!;
          expect(differences(t(entries), t(entries.toReversed()), 0).differences).toEqual([]);
          const fewer = entries.toSpliced(at % entries.length, 1);
          expect(tallyOf(differences(t(entries), t(fewer), 99).differences)).toEqual({
            duplicates: 0,
            lost: 1,
            extra: 0,
            cost: 0,
          });
          const again = [...entries, ...Array.from({ length: more }, () => victim)];
          expect(tallyOf(differences(t(entries), t(again), 99).differences)).toEqual({
            duplicates: more,
            lost: 0,
            extra: 0,
            cost: 0,
          });
        },
      ),
    );
  });
});

describe('the bill of the model and our records', () => {
  const NOT_COUNTED = 'cost: model: implement: paid and not counted: m, 100 tokens in and 10 out';
  test.each<[string, PaidCall[], CostRow[], string[], string[]]>([
    ['each call once', [call(), call()], [row(), row()], [], []],
    ['a call that nobody wrote down', [call(), call()], [row()], [NOT_COUNTED], []],
    [
      'a call that was written down twice',
      [call()],
      [row(), row()],
      ['cost: model: counted and not paid: m, 100 tokens in and 10 out'],
      [],
    ],
    [
      'written down with other numbers',
      [call()],
      [row({ outputTokens: 11 })],
      [NOT_COUNTED, 'cost: model: counted and not paid: m, 100 tokens in and 11 out'],
      [],
    ],
    [
      'a kill cut it off on its way',
      [call({ cutBy: 'gateway' })],
      [],
      [],
      ['model: implement: paid and not counted, cut by the kill of gateway: m, 100 tokens in and 10 out'],
    ],
    [
      'a call that a kill fell into, and was written down all the same',
      [call({ cutBy: 'gateway' })],
      [row()],
      [],
      [],
    ],
    [
      'a kill cut it off before it said what it cost: its input is counted by the upper bound',
      [call({ cutBy: 'api' })],
      [row({ inputTokens: 900, outputTokens: 0 })],
      [],
      ['model: implement: counted by its upper bound, cut by the kill of api: m, 100 tokens in and 10 out'],
    ],
    [
      'an upper bound without a kill',
      [call()],
      [row({ inputTokens: 900, outputTokens: 0 })],
      [NOT_COUNTED, 'cost: model: counted and not paid: m, 900 tokens in and 0 out'],
      [],
    ],
    [
      'a stream that was left is billed by what came of it',
      [call({ ended: 'cut' })],
      [row({ outputTokens: 1 })],
      [],
      [],
    ],
    [
      'a stream that was left and nobody counted',
      [call({ ended: 'cut' })],
      [],
      ['cost: model: implement: cut without a kill and not counted: m, 100 tokens in and 10 out'],
      ['model: implement: cut and not counted: m, 100 tokens in and 10 out'],
    ],
    ['a refusal costs nothing', [call({ ended: 'error' })], [], [], []],
    [
      'a cut call takes no row of a whole one',
      [call({ ended: 'cut', cutBy: 'agent' }), call()],
      [row()],
      [],
      ['model: implement: cut by the kill of agent and not counted: m, 100 tokens in and 10 out'],
    ],
  ])('%s', (_, calls, costs, want, told) => {
    const comparison = costDifferences(calls, costs);
    expect([comparison.differences.map(lineOf), comparison.told]).toEqual([want, told]);
  });
});
