// Made-up comments of a review, for tests of what becomes of them.
import { reviewCommented } from '@mainloop/models/events/review';

type Comment = Parameters<typeof reviewCommented.new>[0]['payload'];
type Commented = ReturnType<typeof reviewCommented.new>;

/** @param over what of it matters; else the user said it in the app, of the change as a whole, and it was sent */
export const comment = (id: string, over: Partial<Comment> = {}): Comment => ({
  id,
  path: null,
  side: 'new',
  startLine: null,
  line: null,
  sha: null,
  quote: '',
  text: 'Why?',
  author: 'you',
  via: 'app',
  state: 'open',
  forgeId: null,
  ...over,
});

/** @returns the event that says that its author made it */
export const commented = (taskId: string, id: string, over: Partial<Comment> = {}): Commented => {
  const payload = comment(id, over);
  return reviewCommented.new({ taskId, actor: payload.author, payload });
};

/** @returns the event of what an agent found in a second look */
export const found = (
  taskId: string,
  id: string,
  weight: NonNullable<Comment['weight']>,
  over: Partial<Comment> = {},
): Commented => commented(taskId, id, { author: 'agent', via: 'look', weight, ...over });
