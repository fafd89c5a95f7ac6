// How much a JSON text would be once it is parsed, counted before it is: a few megabytes of brackets become
// gigabytes of objects. Pure.

const MAX_DEPTH = 100;
/** A long session of Claude Code with many tools has some thousands. */
const MAX_CONTAINERS = 100_000;
const MAX_VALUES = 500_000;

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d,
];

/** @returns why it is not parsed, or null. Says nothing about whether it is JSON at all */
export function tooHeavy(raw: Buffer): string | null {
  let depth = 0,
    containers = 0,
    commas = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at];
    if (byte === QUOTE) at = endOfString(raw, at);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} deep`;
      if (++containers > MAX_CONTAINERS) return `it has more than ${MAX_CONTAINERS} lists and objects`;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === COMMA && ++commas > MAX_VALUES) return `it has more than ${MAX_VALUES} values`;
  }
  return null;
}

/** @returns where the string that begins at `at` closes, or the end of the text */
function endOfString(raw: Buffer, at: number): number {
  for (let end = raw.indexOf(QUOTE, at + 1); end >= 0; end = raw.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (raw[end - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return raw.length;
}
