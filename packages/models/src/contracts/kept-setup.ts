// What a set-up sandbox is asked for, and what it answers. The worker reads the answer from a folder that
// packages' own scripts wrote to.
import { z } from 'zod';
import { isFolderBelow } from '../flow/projects/folders.ts';

/** A path inside the clone or the home folder, and never out of it. */
const Inside = z
  .string()
  .min(1)
  .max(4_096)
  .refine(
    (p) => !p.startsWith('/') && !p.split('/').includes('..') && p.split('/')[0] !== '.git',
    'leads elsewhere',
  );
/** Part number i lies beside the list, under the name "i". */
export const KeptList = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  parts: z.array(z.tuple([z.enum(['repo', 'home']), Inside])).max(10_000),
});
export type KeptList = z.infer<typeof KeptList>;

export const SetupWanted = z.object({
  /** The newest commit of the default branch. */
  commit: z.string().regex(/^[0-9a-f]{40,64}$/),
  /** The project's own command; null: one is looked for. */
  command: z.string().nullable(),
  /** Of the repository, where it runs. */
  folder: z.string().refine(isFolderBelow).default(''),
  /** Keys that are kept already. */
  have: z.array(z.string()),
});
export type SetupWanted = z.infer<typeof SetupWanted>;

const Key = z.string().regex(/^[0-9a-f]{64}$/);
/** What of the commit it hangs on; see `setupReads`. */
const Reads = z.enum(['manifests', 'everything']);

export const SetupMade = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing') }),
  z.object({ kind: z.literal('same'), key: Key, reads: Reads }),
  z.object({ kind: z.literal('made'), key: Key, reads: Reads }),
  z.object({ kind: z.literal('failed'), why: z.string().max(2_000) }),
]);
export type SetupMade = z.infer<typeof SetupMade>;
