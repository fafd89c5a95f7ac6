// A look at a repository that is being added: what there is to ask for in it. Some two dozen small requests,
// and never what adding waits for.
import { setTimeout as sleep } from 'node:timers/promises';
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import { filesToRead, suggest, type Suggestion } from '@mainloop/models/flow/projects/suggestions';

/** A look that takes longer is given up: the project is added without. */
const LOOK_MS = 15_000;
const AT_ONCE = 6;

export interface Look {
  readonly repo: string;
  /** The newest commit of its default branch. */
  readonly sha: string;
  /** The folder that the project is; empty for all of it. */
  readonly folder: string;
  /** Checks that failed on that commit, by name. */
  readonly failed: readonly string[];
}

/** @returns null where the forge does not answer, or not in time */
export async function suggestionsFor(
  forge: Forge,
  look: Look,
  lookMs = LOOK_MS,
): Promise<Suggestion[] | null> {
  const late = new AbortController();
  try {
    return await Promise.race([
      lookThrough(forge, look, late.signal),
      sleep(lookMs, null, { signal: late.signal }),
    ]);
  } catch (err) {
    if (!(err instanceof ForgeError)) throw err;
    return null;
  } finally {
    // Whichever was first, the other ends.
    late.abort();
  }
}

async function lookThrough(
  forge: Forge,
  { repo, sha, folder, failed }: Look,
  late: AbortSignal,
): Promise<Suggestion[]> {
  const [{ files, isWhole }, issues] = await Promise.all([
    forge.listFiles(repo, sha),
    forge.listOpenIssues(repo),
  ]);
  const wanted = filesToRead({ files, folder });
  const texts = new Map<string, string>();
  for (let n = 0; n < wanted.length && !late.aborted; n += AT_ONCE) {
    const paths = wanted.slice(n, n + AT_ONCE);
    const read = await Promise.all(paths.map((path) => forge.readText(repo, sha, path)));
    read.forEach((text, k) => text !== null && texts.set(paths[k]!, text));
  }
  return suggest({ folder, files, isWhole, texts, failed, issues });
}
