// Whether two tabs hold the same form. Pure.
import { formIn } from '@mainloop/models/flow/inbox/draft-versions';

/**
 * Two tabs may hold the fields of a form in another order, and each would write its own for ever.
 * @returns whether two texts are the same form, or the same text
 */
export function isSameForm(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [formIn(one), formIn(other)];
  return first !== null && second !== null && inOrder(first) === inOrder(second);
}
const inOrder = (form: Record<string, unknown>): string =>
  JSON.stringify(Object.entries(form).toSorted(([a], [b]) => (a < b ? -1 : 1)));
