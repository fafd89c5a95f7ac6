// Whose something is that waits in a browser. The same browser may be another person's a moment later, or the same
// address another server's.

/** The header with which a page says for whom it asks. */
export const PERSON_HEADER = 'mainloop-person';
