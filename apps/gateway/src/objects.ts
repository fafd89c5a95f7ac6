// What every object that a push brings holds, read through once. History counts: what a later commit takes away again is there for
// whoever fetches the branch.
import { findSecrets, SECRET_WINDOW, type SecretFound } from '@mainloop/models/flow/guardrails/secrets';
import { feedGit, GitFailed, readGit } from './git-run.ts';

/** Of the list of them. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** Secrets that are told apart, and places that begin like one: more than these are no accident. */
const MOST_FOUND = 50;
const MOST_LOOKED = 20_000;

export interface PlacedSecret extends SecretFound {
  readonly object: string;
  readonly type: string;
  /** Where it first stands on the branch; empty for a commit. */
  readonly path: string;
}
export interface Searched {
  readonly secrets: readonly PlacedSecret[];
  /** Not all was told apart. */
  readonly more: boolean;
}

/**
 * Looks for secrets in every commit, folder and file that a range brings, whatever its type.
 * @param range as `rev-list` takes it
 * @throws GitFailed when it can't be read to its end
 */
export async function searchObjects(
  env: NodeJS.ProcessEnv,
  at: readonly string[],
  range: readonly string[],
): Promise<Searched> {
  const list = await readGit([...at, 'rev-list', '--objects', ...range, '--'], env, MAX_LIST_BYTES);
  if (list.cut) throw new GitFailed('', 'it brings more objects than are looked at');
  const search = searcher();
  const format = '--batch=%(objectname) %(objecttype) %(objectsize) %(rest)';
  const reader = batchReader(search);
  await feedGit([...at, 'cat-file', format, '--buffer'], env, list.bytes, (chunk) => {
    reader(chunk);
    return search.isFull() ? 'stop' : 'more';
  });
  return search.done();
}

interface Sink {
  begin(object: string, type: string, path: string): void;
  take(chunk: Buffer): void;
  end(): void;
}

/** Reads what `cat-file --batch` prints: a line about each object, its bytes, a line feed. */
function batchReader(sink: Sink): (chunk: Buffer) => void {
  let head = '';
  let left = -1;
  return (chunk) => {
    let i = 0;
    while (i < chunk.length) {
      if (left < 0) {
        const to = chunk.indexOf(10, i);
        head += chunk.toString('latin1', i, to === -1 ? chunk.length : to);
        if (to === -1) return;
        i = to + 1;
        const said = /^([0-9a-f]{40,64}) (\w+) (\d+) (.*)$/s.exec(head);
        if (said === null) throw new GitFailed('', 'an object of it can not be read');
        sink.begin(said[1]!, said[2]!, said[4]!);
        head = '';
        left = Number(said[3]!);
      }
      const bytes = chunk.subarray(i, i + left);
      if (bytes.length > 0) sink.take(bytes);
      i += bytes.length;
      left -= bytes.length;
      // The line feed behind it may come with the next chunk.
      if (left === 0 && i < chunk.length) {
        sink.end();
        i++;
        left = -1;
      }
    }
  };
}

function searcher(): Sink & { isFull(): boolean; done(): Searched } {
  const secrets = new Map<string, PlacedSecret>();
  let looked = 0;
  let where = { object: '', type: '', path: '' };
  let text = '';
  let from = 0;
  const isFull = (): boolean => secrets.size > MOST_FOUND || looked > MOST_LOOKED;
  const look = (to: number): void => {
    const seen = findSecrets(text, from, to);
    looked += seen.looked;
    for (const found of seen.found) secrets.set(`${found.secret}\0${where.path}`, { ...found, ...where });
    // One character before the next place stays: what stands before a secret may matter.
    const kept = Math.max(0, to - 1);
    text = text.slice(kept);
    from = to - kept;
  };
  return {
    begin: (object, type, path) => {
      where = { object, type, path: Buffer.from(path, 'latin1').toString() };
      [text, from] = ['', 0];
    },
    take: (chunk) => {
      text += chunk.toString('latin1');
      look(Math.max(from, text.length - SECRET_WINDOW));
    },
    end: () => look(text.length),
    isFull,
    done: () => ({ secrets: [...secrets.values()].slice(0, MOST_FOUND), more: isFull() }),
  };
}
