// What the failure of an activity says to a person, and who need not hear of it.
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { tookTooLong } from '@mainloop/models/flow/outcomes';

/** One sentence: our own words where the activity had some, else which step ran out of time. */
export function sentenceOf(err: ActivityFailure): string {
  return err.cause instanceof TimeoutFailure
    ? tookTooLong(err.activityType)
    : (err.cause?.message ?? err.message);
}

/** For what may be left out: it is over when it could not be done, too. */
export async function quietly(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
  }
}
