// Whether a second look is due, and what it came to. Postgres only.
import { append, decideAndAppend } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { countFound, wasLookedAt } from '@mainloop/models/db/review/second-look';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { reviewSecondLooked } from '@mainloop/models/events/review';
import type { Found } from '@mainloop/models/flow/review/second-look';

/** @returns activities; each takes one object with a `taskId` */
export const secondLookActivities = ({ db }: { readonly db: Db }) => ({
  /** Whether the change is to be read by an agent that did not write it: the project says so, and it was not yet. */
  async needsSecondLook(input: { taskId: string; sha: string }): Promise<boolean> {
    const task = await getTask(db, input.taskId);
    if (!resolveProjectSettings(task.settings).secondLook) return false;
    return !(await wasLookedAt(db, input.taskId, input.sha));
  },

  /** Writes down that a change was read. @returns what this look found and is still open */
  async endSecondLook(input: { taskId: string; runId: string; sha: string }): Promise<Found> {
    const { taskId, runId, sha } = input;
    return decideAndAppend(db, async (tx) => {
      const task = await getTask(tx, taskId);
      const found = await countFound(tx, taskId, runId);
      const payload = { runId, sha, ...found };
      await append(tx, [reviewSecondLooked.new({ taskId, actor: 'mainloop', payload })], task.ownerId);
      return found;
    });
  },
});
