// Folders inside the sandbox.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Where the project lies in the clone: agents start there, and its commands run there.
 * @param clone `repo`: where the clone is
 * @param project `folder`: below it, or none
 */
export const workFolder = (clone: { readonly repo: string }, project: { readonly folder?: string }): string =>
  path.join(clone.repo, project.folder ?? '');

/**
 * The words that a kept set-up is known by: the same command in another folder is another one.
 * @returns the command alone for a project that is its whole repository
 */
export const inFolder = (folder = '', command = ''): string =>
  folder === '' ? command : `in ${folder}: ${command}`;

/**
 * Makes a folder and those above it. Not Node's own recursive mkdir: below a folder that was deleted while
 * somebody was in it
 * that one never returns (tried, 24.21); this one throws.
 * @throws where a file is in its way
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

/**
 * Removes what is there, or moves it out of the way: what its owner has closed to itself can't be removed.
 * @param file or a folder with all that is in it; nothing there is fine
 */
export function setAside(file: string): void {
  try {
    rmSync(file, { recursive: true, force: true });
  } catch {
    renameSync(file, `${file}.${Date.now()}.old`);
  }
}

/**
 * Writes a file in place of whatever is there: an earlier run may have left a pipe, which nobody reads, or
 * a link.
 * @param data all of it: the file is there whole or not at all
 */
export function putFile(file: string, data: string | Buffer): void {
  const fresh = `${file}.${process.pid}.new`;
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(fresh, data, { flag: 'wx' });
  if (lstatSync(file, { throwIfNoEntry: false })?.isDirectory()) rmSync(file, { recursive: true });
  renameSync(fresh, file);
}

/** @returns the text of a plain file; null for anything else, as a pipe that would never end */
export function readPlain(file: string): string | null {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(descriptor).isFile() ? readFileSync(descriptor, 'utf8') : null;
  } catch {
    // No such file, or none that may be read.
    return null;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
