// A whole form, out of the text that was kept of it. Pure.

/** @returns the form that a draft holds; null where it holds none of ours */
export function formIn(text: string): Record<string, unknown> | null {
  try {
    const form: unknown = JSON.parse(text);
    return typeof form === 'object' ? ((form ?? {}) as Record<string, unknown>) : null;
  } catch {
    // No form of ours.
    return null;
  }
}

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
