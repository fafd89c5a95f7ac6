// Tasks beside each other, and who knows the files of a change.
import { findArea } from '../awareness/areas.ts';
import { listCollisions } from '../awareness/collisions.ts';
import { OWNER } from '../../flow/ids.ts';
import type { AreaView, CollisionView } from '../read-views.ts';
import type { Views } from './views.ts';

/** @returns what the pages read of them */
export const awareness = ({ queryable }: Views) => ({
  /** What tasks collide with that are at work, by task. */
  collisions: (): Promise<ReadonlyMap<string, readonly CollisionView[]>> => listCollisions(queryable, OWNER),
  area: (taskId: string): Promise<AreaView> => findArea(queryable, OWNER, taskId),
});
