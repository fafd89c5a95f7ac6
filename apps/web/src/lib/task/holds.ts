// What keeps a task from its slot, by what the layout of the page knows.
import { page } from '$app/state';
import { holdOf } from '@mainloop/models/flow/runs/holds';

/** @returns why the next run of that task has no slot; '' when nothing is known to hold it up */
export const holdNow = (task: { readonly id: string; readonly projectId: string }): string =>
  holdOf(
    {
      paused: page.data.pause?.since != null,
      spent: page.data.spentLimits ?? [],
      queued: page.data.queued ?? [],
    },
    task,
  );
