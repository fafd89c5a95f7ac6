// Whether a row has what its type says: the compiler believes the type that stands beside a statement, so a test has to look.
import { expect } from '@jest/globals';

/** What a row has to have: every name that its type says, so that one that is left out does not compile. */
export type Names<T> = Record<keyof T, true>;

/**
 * Fails where a row has another name than its type, or less.
 * @param row as a statement gave it; none is a failure as well
 */
export function expectNames<T extends object>(row: T | null | undefined, names: Names<T>): void {
  expect(row).not.toBeNull();
  expect(Object.keys(row!).toSorted()).toEqual(Object.keys(names).toSorted());
  expect(Object.values(row!)).not.toContain(undefined);
}
