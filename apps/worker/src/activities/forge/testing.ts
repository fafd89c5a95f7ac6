// What the tests of this folder ask: a forge with a pull request and its checks, as little of one as they need.
import type { Forge, PullInfo } from '@mainloop/adapters/forge/port';
import { ACTIONS, type CheckRun } from '@mainloop/models/flow/ci/verdict';
import { forgeActivities } from '../forge.activities.ts';
import type { Db } from '@mainloop/models/db/pool';

const CHECKS: ReadonlyMap<string, string> = new Map([
  ['first', 'failure'],
  ['second', 'success'],
  ['a colleague', 'failure'],
]);

const DEPS = { hit: () => undefined, settleMs: 0, ciPatienceMs: 3_600_000, quietMs: 60_000 };

/**
 * @param headSha where it stands
 * @returns an open draft
 */
export const pull = (headSha: string, more: Partial<PullInfo> = {}): PullInfo => ({
  number: 7,
  url: 'https://forge/7',
  headSha,
  baseSha: 'base',
  merged: false,
  state: 'open',
  draft: true,
  base: 'main',
  mergeSha: null,
  fits: true,
  ...more,
});

/** @param conclusion null: it has not ended */
export const run = (conclusion: string | null, more: Partial<CheckRun> = {}): CheckRun => ({
  id: 1,
  app: ACTIONS,
  appId: 1,
  suite: 1,
  workflow: 'a.yml on push',
  name: 'test',
  status: conclusion === null ? 'in_progress' : 'completed',
  conclusion,
  url: null,
  summary: '',
  notHere: false,
  startedAt: '2026-11-20T10:00:00Z',
  completedAt: '2026-11-20T10:01:00Z',
  ...more,
});

/**
 * @param database of a test, which is there once it runs
 * @returns what makes the activities towards a forge where a pull request stands at a commit, with the checks that each
 *   commit has
 */
export const forgeOf =
  (database: () => Db) =>
  (
    at: PullInfo,
    checks: (sha: string) => readonly CheckRun[],
    more: Partial<Forge> = {},
  ): ReturnType<typeof forgeActivities> => {
    const forge: Partial<Forge> = {
      getPull: () => Promise.resolve(at),
      listChecks: (_, sha) =>
        Promise.resolve({ checks: checks(sha), suites: [], statuses: [], required: [], unreadable: [] }),
      jobLog: () => Promise.resolve(''),
      mergeMethods: () => Promise.resolve(null),
      listCommits: () =>
        Promise.resolve([{ sha: 'a colleague', title: 'add evil.ts', author: 'mona', isMerge: false }]),
      readDiff: () => Promise.resolve(''),
      listIssueComments: () => Promise.resolve([]),
      listReviews: () => Promise.resolve([]),
      listReviewComments: () => Promise.resolve([]),
      listThreads: () => Promise.resolve([]),
      readIssueTemplates: () => Promise.resolve([]),
      ...more,
    };
    return forgeActivities({ db: database(), forge: forge as Forge, ...DEPS });
  };

/** @returns the one check that a commit has here */
export const all = (sha: string): CheckRun[] => [run(CHECKS.get(sha) ?? null)];
