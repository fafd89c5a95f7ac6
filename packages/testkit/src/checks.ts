// Made-up checks and suites of a commit, for tests of what is read from them.
import {
  ACTIONS,
  ciVerdict,
  type CheckRun,
  type CheckSuite,
  type CiFacts,
  type CiVerdict,
  type CommitStatus,
} from '@mainloop/models/flow/ci/verdict';

export const NOW = Date.parse('2026-11-20T12:00:00Z');
export const [FIRST, SECOND] = ['a.yml on push', 'b.yml on push'];
export const check = (over: Partial<CheckRun> = {}): CheckRun => ({
  id: 1,
  app: ACTIONS,
  appId: 15368,
  suite: 1,
  workflow: FIRST,
  name: 'test',
  status: 'completed',
  conclusion: 'success',
  url: null,
  summary: '',
  notHere: false,
  startedAt: '2026-11-20T10:00:00Z',
  completedAt: '2026-11-20T10:01:00Z',
  ...over,
});
export const suite = (over: Partial<CheckSuite> = {}): CheckSuite => ({
  id: 1,
  app: ACTIONS,
  workflow: FIRST,
  status: 'completed',
  conclusion: 'success',
  attempt: 1,
  url: null,
  createdAt: '2026-11-20T10:00:00Z',
  ...over,
});
export const status = (context: string, state: string, id = 1): CommitStatus => ({
  id,
  context,
  state,
  url: null,
  summary: '',
  at: null,
});
/** @param facts of a commit, as the forge tells them; what is left out is not there */
export const verdictOf = (facts: Partial<CiFacts>): CiVerdict =>
  ciVerdict({ checks: [], suites: [], statuses: [], required: [], ...facts }, NOW);
