// What the web reads: what the pages show, read with a role that may only read. Nothing here writes.
import { awareness } from './read/awareness.ts';
import { chat } from './read/chat.ts';
import { cycle } from './read/cycle.ts';
import { inbox } from './read/inbox.ts';
import { learnings } from './read/learnings.ts';
import { memory } from './read/memory.ts';
import { review } from './read/review.ts';
import { settings } from './read/settings.ts';
import { tasks } from './read/tasks.ts';
import { openViews } from './read/views.ts';
import { week } from './read/week.ts';

export type * from './read-views.ts';

/** @param url of the database, with the role of the pages */
export function openRead(url: string) {
  const views = openViews(url);
  return {
    ...inbox(views),
    ...awareness(views),
    ...chat(views),
    ...cycle(views),
    ...tasks(views),
    ...review(views),
    ...learnings(views),
    ...week(views),
    ...settings(views),
    ...memory(views),
    close: () => views.db.$disconnect(),
  };
}
export type Read = ReturnType<typeof openRead>;
