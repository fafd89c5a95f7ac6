// Folders inside the sandbox.
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it. Not Node's own recursive mkdir: below a folder that was deleted while somebody was in it
 * that one never returns (tried, 24.21); this one throws.
 */
export function ensureFolder(dir: string): void {
  try {
    mkdirSync(dir);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || path.dirname(dir) === dir) throw err;
    ensureFolder(path.dirname(dir));
    mkdirSync(dir);
  }
}
