// What goes on with a task that stopped, and what the button for it is called. Pure.
import type { Inbox } from '@mainloop/models/db/read';
import { isGate } from '@mainloop/models/flow/review/gates';
import { isPaused } from '@mainloop/models/flow/runs/outcomes';

type Stopped = Inbox['failed'][number];

export interface Retry {
  readonly button: string;
  readonly says: string;
  readonly next: string;
  /** What the budget is raised to first, in cents; null where money is not what it stopped for. */
  readonly raisedCents: number | null;
  /** With nothing more to look at it may go on together with others. */
  readonly plain: boolean;
}

/**
 * What a task that stopped offers.
 * @returns the button's words, what is said after it, and in cents to what the budget is raised
 */
export function retryOf(task: Stopped): Retry {
  const raisedCents = Math.max(task.budgetCents * 2, Math.ceil(task.costMicrousd / 10_000) + 200);
  const raised = `$${(raisedCents / 100).toFixed(2)}`;
  if (task.failure?.code === 'budget')
    return {
      button: `Raise it to ${raised} and retry`,
      says: `Budget raised to ${raised}.`,
      next: 'It goes on.',
      raisedCents,
      plain: false,
    };
  if (isPaused(task.failure?.code))
    return {
      button: 'Resume',
      says: 'Resumed.',
      next: 'Claude goes on from where it stopped.',
      raisedCents: null,
      plain: false,
    };
  if (task.item !== null && isGate(task.item))
    return { button: 'Allow', says: 'Allowed.', next: '', raisedCents: null, plain: false };
  return {
    button: 'Retry',
    says: 'Retry.',
    next: 'It goes on.',
    raisedCents: null,
    plain: task.item !== null,
  };
}
