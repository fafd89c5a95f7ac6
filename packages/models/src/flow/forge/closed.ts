// What becomes of a pull request that somebody closed without merging it: a moment to open it again, then a
// question. Pure.
import { cleanTitle } from '../text.ts';
import type { Decision } from '../workflow.ts';

/** For so long nobody is asked: bots and people close and open again. */
export const CLOSED_GRACE_MS = 60_000;

/** @param by account of who closed it; '' when the forge does not say */
export const sayClosed = (by: string): string =>
  `${cleanTitle(by, 60) || 'Somebody'} closed the pull request.`;

/** What can be done about it, in the order in which it is offered. */
export const CLOSED_OPTIONS = [
  { label: 'Reopen' },
  { label: 'Stop the task' },
  { label: 'Keep the branch' },
] as const;
export const CLOSED_BODY =
  'Reopen it to go on where it stood. Stop the task to remove its branch, or keep the branch and stop there.';

type AfterClosed = 'reopen' | 'closed' | 'kept';
/** @returns what follows from a decision about a pull request that was closed */
export function afterClosed(decision: Decision): AfterClosed {
  if (decision === 'reopen') return 'reopen';
  return decision === 'keep' ? 'kept' : 'closed';
}
