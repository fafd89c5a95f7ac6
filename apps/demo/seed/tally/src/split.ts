export type Share = [person: string, cents: number];

/** Splits `cents` evenly between people, in the order they are given. */
export function split(cents: number, people: readonly string[]): Share[] {
  const each = Math.floor(cents / people.length);
  return people.map((person) => [person, each]);
}
