// CI of a test: a shell script stands in for `act`. Apart, so that a process with a hostile environment can run it too.
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { actions } from './actions.ts';
import type { ActionsOptions } from './job-place.ts';
import { Bare } from './bare.ts';
import type { Hooks } from './hooks.ts';
import { Store, type Repo } from './store.ts';

/** How jobs run in a pod, which has the limits: as they are. */
export const asInPod = (home: string, act: string): ActionsOptions => ({
  act,
  bwrap: null,
  node: '/usr/bin/node',
  work: path.join(home, 'ci'),
  base: 'http://x',
  packages: null,
});

/**
 * @param confined as it runs on a machine; not given: as in a pod
 * @returns the log of the jobs of main's newest commit in `local/till`
 */
export async function pushWith(
  home: string,
  script: string,
  confined?: Pick<ActionsOptions, 'bwrap' | 'limits' | 'node'> & Partial<Pick<ActionsOptions, 'packages'>>,
): Promise<string> {
  const act = path.join(home, 'act');
  writeFileSync(act, `#!/bin/sh\n${script}\n`);
  chmodSync(act, 0o755);
  const bare = new Bare(path.join(home, 'repos'));
  const store = new Store(path.join(home, 'store'));
  const runner = actions(store, bare, { send: () => undefined } as unknown as Hooks, {
    ...asInPod(home, act),
    ...confined,
  });
  await runner.pushed({ full: 'local/till' } as Repo, 'main', (await bare.sha('local/till', 'main'))!, null);
  return store
    .find('job', () => true)
    .map((j) => j.log)
    .join('');
}
