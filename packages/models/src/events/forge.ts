// The issue, the branch and the pull request of a task, and what CI says.
import { z } from 'zod';
import { CI_OUTCOMES } from '../flow/ci/verdict.ts';
import type { Failure } from '../flow/ci/report.ts';
import { TRAIN_ENDS } from '../flow/forge/train.ts';
import { defineEvent } from './define.ts';

const ciFailure: z.ZodType<Failure> = z.object({
  name: z.string(),
  url: z.string().nullable(),
  message: z.string().describe('without what differs from run to run; empty when it is not known'),
});
const outcome = z.string().describe('created, updated or found');

export const issueEnsured = defineEvent({
  type: 'issue.ensured',
  version: 1,
  says: 'The issue that holds the plan is there and says what it should.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ number: z.number(), url: z.string(), outcome }),
  keys: { new: 'issue/{taskId}/{planRevision}' },
});

export const pullRequestEnsured = defineEvent({
  type: 'pr.ensured',
  version: 1,
  says: 'The draft pull request is there.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ number: z.number(), url: z.string(), outcome }),
  keys: { new: 'pr/{taskId}' },
});

export const pullRequestReady = defineEvent({
  type: 'pr.ready',
  version: 1,
  says: 'The pull request is ready for review.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ number: z.number() }),
  keys: { new: 'ready/{taskId}' },
});

export const pullRequestMerged = defineEvent({
  type: 'pr.merged',
  version: 1,
  says: 'The pull request is merged, by us or by somebody on the forge.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    number: z.number(),
    sha: z.string().nullable().describe('the commit that the merge made, where the forge says'),
  }),
  keys: { new: 'merged/{taskId}' },
});

export const pullRequestClosed = defineEvent({
  type: 'pr.closed',
  version: 1,
  says: 'Somebody closed the pull request without a merge.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    number: z.number(),
    by: z.string().optional().describe('account, where the forge says; older events do not'),
  }),
  keys: { new: 'closed/{taskId}/{at}' },
});

export const pullRequestReopened = defineEvent({
  type: 'pr.reopened',
  version: 1,
  says: 'A pull request that was closed is open again.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ number: z.number() }),
  keys: { new: 'reopened/{taskId}/{closedAt}' },
});

export const branchPushed = defineEvent({
  type: 'branch.pushed',
  version: 1,
  says: 'The agent pushed to the branch of the task, and the forge has it.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    pushId: z.string(),
    branch: z.string(),
    sha: z.string().describe('the newest commit'),
    commits: z.array(z.object({ sha: z.string(), title: z.string() })).describe('newest first'),
    files: z.number(),
    additions: z.number().describe('lines'),
    deletions: z.number().describe('lines'),
    acting: z
      .array(z.string())
      .readonly()
      .optional()
      .describe(
        'of the whole branch: commits whose messages would do something on the default branch; older pushes were not looked at',
      ),
  }),
  /** `again`: what was pushed before and is the head once more, after something else was. */
  keys: { new: 'pushed/{taskId}/{sha}', again: 'pushed/{taskId}/{sha}/{count}' },
});

export const branchSeen = defineEvent({
  type: 'branch.seen',
  version: 1,
  says: 'The branch of the task stands where the agent did not push it: somebody else pushed, or set it back.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    pushId: z.string(),
    branch: z.string(),
    sha: z.string().describe('where it stands'),
    by: z.string().describe('account or name of who wrote that commit; empty when it is not told'),
    title: z.string().describe('of that commit'),
  }),
  keys: { new: 'seen/{taskId}/{pushId}' },
});

export const pushHeld = defineEvent({
  type: 'push.held',
  version: 1,
  says: 'A push changes what CI runs, and waits for the person.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    pushId: z.string().describe('the item that asks about it'),
    files: z.array(z.string()),
  }),
  keys: { new: 'held/{pushId}' },
});

export const pushRefused = defineEvent({
  type: 'push.refused',
  version: 1,
  says: 'A push did not get through.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({ branch: z.string(), reason: z.string() }),
  keys: { new: null },
});

export const ciJudged = defineEvent({
  type: 'ci.verdict',
  version: 1,
  says: 'What CI says of a commit, when it says something new.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    sha: z.string(),
    verdict: z.string().describe('pending, green, red or none'),
    round: z.number(),
    passed: z.number().describe('checks, as the next two'),
    failed: z.number(),
    pending: z.number(),
    outcome: z.enum(CI_OUTCOMES).optional().describe('older events have the word alone'),
    failures: z.array(ciFailure).optional().describe('of a red one: which checks, and how'),
    green: z.array(z.string()).optional().describe('the names of those that passed'),
    notRun: z
      .array(z.string())
      .optional()
      .describe('the names of those that were skipped, or can not run here'),
  }),
  keys: { new: 'ci/{taskId}/{sha}/{verdict}/{passed}/{failed}/{pending}/{outcome}/{names}' },
});

export const forgeUnreadable = defineEvent({
  type: 'forge.unreadable',
  version: 1,
  says: 'Something of the forge may not be read by the token; said once for each repository.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ sentence: z.string() }),
  keys: { new: 'unreadable/{repo}/{sentence}' },
});

export const pullRequestTakenBack = defineEvent({
  type: 'pr.taken_back',
  version: 1,
  says: 'A pull request that was ready is so no more.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ number: z.number(), why: z.string() }),
  keys: { new: 'taken-back/{taskId}/{sha}' },
});

export const trainJoined = defineEvent({
  type: 'train.joined',
  version: 1,
  says: 'An approved change waits for its turn to be merged: those of one repository and base go one after the other.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    itemId: z.string().describe('the item in which it was approved'),
    sha: z.string().describe('the commit that was looked at'),
  }),
  keys: { new: 'train/{taskId}/{itemId}' },
});

export const trainLeft = defineEvent({
  type: 'train.left',
  version: 1,
  says: 'A change waits for its turn no more: it is merged, or something keeps it from that.',
  about: 'task',
  writtenBy: ['worker', 'api'],
  payload: z.object({
    itemId: z.string(),
    how: z.enum(TRAIN_ENDS),
    why: z.string().describe('as a sentence; empty when it is merged'),
  }),
  keys: { new: 'train-left/{taskId}/{itemId}' },
});
