// Repositories that come in, and their settings.
import { z } from 'zod';
import { FOLDER_OUTCOMES } from '../flow/projects/folders.ts';
import { defineEvent } from './define.ts';
import { suggestion } from './shapes.ts';

export const projectAdded = defineEvent({
  type: 'project.added',
  version: 1,
  says: 'A repository was added. Adding it again takes its branch and its address anew.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    name: z.string(),
    repo: z.string().describe('owner/name'),
    defaultBranch: z.string(),
    remoteUrl: z.string(),
    localPath: z.string().nullable().describe('the folder of this machine that it was added from'),
    folder: z.string().optional().describe('the folder of the repository that it is; left out for all of it'),
    look: z
      .object({ outcome: z.enum(FOLDER_OUTCOMES), commits: z.number().describe('how many came in') })
      .readonly()
      .optional()
      .describe('of a folder: what looking at it came to'),
    unreadable: z
      .string()
      .optional()
      .describe('what of its CI the token may not read, as a sentence; left out where it may read all'),
    suggestions: z
      .array(suggestion)
      .optional()
      .describe(
        'what there is to ask for in it; left out where nobody looked, and what was seen before stands',
      ),
  }),
  keys: { new: null },
});

export const projectRefused = defineEvent({
  type: 'project.refused',
  version: 1,
  says: 'A repository could not be added.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    source: z.string().describe('what the person named'),
    sentence: z.string().describe('why not'),
  }),
  keys: { new: null },
});

export const projectRenamed = defineEvent({
  type: 'project.renamed',
  version: 1,
  says: 'A repository is called otherwise on the forge now: it was renamed, or transferred to somebody else.',
  about: 'either',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    before: z.string().describe('owner/name, as the next'),
    repo: z.string(),
    remoteUrl: z.string(),
    defaultBranch: z.string(),
  }),
  keys: { new: null },
});

export const projectRemoved = defineEvent({
  type: 'project.removed',
  version: 1,
  says: 'The person took a repository off the list. What was proposed for it is declined; adding it again brings it back with its settings.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});

export const projectSettings = defineEvent({
  type: 'project.settings',
  version: 1,
  says: 'Settings of a project were changed.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    id: z.string(),
    settings: z
      .record(z.string(), z.unknown())
      .describe('only those that changed; who reads them reads each for itself'),
  }),
  keys: { new: null },
});

export const projectWorkflow = defineEvent({
  type: 'project.workflow',
  version: 1,
  says: 'WORKFLOW.md of the default branch was read. One that can not be used changes nothing: what was read before counts on.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    digest: z.string().describe('of the text'),
    file: z.string().nullable().describe('what it comes to, as JSON; null where it can not be used'),
    problem: z.string().describe('why it can not, with line and column; empty otherwise'),
  }),
  keys: { new: null },
});

export const projectWorkflowGone = defineEvent({
  type: 'project.workflow_gone',
  version: 1,
  says: 'The default branch has no WORKFLOW.md any more.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});
