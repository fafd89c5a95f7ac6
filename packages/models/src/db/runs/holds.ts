// What keeps agents of an owner from starting, as the api and the chat say it.
import { resolveProjectSettings } from '../../contracts/settings.ts';
import { accountsOf, spentOf, type Account, type Holds } from '../../flow/runs/holds.ts';
import { limitsIn } from '../../flow/money/money.ts';
import { readSpent } from '../money/limits.ts';
import type { Queryable } from '../pool.ts';
import { listProjects } from '../projects/projects.ts';
import { getSettings } from '../projects/settings.ts';
import { isAllPaused } from './pause.ts';
import { listQueued } from './slots.ts';

/** @returns what was spent of the limits of the owner, then of each project that has one */
export async function readAccounts(
  database: Queryable,
  ownerId: string,
  nowMs: number,
): Promise<readonly Account[]> {
  const [mine, projects, spent] = await Promise.all([
    getSettings(database, ownerId),
    listProjects(database, ownerId),
    readSpent(database, ownerId, nowMs),
  ]);
  const limited = projects.map(({ id, name, settings }) => ({
    id,
    name,
    limits: limitsIn(resolveProjectSettings(settings)),
  }));
  return accountsOf(limitsIn(mine), limited, spent);
}

/** @returns what holds work up, for all tasks of an owner at once */
export const readHolds = async (database: Queryable, ownerId: string, nowMs: number): Promise<Holds> => ({
  paused: await isAllPaused(database, ownerId),
  spent: spentOf(await readAccounts(database, ownerId, nowMs)),
  queued: await listQueued(database, ownerId),
});
