// What agents learn: said, decided by a person, and given to later agents.
import { z } from 'zod';
import { PRESENCE, STANDS_ON } from '../flow/learnings/fading.ts';
import { LIKENED_BY } from '../flow/learnings/likeness.ts';
import { LEARNING_DECISIONS, LEARNING_SOURCES, LEARNING_STATES } from '../flow/learnings/learnings.ts';
import { defineEvent } from './define.ts';

const words = {
  rule: z.string(),
  why: z.string(),
  path: z.string().nullable().describe('a pattern of the files that it is about; null: all'),
};

export const learningNoted = defineEvent({
  type: 'learning.noted',
  version: 1,
  says: 'Somebody said a rule, or what became of the work taught one. It is only kept until the like comes up again; a person writes one that counts at once.',
  about: 'either',
  writtenBy: ['api', 'gateway', 'worker'],
  payload: z.object({
    id: z.string(),
    ...words,
    source: z.enum(LEARNING_SOURCES),
    author: z.string().describe('whose words it is: `agent`, the user, an account of the forge, a check'),
    projectId: z.string().nullable().describe('null: it is about all projects'),
    runId: z.string().nullable().describe('the run whose agent said it'),
    like: z
      .string()
      .nullable()
      .describe('a learning that says the like already, which then counts once more'),
    isWord: z
      .boolean()
      .optional()
      .describe('the user said that it holds from now on, so it is asked about the first time'),
    commentId: z.string().optional().describe('the comment on the forge that said it'),
    url: z.string().optional().describe('where on the forge it was said, of one from before mainloop'),
  }),
  keys: {
    new: 'learning/{id}',
    ofSignal: 'learning/signal/{from}',
    ofOld: 'learning/old/{place}',
  },
});

export const learningDecided = defineEvent({
  type: 'learning.decided',
  version: 1,
  says: 'The person approved, rejected, retired, edited or put off a rule, made it what it was, or said whether it is the same as another. Each change is a version, and all are kept.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    id: z.string(),
    decision: z.enum(LEARNING_DECISIONS),
    ...words,
    state: z.enum(LEARNING_STATES).optional().describe('of `restore`: which it has again'),
    to: z
      .string()
      .optional()
      .describe('of `same` and `apart`: the other rule; of `restore`: the one that it is the same as again'),
    quietUntil: z.string().optional().describe('of `later`: when it is asked about again, ISO time'),
  }),
  keys: { new: null },
});

export const learningGiven = defineEvent({
  type: 'learning.given',
  version: 1,
  says: 'An agent was given rules that a person had approved: at the start of a run, or because it asked.',
  about: 'task',
  writtenBy: ['gateway', 'worker'],
  payload: z.object({
    runId: z.string(),
    ids: z.array(z.string()),
    asked: z.string().nullable().describe('what the agent said that it is about to do; null at the start'),
  }),
  keys: { new: null, atStart: 'learning-given/{runId}' },
});

export const learningLooked = defineEvent({
  type: 'learning.looked',
  version: 1,
  says: 'What a rule stands on was found, or is gone: files that are like its pattern, the comments that said it. Agents are not given a rule of which it is gone.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({ id: z.string(), of: z.enum(STANDS_ON), are: z.enum(PRESENCE) }),
  keys: { new: null },
});

export const learningLikened = defineEvent({
  type: 'learning.likened',
  version: 1,
  says: 'A rule may say in other words what another one says. The user is asked whether it is the same.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    to: z.string().describe('the one that stays if it is'),
    by: z.enum(LIKENED_BY).describe('`words`: without the sentence model'),
  }),
  keys: { new: null },
});

export const learningMining = defineEvent({
  type: 'learning.mining',
  version: 1,
  says: 'The user wants old reviews of a project read for rules.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string(), projectId: z.string() }),
  keys: { new: 'learning/mining/{id}' },
});

export const learningMined = defineEvent({
  type: 'learning.mined',
  version: 1,
  says: 'Old reviews of a project were read for rules, or could not be.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string().describe('of the wish'),
    projectId: z.string(),
    read: z.number().describe('comments'),
    kept: z.number().describe('rules that were new'),
    again: z.number().describe('rules that were known'),
    sentence: z.string().nullable().describe('why they could not be read; null where they were'),
  }),
  keys: { new: 'learning/mined/{id}' },
});
