// What a time of a plan does. Asked twice it does it once.
import type { Db } from '@mainloop/models/db/pool';
import { comeDue } from '@mainloop/models/db/recurring/recurring';
import type { RecurringOutcome } from '@mainloop/models/flow/conversation/recurring';

export interface RecurringOf {
  readonly ownerId: string;
  readonly id: string;
}

/**
 * Activities of plans.
 * @returns functions for the workflow: a time that has come is done once, however often it is tried
 */
export const recurringActivities = ({ db }: { db: Db }) => ({
  comeRecurring: ({ ownerId, id }: RecurringOf): Promise<RecurringOutcome | null> => comeDue(db, ownerId, id),
});
