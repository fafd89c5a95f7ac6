// Looking something up by a word from outside.

/**
 * What a record itself holds under a name. `record[name]` would also find what every object inherits:
 * "constructor", "__proto__".
 * @returns undefined where the record has no such name of its own
 */
export const own = <T>(record: Readonly<Record<string, T>>, name: PropertyKey): T | undefined =>
  Object.hasOwn(record, name) ? record[name as string] : undefined;
