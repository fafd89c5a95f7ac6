// What looks after everything that goes on.
import type { Cycle } from '../../contracts/cycle.ts';
import { OWNER } from '../../flow/ids.ts';
import { readCycle } from '../cycle/cycles.ts';
import type { Views } from './views.ts';

/** @returns what the pages read of it */
export const cycle = ({ queryable }: Views) => ({
  cycle: (): Promise<Cycle> => readCycle(queryable, OWNER, new Date()),
});
