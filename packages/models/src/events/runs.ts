// Runs of the agent: their beginning and end, what they said, and what was recorded about them.
import { z } from 'zod';
import { defineEvent } from './define.ts';
import { PICTURE_MIMES } from '../flow/review/pictures.ts';
import { phase, runOutcome } from './shapes.ts';

export const runStarted = defineEvent({
  type: 'run.started',
  version: 1,
  says: 'A run was started, or started again after it was lost.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    runId: z.string(),
    phase,
    n: z.number().describe('the run of the task, from 1'),
    epoch: z.number().describe('the start of this run, from 1'),
  }),
  keys: { new: 'run.started/{runId}/{epoch}' },
});

export const runEnded = defineEvent({
  type: 'run.ended',
  version: 1,
  says: 'A run ended.',
  about: 'task',
  writtenBy: ['gateway', 'worker'],
  payload: z.object({
    runId: z.string(),
    phase,
    epoch: z.number(),
    outcome: runOutcome.describe('how; a summary is cut to 4,000 letters'),
  }),
  keys: { new: 'run.ended/{runId}' },
});

export const runSilent = defineEvent({
  type: 'run.silent',
  version: 1,
  says: 'A run has said nothing for so long that it was asked what it does, or stopped.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ runId: z.string(), minutes: z.number() }),
  keys: { new: 'silent/{runId}/{epoch}/{level}' },
});

export const settingsUnreadable = defineEvent({
  type: 'settings.unreadable',
  version: 1,
  says: 'The run goes by the strictest values for settings that could not be read.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ runId: z.string(), sentence: z.string() }),
  keys: { new: 'settings/{runId}' },
});

export const sandboxStuck = defineEvent({
  type: 'sandbox.stuck',
  version: 1,
  says: 'The task has ended, and the place it worked in does not go away.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ reason: z.string() }),
  keys: { new: 'sandbox.stuck/{taskId}' },
});

export const evidenceRecorded = defineEvent({
  type: 'evidence.recorded',
  version: 1,
  says: 'The runner ran a command of the project and recorded how it ended.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    runId: z.string(),
    what: z
      .enum(['setup', 'verify', 'probe', 'diagnostics', 'lint', 'tests'])
      .describe('`probe`: what was tried from inside the sandbox to show that it is closed'),
    command: z.string(),
    exitCode: z.number().nullable().describe('null when it ran out of time'),
    ms: z.number(),
    tail: z.string().describe('the end of its output'),
    sha: z.string().describe('the commit that it ran on'),
    clean: z.boolean().describe('whether the tree was the commit, nothing more and nothing less'),
    from: z
      .array(z.string())
      .optional()
      .describe('the files that a set-up was found from; nobody had set it'),
    redBefore: z
      .boolean()
      .optional()
      .describe('it was red in the same way on the commit that the change is from'),
    insteadOf: z.string().optional().describe('what the repository names, and is not there'),
  }),
  keys: { new: 'evidence/{runId}/{epoch}/{what}' },
});

export const baselineRecorded = defineEvent({
  type: 'baseline.recorded',
  version: 1,
  says: 'The runner ran a check on the commit that the change is from, because it is red on the change.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    runId: z.string(),
    what: z.enum(['verify', 'diagnostics', 'lint', 'tests']),
    command: z.string(),
    exitCode: z.number().nullable().describe('null when it ran out of time'),
    tail: z.string().describe('the end of its output'),
    sha: z.string().describe('the commit that it ran on'),
  }),
  keys: { new: 'baseline/{runId}/{sha}/{what}' },
});

export const packagesFetched = defineEvent({
  type: 'packages.fetched',
  version: 1,
  says: 'Packages the gateway handed to the run since it last said so.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    runId: z.string(),
    packages: z.array(z.string()).describe('like "npm is-odd@3.0.1"'),
    more: z.number().describe('so many that are not named'),
  }),
  keys: { new: null },
});

export const agentSaid = defineEvent({
  type: 'agent.said',
  version: 1,
  says: 'The agent said what it does.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({ runId: z.string(), text: z.string() }),
  keys: { new: null },
});

export const agentShowed = defineEvent({
  type: 'agent.showed',
  version: 1,
  says: 'The agent showed a picture of what it made.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    runId: z.string(),
    id: z.string().describe('the attachment that it is kept as'),
    caption: z.string(),
    mime: z.enum(PICTURE_MIMES),
    width: z.number().describe('in pixels'),
    height: z.number(),
    sha256: z.string().describe('of what is kept, in hex'),
  }),
  keys: { new: null },
});
