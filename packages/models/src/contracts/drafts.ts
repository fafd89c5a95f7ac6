// Words that were begun on one device and may be gone on with on another.
import { z } from 'zod';
import { DRAFT_KEY } from '../flow/inbox/drafts.ts';
import { Id } from './fields.ts';

const Key = z
  .string()
  .regex(
    DRAFT_KEY,
    'A draft is of the chat, of an item, a task, a proposal, the comments on a task, a setting, a form, or a project to be added.',
  )
  .describe(
    'What it is about: `chat`, `item/ID`, `task/ID`, `proposal/ID`, `comment/TASK`, `setting/FIELD`, `form/NAME`, `project/FIELD`',
  );
const Revision = z.int().min(0);
const About = z
  .object({ title: z.string().max(1_000), taskId: Id.nullable() })
  .nullable()
  .describe('What that is called, for whoever finds the words when it is gone');

export const KeptDraft = z
  .object({
    text: z.string().describe('Empty once it was sent'),
    revision: Revision.describe('Counts its changes'),
  })
  .meta({ id: 'KeptDraft' });
export const Draft = KeptDraft.extend({ key: Key, about: About }).meta({ id: 'Draft' });

export const KeepDraft = z
  .object({
    key: Key,
    text: z.string().max(50_000, 'A draft has at most 50,000 characters.'),
    about: About.default(null),
    base: Revision.describe(
      'The revision that this device saw last. Where it is not the newest, nothing is taken away',
    ),
  })
  .meta({ id: 'KeepDraft' });
