// What a task workflow does to the forge. Every effect: intent row first, a marker in the body, a look before
// a second try. Each topic is a file in `forge`.
import { ciActivities } from './forge/ci.ts';
import { closingActivities } from './forge/closing.ts';
import { forgeContext, type ForgeDeps } from './forge/context.ts';
import { mergeActivities } from './forge/merge.ts';
import { planActivities } from './forge/plan.ts';
import { pullActivities } from './forge/pull.ts';
import { reviewActivities } from './forge/review.ts';
import { trainActivities } from './forge/train.ts';

/**
 * All of them under the names that workflows call them by, which stand in histories.
 * @param deps the database, the forge, and the waits in milliseconds
 * @returns functions that a worker registers
 */
export const forgeActivities = (deps: ForgeDeps) => {
  const context = forgeContext(deps);
  return {
    ...planActivities(context),
    ...pullActivities(context),
    ...ciActivities(context),
    ...reviewActivities(context),
    ...mergeActivities(context),
    ...trainActivities(context),
    ...closingActivities(context),
  };
};
