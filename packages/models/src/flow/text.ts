// Text from outside: cut to what matters, cleaned of what a terminal or a page could trip over, fenced as data.

/**
 * What moves, hides, reorders or joins what stands around it on a page or a terminal, or has no glyph:
 * controls, formats, line and paragraph separators, lone surrogates, whatever may be ignored, and a blank
 * that is no space (https://trojansource.codes). Newline and tab are not.
 */
export const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/**
 * What is of these kinds and seen all the same, because of what it stands with: of an emoji its variation and
 * what joins it to others, a keycap, and a joiner between two letters of a script that is written with it
 * (RFC 5892, appendix A.1 and A.2).
 */
const TONE = '[\\u{1f3fb}-\\u{1f3ff}]?';
const EMOJI = `\\p{Extended_Pictographic}${TONE}[\\ufe0e\\ufe0f]?(?:\\u200d\\p{Extended_Pictographic}${TONE}\\ufe0f?)*|[0-9#*]\\ufe0f\\u20e3`;
const JOINED = `(?!${HIDDEN.source})[${[
  'Arab',
  'Syrc',
  'Nkoo',
  'Mong',
  'Deva',
  'Beng',
  'Guru',
  'Gujr',
  'Orya',
  'Taml',
  'Telu',
  'Knda',
  'Mlym',
  'Sinh',
  'Khmr',
  'Mymr',
]
  .map((script) => `\\p{Script=${script}}`)
  .join('')}]`;
const SEEN = `${EMOJI}|(?<=${JOINED})[\\u200c\\u200d](?=${JOINED})`;
const SEEN_OR_HIDDEN = new RegExp(`(${SEEN})|${HIDDEN.source}`, HIDDEN.flags);

/**
 * The text with everything hidden in it replaced; not what only looks like it and is seen.
 * @param instead gives what stands there for one hidden character
 */
export const withoutHidden = (text: string, instead: (hidden: string) => string): string =>
  text.replace(SEEN_OR_HIDDEN, (c, seen?: string) => seen ?? instead(c));

/** A pile of marks on one letter covers the lines around it. */
const PILED = /(?<=\p{M}{6})\p{M}/gu;
const COLOURS = /\u001b\[[0-9;]*m/g;

/**
 * Words of somebody else in several lines, as a person may decide by them: everything that moves, hides or
 * reorders is spelt out
 * (`[U+202E]`), so that what acts on a text acts on what was read. Colours of a terminal go. Once more
 * changes nothing.
 * @returns text that is shown and acted on alike
 */
export const spellOut = (text: string): string => spelledOut(uncoloured(text));
const uncoloured = (text: string): string => text.replace(/\r\n/g, '\n').replace(COLOURS, '');
const spelledOut = (text: string): string => withoutHidden(text, named).replace(PILED, named);

/**
 * The same of a text that is not at its end: without what only the next characters can say how to spell.
 * What was given out before
 * stands at the beginning of all that is given out later.
 * @param text all that has come until now, not only what is new
 */
export const spellOutSoFar = (text: string): string =>
  spelledOut(decided(uncoloured(text.replace(CUT_SEQUENCE, ''))));
const CUT_SEQUENCE = /(?:\r|\u001b(?:\[[0-9;]*)?)$/;
const ONE_HIDDEN = new RegExp(`^${HIDDEN.source}$`, 'u');

/** Without what hides at the end. Looked at from there: an expression would begin anew at each of them. */
function decided(text: string): string {
  let end = text.length;
  while (end > 0) {
    const size = text.slice(end - 2, end).codePointAt(0)! > 0xffff ? 2 : 1;
    if (!ONE_HIDDEN.test(text.slice(end - size, end))) break;
    end -= size;
  }
  return text.slice(0, end);
}

/**
 * The text without what of these characters it ends in.
 * @param characters each of them, in any order
 */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

/**
 * One line with nothing hidden in it, at most `max` characters.
 * @param text in whatever language; line breaks become spaces
 */
export function cleanTitle(text: string, max = 120): string {
  const line = text
    .replace(HIDDEN, (c) => (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(c) ? ' ' : ''))
    .replace(/\s+/g, ' ')
    .trim();
  // Half a character at the cut would be hidden again.
  return line.length > max
    ? `${line
        .slice(0, max - 1)
        .replace(/[\ud800-\udbff]$/, '')
        .trimEnd()}…`
    : line;
}

/**
 * Text without NUL (Postgres refuses it) and lone surrogates, cut at `max` with a note.
 * @param max characters; the note comes on top
 */
export function cleanText(text: string, max: number): string {
  const plain = text.replaceAll('\u0000', '').toWellFormed();
  return plain.length > max
    ? `${plain.slice(0, max)}\n… (${plain.length - max} more characters were cut)`
    : plain;
}

/**
 * The text with everything hidden in it spelt out, so that what a person reads is what is there; for what
 * is not a plain space, too.
 * @returns hidden characters as `\u{…}`
 */
export const visible = (text: string): string => text.replace(HIDDEN, spelt).replace(/(?! )\p{Zs}/gu, spelt);
const spelt = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

/**
 * The same on one line, for a diff or a terminal.
 * @returns hidden characters as `[U+202E]`
 */
export const reveal = (text: string): string => text.replace(HIDDEN_IN_LINE, named);
const named = (character: string): string =>
  character === '\r'
    ? '[CR]'
    : `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;
/**
 * The same for JSON: escapes of its own, so that it reads back as it was.
 * @param json a whole text of JSON
 * @returns JSON of the same value
 */
export const escapeHidden = (json: string): string =>
  json.replace(HIDDEN_IN_LINE, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
const HIDDEN_IN_LINE = new RegExp(`\\n|${HIDDEN.source}`, HIDDEN.flags);

const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*(\u0007|\u001b\\)/g;
const TIMESTAMP = /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z /;
const TELLING =
  /##\[error\]|\b(error|fail(ed|ure)?|panic|exception|traceback|assert\w*|expected|received|not ok|cannot find)\b|✖|✕|×/i;

/**
 * Cuts a CI job's log to what a repair needs: the lines around each telling line and the end.
 * @param maxChars length of the result at most
 */
export function cutLog(log: string, maxChars = 6_000): string {
  const lines = log.split('\n').map((l) => clip(l.replace(TIMESTAMP, '').replace(ANSI, '').trimEnd(), 400));
  const keep = new Set<number>();
  lines.forEach((line, i) => {
    if (TELLING.test(line))
      for (let j = Math.max(0, i - 3); j <= Math.min(lines.length - 1, i + 8); j++) keep.add(j);
  });
  for (let i = Math.max(0, lines.length - 15); i < lines.length; i++) keep.add(i);
  const out: string[] = [];
  let before = -1;
  for (const i of [...keep].sort((a, b) => a - b)) {
    if (i > before + 1) out.push(`… ${i - before - 1} lines left out …`);
    out.push(lines[i]!);
    before = i;
  }
  const text = out.join('\n').trim();
  if (text.length <= maxChars) return text;
  const head = Math.floor(maxChars * 0.4);
  return `${text.slice(0, head)}\n… cut …\n${text.slice(text.length - (maxChars - head - 10))}`;
}

/**
 * The lines of a log that say what went wrong, each once, at most `max`; those at its end when none does.
 * @returns lines without colours and times, 300 characters of each at most
 */
export function tellingLines(log: string, max = 20): string[] {
  const lines = log.split('\n').map((l) => clip(l.replace(TIMESTAMP, '').replace(ANSI, '').trim(), 300));
  const telling = [...new Set(lines.filter((l) => TELLING.test(l)))];
  return telling.length > 0 ? telling.slice(0, max) : lines.filter((l) => l !== '').slice(-5);
}

const clip = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max)}…` : text);

/**
 * Fences outside text, so that a prompt can say "this is data". The fence is longer than any run of
 * backticks inside.
 * @param label says what is in it, behind the opening ticks
 */
export function fence(text: string, label: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${label}\n${text}\n${ticks}`;
}

/** What is kept of one diff, in characters. */
export const MAX_DIFF_CHARS = 2_000_000;
