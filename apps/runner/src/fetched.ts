// A set-up by `npx --yes pnpm@10 install` leaves no pnpm behind, one by a uv of its own leaves it in `.venv`, and the
// repository's own scripts say `pnpm` and `uv`. Such a program stands on PATH from then on, in the same version.
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { fetchedPrograms } from '@mainloop/models/flow/runs/setup';
import { ensureFolder, putFile } from './folders.ts';

/** Below the home folder. Its `bin` comes last on PATH: it replaces nothing. */
const FOLDER = '.mainloop-fetched';

/** @param home of the sandbox @returns where such programs stand */
export const fetchedFolder = (home: string): string => path.join(home, FOLDER, 'bin');

/** @returns PATH as it is without them: what there is decides how a project is set up, and must not change by it */
export const pathWithoutFetched = (toolPath: string): string =>
  toolPath
    .split(':')
    .filter((folder) => !folder.endsWith(`/${FOLDER}/bin`))
    .join(':');

/**
 * Puts the programs on PATH that a set-up fetches.
 * @param home of the sandbox
 * @param project its folder
 * @param command of the set-up
 */
export function ensureFetched(home: string, project: string, command: string): void {
  for (const { name, script } of fetchedPrograms(command)) {
    const folder = fetchedFolder(home);
    ensureFolder(path.dirname(folder));
    ensureFolder(folder);
    const program = path.join(folder, name);
    putFile(program, `#!/bin/sh\nproject='${project.replaceAll("'", "'\\''")}'\n${script}\n`);
    chmodSync(program, 0o755);
  }
}
