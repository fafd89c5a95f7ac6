import { statfsSync } from 'node:fs';
import { openRead, type Read } from '@mainloop/models/db/read';
import { settings } from './settings.ts';

let opened: Read | undefined;
/**
 * One pool for the process, opened by the first page.
 * @returns what reads with the role that may only read
 */
export const read = (): Read => (opened ??= openRead(settings.databaseUrl));
/** What the layout tells the pages about this place. */
export const flags = { demo: settings.demo, localGitHub: settings.localGitHub, signIn: settings.needsSignIn };

const ALMOST_FULL_MB = 500;
let looked = { at: 0, freeMb: Infinity };
/**
 * Megabytes left under the data folder when they are few, else null. Looked up at most every 5 s.
 * @returns null as well where the folder can't be looked at
 */
export function almostFullMb(): number | null {
  if (Date.now() - looked.at > 5_000) {
    try {
      const disk = statfsSync(settings.home);
      looked = { at: Date.now(), freeMb: Math.floor((disk.bavail * disk.bsize) / 1024 / 1024) };
    } catch {
      looked = { at: Date.now(), freeMb: Infinity };
    }
  }
  return looked.freeMb < ALMOST_FULL_MB ? looked.freeMb : null;
}
