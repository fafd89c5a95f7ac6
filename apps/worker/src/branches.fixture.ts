// A forge whose default branch a test moves: what `readRuleFiles` asks of one.
import type { Reads } from './rule-files.ts';

export interface Branches {
  /** What each commit holds, by path; null: it is no text, or too long. */
  readonly commits: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Of the default branch. */
  readonly tip: string;
  readonly isWhole: boolean;
}

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
    const files = Object.keys(now().commits[sha] ?? {}).map((path) => ({ path, sizeBytes: 1 }));
    return { files, isWhole: now().isWhole };
  },
  readText: async (_: string, sha: string, path: string) => {
    asked.push(`read ${sha}`);
    return now().commits[sha]?.[path] ?? null;
  },
});
