// Another account of the same machine, that tries every door.
import { execFileSync } from 'node:child_process';

/**
 * Everything below (and including) a folder that this account may read or write; for a socket writing means connecting (unix(7)). The list
 * is made by us, so what lies behind a folder it can't list is tried as well. Links are left out: what they lead to is tried where it lies.
 * @returns sorted paths
 */
export function openTo(folder: string, uid: number, gid: number): string[] {
  const all = execFileSync('find', [folder, '!', '-type', 'l', '-print0'], { maxBuffer: 256 * 1024 * 1024 });
  const tried = 'for f; do if [ -r "$f" ] || [ -w "$f" ]; then printf "%s\\n" "$f"; fi; done';
  const out = execFileSync('xargs', ['-0', 'sh', '-c', tried, 'sh'], {
    uid,
    gid,
    cwd: '/',
    input: all,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return out.split('\n').filter(Boolean).sort();
}
