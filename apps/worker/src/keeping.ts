// Where set-ups are kept on this machine, and the sandboxes they are made in.
import path from 'node:path';
import { keeper, type Keeper } from '@mainloop/adapters/sandbox/keeper';
import { keptStore } from '@mainloop/adapters/sandbox/kept';
import { localSandbox } from '@mainloop/adapters/sandbox/local';
import { workOf } from '@mainloop/adapters/sandbox/place';
import { ciToken } from '@mainloop/network/ci-token';
import type { WorkerConfig } from './config.ts';

/** @returns null where none are to be kept */
export async function keeperOf(
  config: Pick<WorkerConfig, 'kept' | 'sandbox'>,
  onTrouble: (words: string) => void,
): Promise<Keeper | null> {
  if (config.kept === null) return null;
  const { folder, places, maxBytes, secret } = config.kept;
  const made = keeper({
    folder,
    store: keptStore(folder, maxBytes, onTrouble),
    places: (wanted) => ({
      ...localSandbox({
        ...config.sandbox,
        root: places,
        program: 'keep.mjs',
        told: () => ({ MAINLOOP_SETUP_WANTED: wanted() }),
      }),
      workOf: (taskId) => workOf(path.join(places, taskId)),
    }),
    mirrors: config.sandbox.mirrors,
    tokenFor: (repo, untilMs) => ciToken(secret, repo, untilMs),
    onTrouble,
  });
  await made.open();
  return made;
}
