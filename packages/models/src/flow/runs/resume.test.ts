import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readResume, writeResume } from './resume.ts';
import type { HumanSignal, Position, Resume, ResumeBefore2 } from '../workflow.ts';

const SINCE = '2026-11-25T10:00:00Z';
const pending: HumanSignal[] = [{ id: 't-1-plan-1', kind: 'approve' }];
const carried = { seenRuns: 7, items: 2, pending };

describe('what a workflow from before versions handed over', () => {
  test.each<
    [string, Pick<ResumeBefore2, 'stage' | 'round' | 'about'> & { reviewedUntil?: string }, Position]
  >([
    ['a first plan', { stage: 'plan', round: 0 }, { stage: 'plan', revises: null }],
    [
      'a plan to revise',
      { stage: 'plan', round: 2, about: 't-1-plan-2' },
      { stage: 'plan', revises: 't-1-plan-2' },
    ],
    ['a plan that waits', { stage: 'await_plan', round: 3 }, { stage: 'await_plan', revision: 3 }],
    ['the change', { stage: 'implement', round: 0 }, { stage: 'implement' }],
    ['CI', { stage: 'ci', round: 0 }, { stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil: '' }],
    [
      'CI of a commit that was let through',
      { stage: 'ci', round: 2, about: 'c0ffee', reviewedUntil: SINCE },
      { stage: 'ci', repairs: 2, acceptedSha: 'c0ffee', reviewedUntil: SINCE },
    ],
    [
      'a repair',
      { stage: 'fix_ci', round: 1, about: 'c0ffee' },
      { stage: 'fix_ci', repairs: 1, redSha: 'c0ffee', reviewedUntil: '' },
    ],
    [
      'a repair of whatever is newest',
      { stage: 'fix_ci', round: 1 },
      { stage: 'fix_ci', repairs: 1, redSha: null, reviewedUntil: '' },
    ],
    [
      'a review',
      { stage: 'review', round: 2, reviewedUntil: SINCE },
      { stage: 'review', reviewedUntil: SINCE },
    ],
    [
      'a review whose merge was not acted upon: the forge says so again',
      { stage: 'review', round: 0, about: 'merged' },
      { stage: 'review', reviewedUntil: '' },
    ],
    [
      'changes asked for in the app',
      { stage: 'address_review', round: 0, about: 't-1-review-3', reviewedUntil: SINCE },
      { stage: 'address_review', asked: { where: 'inbox', itemId: 't-1-review-3' }, reviewedUntil: SINCE },
    ],
    [
      'the first comments on GitHub',
      { stage: 'address_review', round: 0, about: 'since:', reviewedUntil: SINCE },
      { stage: 'address_review', asked: { where: 'github', sinceIso: '' }, reviewedUntil: SINCE },
    ],
    [
      'later comments on GitHub',
      { stage: 'address_review', round: 0, about: `since:${SINCE}`, reviewedUntil: '2026-11-25T11:00:00Z' },
      {
        stage: 'address_review',
        asked: { where: 'github', sinceIso: SINCE },
        reviewedUntil: '2026-11-25T11:00:00Z',
      },
    ],
    [
      'changes of which nothing is said',
      { stage: 'address_review', round: 0, reviewedUntil: SINCE },
      { stage: 'address_review', asked: { where: 'github', sinceIso: SINCE }, reviewedUntil: SINCE },
    ],
  ])('%s', (_, before, position) => {
    expect(readResume({ reviewedUntil: '', ...before, ...carried })).toEqual({
      version: 2,
      position,
      ...carried,
    });
  });
});

describe('what is handed over', () => {
  const text = fc.string();
  const count = fc.nat(50);
  const checking = { repairs: count, reviewedUntil: text };
  const asked = fc.oneof(
    fc.record({ where: fc.constant('inbox' as const), itemId: text.map((id) => `t-${id}`) }),
    fc.record({ where: fc.constant('github' as const), sinceIso: text }),
  );
  const positions: fc.Arbitrary<Position> = fc.oneof(
    fc.record({ stage: fc.constant('plan' as const), revises: fc.option(text) }),
    fc.record({ stage: fc.constant('await_plan' as const), revision: count }),
    fc.record({ stage: fc.constant('implement' as const) }),
    fc.record({ stage: fc.constant('ci' as const), acceptedSha: fc.option(text), ...checking }),
    fc.record({ stage: fc.constant('fix_ci' as const), redSha: fc.option(text), ...checking }),
    fc.record({ stage: fc.constant('review' as const), reviewedUntil: text }),
    fc.record({ stage: fc.constant('address_review' as const), asked, reviewedUntil: text }),
  );
  /** As Temporal carries it. */
  const carry = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  test('arrives as it was, whoever takes it up', () => {
    fc.assert(
      fc.property(positions, (position) => {
        const resume: Resume = { version: 2, position, ...carried };
        const written = carry(writeResume(resume));
        expect(readResume(written)).toEqual(resume);
        // A worker from before versions knows these fields and no others.
        const { stage, round, about, reviewedUntil, seenRuns, items } = written;
        expect(readResume({ stage, round, about, reviewedUntil, seenRuns, items, pending })).toEqual(resume);
      }),
    );
  });

  test('a second look arrives as it was; a worker from before versions waits for the checks again', () => {
    const look = { stage: 'second_look', sha: 'c0ffee', repairs: 2, reviewedUntil: SINCE } as const;
    const found = {
      stage: 'address_review',
      asked: { where: 'second_look', found: 3 },
      reviewedUntil: SINCE,
    } as const;
    for (const position of [look, found] as const) {
      const resume: Resume = { version: 2, position, ...carried, lookRounds: 1 };
      expect(readResume(carry(writeResume(resume)))).toEqual(resume);
    }
    const { stage, round, about, reviewedUntil } = carry(
      writeResume({ version: 2, position: look, ...carried }),
    );
    expect(readResume({ stage, round, about, reviewedUntil, ...carried }).position).toEqual({
      stage: 'ci',
      repairs: 2,
      acceptedSha: null,
      reviewedUntil: SINCE,
    });
  });
});
