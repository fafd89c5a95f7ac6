// Packs the mirrors together now and then: every push and every fetch leaves a pack or loose objects in them.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment, gitReason } from '@mainloop/models/flow/machine/git';

const run = promisify(execFile);

/** What lies in the object store of a repository. */
export interface Lies {
  /** Packs, without those that are to stay as they are. */
  readonly packs: number;
  /** Objects in files of their own, by what one of their 256 folders has. */
  readonly loose: number;
}

/** git itself would pack from 50 packs on; a borrower looks through all of them for every object that it lacks. */
const MOST: Lies = { packs: 20, loose: 2_000 };

/** Longer than a fetch writes nothing. */
const LEFT_MS = 60 * 60_000;
const LONGEST_MS = 30 * 60_000;

/** @returns whether packing it together is worth the time */
export const isUntidy = ({ packs, loose }: Lies): boolean => packs > MOST.packs || loose > MOST.loose;

/** @param mirror a bare repository */
export function lieIn(mirror: string): Lies {
  const packed = filesIn(path.join(mirror, 'objects/pack'));
  const kept = new Set(packed.filter((n) => n.endsWith('.keep')).map((n) => n.replace(/\.keep$/, '.pack')));
  return {
    packs: packed.filter((n) => n.endsWith('.pack') && !kept.has(n)).length,
    loose: filesIn(path.join(mirror, 'objects/17')).length * 256,
  };
}

const filesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/**
 * Packs what is untidy, one repository after the other. Each pack ends up at least twice as large as all that
 * are smaller, so a large one is written anew only when as much has come again. Nothing is ever left out:
 * clones in sandboxes and quarantines borrow objects that no branch names any more. Who reads meanwhile finds
 * an object that has moved by itself.
 * @param gitDir the folder of `mirrors`
 * @returns what was packed, and what could not be, with the reason
 */
export async function tidyMirrors(gitDir: string): Promise<{ packed: string[]; trouble: string[] }> {
  const mirrors = path.join(gitDir, 'mirrors');
  const [packed, trouble]: [string[], string[]] = [[], []];
  for (const owner of filesIn(mirrors))
    for (const name of filesIn(path.join(mirrors, owner))) {
      const mirror = path.join(mirrors, owner, name);
      const repo = `${owner}/${name.replace(/\.git$/, '')}`;
      try {
        removeLeft(mirror);
        if (!isUntidy(lieIn(mirror))) continue;
        await pack(mirror);
        packed.push(repo);
      } catch (err) {
        const { stderr = '', message } = err as { stderr?: string; message: string };
        trouble.push(`${repo}: ${(gitReason(stderr) || message).slice(0, 300)}`);
      }
    }
  return { packed, trouble };
}

/** A git that was killed in the middle leaves what it was writing, and that may be all of a repository. */
function removeLeft(mirror: string): void {
  const folder = path.join(mirror, 'objects/pack');
  for (const name of filesIn(folder)) {
    const file = path.join(folder, name);
    if (!/^\.?tmp[-_]/.test(name)) continue;
    const writtenMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - writtenMs > LEFT_MS) rmSync(file, { force: true });
  }
}

const pack = (mirror: string): Promise<unknown> =>
  run('git', [`--git-dir=${mirror}`, 'repack', '-q', '-d', '-l', '--geometric=2'], {
    cwd: '/',
    env: gitEnvironment({
      path: process.env.PATH,
      config: [
        // What agents wait for goes first.
        ['pack.threads', '1'],
        ['pack.windowMemory', '128m'],
        // Large files are passed on as they are: looking for likenesses between them takes minutes.
        ['core.bigFileThreshold', '1m'],
      ],
    }),
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
