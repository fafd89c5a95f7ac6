// What a task's workflow may have done for it, and how patiently each kind of it is tried again.
import { proxyActivities } from '@temporalio/workflow';
import type { forgeActivities } from '../../activities/forge.activities.ts';
import type { runActivities } from '../../activities/run.activities.ts';
import type { secondLookActivities } from '../../activities/second-look.activities.ts';
import type { taskActivities } from '../../activities/task.activities.ts';

/** Our own records: Postgres may be away for a while, and then it is back. */
export const records = proxyActivities<
  ReturnType<typeof taskActivities> & ReturnType<typeof secondLookActivities>
>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '300 ms', maximumInterval: '20 seconds' },
});
export const runs = proxyActivities<ReturnType<typeof runActivities>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '500 ms', maximumInterval: '30 seconds', maximumAttempts: 200 },
});
export const forge = proxyActivities<ReturnType<typeof forgeActivities>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1 second', maximumInterval: '2 minutes', maximumAttempts: 60 },
});
/** What is done beside a wait for the person. A forge that is away must not keep their answer waiting. */
export const aside = proxyActivities<
  Pick<ReturnType<typeof forgeActivities>, 'ensureQuestion' | 'readAnswer'>
>({
  startToCloseTimeout: '20 seconds',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '30 seconds',
  // A write is not repeated inside of a try, so a forge that is back after two seconds is asked by the next.
  retry: { initialInterval: '1 second', maximumInterval: '3 seconds' },
});
/** The same while nobody waits for it: for as long as the forge is away. */
export const besides = proxyActivities<Pick<ReturnType<typeof forgeActivities>, 'ensureQuestion'>>({
  startToCloseTimeout: '20 seconds',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds' },
});
/** A head start, nothing more: what it can't do, the run does again and says what is wrong. */
export const ahead = proxyActivities<Pick<ReturnType<typeof runActivities>, 'ensurePlace'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 1 },
});
