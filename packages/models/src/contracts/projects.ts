// Projects: repositories that tasks work in.
import { z } from 'zod';
import { FOLDER_OUTCOMES } from '../flow/projects/folders.ts';
import { TEMPLATE_PARTS } from '../flow/projects/template.ts';
import { Folder, Id, Repo, Time } from './fields.ts';

export const Project = z
  .object({
    id: Id,
    name: z
      .string()
      .describe('What it is called: "owner/name", with the folder behind it where the project is only that'),
    repo: Repo,
    defaultBranch: z.string(),
    remoteUrl: z.string().describe('Where merged work comes back from'),
    localPath: z.string().nullable().describe('The git folder of this machine that it was added from'),
    settings: z.unknown().describe('What was set, as it is stored: see ProjectSettings'),
    createdAt: Time,
  })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof Project>;

export const AddedProject = Project.extend({
  look: z
    .object({ outcome: z.enum(FOLDER_OUTCOMES), commits: z.int().describe('How many came in') })
    .nullable()
    .describe('What adding a folder came to; null for a repository of GitHub'),
  unreadable: z
    .string()
    .nullable()
    .describe('What of its CI the token may not read, as a sentence; null where it may read all'),
}).meta({ id: 'AddedProject' });

export const AddProject = z
  .object({
    source: z
      .string()
      .trim()
      .min(1)
      .max(1_000)
      .describe('"owner/name" on GitHub, or the path of a git folder on this machine'),
    folder: Folder.describe(
      'Of a repository on GitHub, when the project is only that. Several may share one',
    ).default(''),
  })
  .meta({ id: 'AddProject' });

export const InitRepo = z
  .object({
    parts: z
      .array(z.enum(TEMPLATE_PARTS))
      .min(1)
      .default([...TEMPLATE_PARTS]),
  })
  .meta({ id: 'InitRepo' });
export const Proposed = z.object({ proposalId: Id }).meta({ id: 'Proposed' });
