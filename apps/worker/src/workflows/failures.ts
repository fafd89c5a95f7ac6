// What the failure of an activity says to a person, and who need not hear of it.
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { tookTooLong } from '@mainloop/models/flow/runs/outcomes';

/**
 * One sentence: our own words where the activity had some, else which step ran out of time.
 * @param err what an activity's last try ended with
 */
export function sentenceOf(err: ActivityFailure): string {
  return err.cause instanceof TimeoutFailure
    ? tookTooLong(err.activityType)
    : (err.cause?.message ?? err.message);
}

/**
 * For what may be left out: it is over when it could not be done, too.
 * @throws what is no failure of the activity, as a cancelled workflow
 */
export async function quietly(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
  }
}
