import { statfsSync } from 'node:fs';
import { openRead, type Read } from '@mainloop/models/db/read';

let opened: Read | undefined;
/** One pool for the process, opened by the first page. */
export const read = (): Read => (opened ??= openRead(process.env.WEB_DATABASE_URL ?? ''));
export const flags = {
  demo: process.env.MAINLOOP_DEMO === 'yes',
  localGitHub: process.env.MAINLOOP_LOCAL_GITHUB === 'yes',
  /** Everybody has to sign in. */
  signIn: (process.env.MAINLOOP_PUBLIC_URL ?? '') !== '',
};

const ALMOST_FULL_MB = 500;
let looked = { at: 0, freeMb: Infinity };
/** Megabytes left under the data folder when they are few, else null. Looked up at most every 5 s. */
export function almostFullMb(): number | null {
  if (Date.now() - looked.at > 5_000) {
    try {
      const f = statfsSync(process.env.MAINLOOP_HOME ?? '/');
      looked = { at: Date.now(), freeMb: Math.floor((f.bavail * f.bsize) / 1024 / 1024) };
    } catch {
      looked = { at: Date.now(), freeMb: Infinity };
    }
  }
  return looked.freeMb < ALMOST_FULL_MB ? looked.freeMb : null;
}
