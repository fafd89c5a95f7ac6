// What the clone itself says has to be done before work, for a project whose set-up nobody has set.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  SETUP_FOLDERS,
  SETUP_TEXTS,
  setupOf,
  type Setup,
  type SetupText,
} from '@mainloop/models/flow/runs/setup';
import { readPlain } from './folders.ts';
import { isProgram } from './languages.ts';

/** Where what is looked for stands in these files, however long they are. */
const HEAD = 64 * 1024;
/** A lock file of a very large project has some 5 MB; what is longer counts by its size alone. */
const MAX_LOCK_BYTES = 32 * 1024 * 1024;

/**
 * @param repo the clone
 * @param toolPath PATH of the sandbox
 */
export function findSetup(repo: string, toolPath: string): Setup {
  const names = [
    ...filesIn(repo),
    ...SETUP_FOLDERS.flatMap((folder) => filesIn(path.join(repo, folder)).map((name) => `${folder}/${name}`)),
  ];
  const texts: Partial<Record<SetupText, string>> = {};
  for (const name of SETUP_TEXTS) {
    const text = names.includes(name) ? readPlain(path.join(repo, name)) : null;
    if (text !== null) texts[name] = text.slice(0, HEAD);
  }
  const folders = toolPath.split(':');
  return setupOf({ names: new Set(names), texts }, (tool) =>
    folders.some((d) => isProgram(path.join(d, tool))),
  );
}

/** Names of the plain files in a folder; none where there is no such folder. */
const filesIn = (folder: string): string[] =>
  lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
    ? readdirSync(folder, { withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => e.name)
    : [];

/**
 * The same as long as the command and the files that it comes from are the same.
 * @param from files of the clone, by their paths in it
 * @returns a hash; of very large files only their size counts
 */
export function setupKey(repo: string, command: string, from: readonly string[]): string {
  const hash = createHash('sha256').update(command);
  for (const name of from) {
    const file = path.join(repo, name);
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    hash.update(`\0${name}\0${bytes}\0`).update(bytes > MAX_LOCK_BYTES ? '' : (readPlain(file) ?? ''));
  }
  return hash.digest('hex');
}
