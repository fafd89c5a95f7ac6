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
