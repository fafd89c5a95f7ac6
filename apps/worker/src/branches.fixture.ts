// A forge whose default branch a test moves: what `readRuleFiles` asks of one.
import { own } from '@mainloop/models/flow/look';
import type { Reads } from './rule-files.ts';

export interface Branches {
  /** What each commit holds, by path; null: it is no text, or too long. */
  readonly commits: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Of the default branch. */
  readonly tip: string;
  readonly isWhole: boolean;
}

const filesAt = ({ commits }: Branches, sha: string): Readonly<Record<string, string | null>> =>
  own(commits, sha) ?? {};

/**
 * @param now how its branches stand, at each question
 * @param asked gets what was asked of it
 */
export const forgeOf = (now: () => Branches, asked: string[] = []): Reads => ({
  getRepo: async (full: string) => ({
    full,
    defaultBranch: 'main',
    cloneUrl: '',
    empty: false,
    tip: now().tip,
    canPush: true,
    isInOurWay: false,
  }),
  listFiles: async (_: string, sha: string) => {
    asked.push(`list ${sha}`);
    const files = Object.keys(filesAt(now(), sha)).map((path) => ({ path, sizeBytes: 1 }));
    return { files, isWhole: now().isWhole };
  },
  readText: async (_: string, sha: string, path: string) => {
    asked.push(`read ${sha}`);
    return own(filesAt(now(), sha), path) ?? null;
  },
});
