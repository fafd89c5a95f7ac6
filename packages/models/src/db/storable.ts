// What Postgres takes. It stores no U+0000, not even as an escape of JSON, and no half of a surrogate pair; JavaScript has
// both, and whoever sends us a text chooses it. A statement that fails of that would be told as a database that is away. Pure.

/** As `JSON.stringify` writes it: halves of pairs alone, and whole pairs as others escape them. */
const ESCAPES = /\\(?:u0000|ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|ud[89a-f][0-9a-f]{2}|.)/gi;
const isLone = (escape: string): boolean => /^\\u(?:0000|d[89a-f][0-9a-f]{2})$/i.test(escape);
const MAY_BE_JSON = /^\s*[[{"]/;

/** Words of a person may look like an escape; only in JSON they are one. */
function hasEscape(text: string): boolean {
  if (!MAY_BE_JSON.test(text) || !/\\u(?:0000|d[89a-f])/i.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // No JSON.
    return false;
  }
}

function storableText(text: string): string {
  const plain = (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text).toWellFormed();
  return hasEscape(plain) ? plain.replace(ESCAPES, (escape) => (isLone(escape) ? '\\ufffd' : escape)) : plain;
}

/**
 * The value of a statement as it can be stored: what no column takes has become U+FFFD, so an id that holds it is
 * nobody's, and words stay readable.
 * @param value as `pg` takes it
 */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  // What `pg` makes no JSON of: dates, bytes, and what says itself how it is written.
  if (value instanceof Date || ArrayBuffer.isView(value) || 'toPostgres' in value) return value;
  return storableText(JSON.stringify(value));
}
