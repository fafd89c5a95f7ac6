// Comments on the change, from the app and from the forge, and what became of them.
import { z } from 'zod';
import { PASSED_OVER } from '../flow/forge/requests.ts';
import { WEIGHTS } from '../flow/review/second-look.ts';
import { defineEvent } from './define.ts';

export const reviewCommented = defineEvent({
  type: 'review.commented',
  version: 1,
  says: 'Somebody commented on the change.',
  about: 'task',
  writtenBy: ['api', 'worker', 'gateway'],
  payload: z.object({
    id: z.string(),
    path: z.string().nullable().describe('null: it is about all of the change'),
    side: z.enum(['old', 'new']).describe('`old`: of the lines before the change'),
    startLine: z.number().nullable(),
    line: z.number().nullable(),
    sha: z.string().nullable().describe('the commit that it was made on'),
    quote: z.string().describe('the lines as they were there'),
    text: z.string(),
    author: z.string(),
    via: z.enum(['app', 'github', 'look']).describe('`look`: an agent found it in a second look'),
    weight: z.enum(WEIGHTS).optional().describe('of what a second look found'),
    runId: z.string().optional().describe('of the agent that found it'),
    state: z.enum(['draft', 'open']).describe('`draft`: only its writer sees it'),
    forgeId: z.number().nullable(),
  }),
  keys: { new: 'comment/{id}', onForge: 'comment/{taskId}/{where}/{forgeId}' },
});

export const reviewCommentEdited = defineEvent({
  type: 'review.comment_edited',
  version: 1,
  says: 'A draft was written anew.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ id: z.string(), text: z.string() }),
  keys: { new: null },
});

export const reviewCommentRemoved = defineEvent({
  type: 'review.comment_removed',
  version: 1,
  says: 'A draft was taken back.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});

export const reviewSubmitted = defineEvent({
  type: 'review.submitted',
  version: 1,
  says: 'Drafts became part of the review.',
  about: 'task',
  writtenBy: ['api', 'worker'],
  payload: z.object({ ids: z.array(z.string()).describe('of the comments') }),
  keys: { new: null },
});

export const reviewPublished = defineEvent({
  type: 'review.published',
  version: 1,
  says: 'A comment of the app is on the pull request.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ id: z.string(), forgeId: z.number() }),
  keys: { new: 'published/{id}' },
});

export const reviewReplied = defineEvent({
  type: 'review.replied',
  version: 1,
  says: 'The agent answered a comment.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({ id: z.string().describe('of the comment'), text: z.string(), runId: z.string() }),
  keys: { new: null },
});

export const reviewResolved = defineEvent({
  type: 'review.resolved',
  version: 1,
  says: 'A comment was resolved, or opened again, here or on the forge.',
  about: 'task',
  writtenBy: ['api', 'worker'],
  payload: z.object({ id: z.string(), resolved: z.boolean() }),
  keys: { new: null },
});

export const reviewLooked = defineEvent({
  type: 'review.looked',
  version: 1,
  says: 'The person has looked at the change up to this push.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ pushId: z.string() }),
  keys: { new: 'looked/{taskId}/{pushId}' },
});

export const reviewAskedChanges = defineEvent({
  type: 'review.asked_changes',
  version: 1,
  says: 'Somebody asked for changes on the forge.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ author: z.string(), comments: z.number() }),
  keys: { new: 'review/{taskId}/{at}' },
});

export const reviewPassedOver = defineEvent({
  type: 'review.passed_over',
  version: 1,
  says: 'A comment on the forge was not taken as a request.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string().describe('of the comment'),
    author: z.string(),
    why: z.enum(PASSED_OVER),
    text: z.string().describe('how it begins'),
    words: z.string().describe('names its words, so that an edit is another'),
  }),
  keys: { new: 'passed/{id}/{words}', ofAccount: 'passed/{taskId}/{author}/{why}' },
});

export const reviewTaken = defineEvent({
  type: 'review.taken',
  version: 1,
  says: 'The person said that a comment is a request after all.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ id: z.string().describe('of the comment'), words: z.string() }),
  keys: { new: 'taken/{id}/{words}' },
});

export const reviewSecondLooked = defineEvent({
  type: 'review.second_looked',
  version: 1,
  says: 'An agent that did not write the change has read it.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    runId: z.string(),
    sha: z.string().describe('the commit that was read'),
    must: z.number().describe('how many things it found that have to change'),
    should: z.number(),
    note: z.number(),
  }),
  keys: { new: 'looked-again/{runId}' },
});
