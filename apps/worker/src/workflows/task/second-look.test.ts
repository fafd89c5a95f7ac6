import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CI_REPORT, openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const CHECKS = standingAt({ stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil: '' });
const green = (sha: string) => ({ verdict: 'green', sha, told: CI_REPORT });
const yes = (n: number): (() => unknown)[] => Array.from({ length: n }, () => () => true);
const finds =
  (must: number, should = 0, note = 0) =>
  () => ({ must, should, note });
const phases = (): unknown[] => rehearsal.inputs('prepareRun').map((i) => (i as { phase: string }).phase);

describe('a second look', () => {
  test('is where no project wants it nothing but a question to our records', async () => {
    await rehearsal.start({ cis: [green('one')] }, CHECKS);
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('needsSecondLook')).toMatchObject([{ sha: 'one' }]);
    expect(phases()).toEqual([]);
    expect(rehearsal.count('ensureReady')).toBe(1);
  });

  test('that finds nothing is told of, and what it read is offered', async () => {
    const handle = await rehearsal.start(
      { cis: [green('one')], instead: new Map([['needsSecondLook', yes(1)]]) },
      CHECKS,
    );
    await rehearsal.passes(MINUTE);
    expect(phases()).toEqual(['second_look']);
    expect(rehearsal.inputs('endSecondLook')).toMatchObject([{ sha: 'one', runId: 'r3' }]);
    expect(rehearsal.inputs('setState')).toContainEqual(
      expect.objectContaining({ state: 'drafting', phase: 'second_look', status: { is: 'second_look' } }),
    );
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review' });
    // The review is bound to what was read.
    expect(rehearsal.inputs('readReview').at(-1)).toMatchObject({ shown: 'one' });
  });

  test('sends the change back to its author twice; then the person sees it with what is left', async () => {
    const handle = await rehearsal.start(
      {
        cis: [green('one'), green('two'), green('three')],
        instead: new Map<string, (() => unknown)[]>([
          ['needsSecondLook', yes(3)],
          ['endSecondLook', [finds(2, 1), finds(0, 1), finds(1)]],
        ]),
      },
      CHECKS,
    );
    await rehearsal.passes(5 * MINUTE);
    expect(phases()).toEqual([
      'second_look',
      'address_review',
      'second_look',
      'address_review',
      'second_look',
    ]);
    expect(
      rehearsal.inputs('setState').filter((s) => (s as { status: { is: string } }).status.is === 'findings'),
    ).toMatchObject([{ status: { is: 'findings', found: 3 } }, { status: { is: 'findings', found: 1 } }]);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review' });
    expect(rehearsal.count('ensureReady')).toBe(1);
  });

  test('notes are for the person alone', async () => {
    await rehearsal.start(
      {
        cis: [green('one')],
        instead: new Map<string, (() => unknown)[]>([
          ['needsSecondLook', yes(1)],
          ['endSecondLook', [finds(0, 0, 4)]],
        ]),
      },
      CHECKS,
    );
    await rehearsal.passes(MINUTE);
    expect(phases()).toEqual(['second_look']);
    expect(rehearsal.count('ensureReady')).toBe(1);
  });

  test('what the person asks for begins the count anew', async () => {
    const handle = await rehearsal.start(
      {
        cis: [green('one'), green('two'), green('three')],
        instead: new Map<string, (() => unknown)[]>([
          ['needsSecondLook', yes(3)],
          ['endSecondLook', [finds(0), finds(1), finds(0)]],
        ]),
      },
      { ...CHECKS, lookRounds: 2 },
    );
    await rehearsal.passes(MINUTE);
    await rehearsal.say(handle, '-review-3', 'changes', 'Shorter.');
    await rehearsal.passes(5 * MINUTE);
    expect(phases()).toEqual([
      'second_look',
      'address_review',
      'second_look',
      'address_review',
      'second_look',
    ]);
  });
});
