// What keeps a task from its slot, by what the layout of the page knows.
import { page } from '$app/state';
import { holdOf } from '@mainloop/models/flow/holds';

/** @returns why the next run of a task of that project gets no slot; '' when nothing holds it up */
export const holdNow = (projectId: string): string =>
  holdOf({ paused: page.data.pause?.since != null, spent: page.data.spentLimits ?? [] }, projectId);
