// What the failure of an activity says to a person.
import { TimeoutFailure, type ActivityFailure } from '@temporalio/common';
import { tookTooLong } from '@mainloop/models/flow/outcomes';

/** One sentence: our own words where the activity had some, else which step ran out of time. */
export function sentenceOf(err: ActivityFailure): string {
  return err.cause instanceof TimeoutFailure ? tookTooLong(err.activityType) : (err.cause?.message ?? err.message);
}
