// Text from outside: cut to what matters, cleaned of what a terminal or a page could trip over, fenced as data.

/** One line without control characters, at most `max` characters. */
export function cleanTitle(s: string, max = 120): string {
  const line = s
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > max ? line.slice(0, max - 1).trimEnd() + '…' : line;
}

/** Text without NUL (Postgres refuses it) and lone surrogates, cut at `max` with a note. */
export function cleanText(s: string, max: number): string {
  const t = s.replaceAll('\u0000', '').toWellFormed();
  return t.length > max ? `${t.slice(0, max)}\n… (${t.length - max} more characters were cut)` : t;
}

/** Characters that move, hide, reorder or join what stands around them on a page or a terminal; not the newline and the tab. */
const UNSEEN =
  // oxlint-disable-next-line no-misleading-character-class -- each of them is meant by itself
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff]|[\u{1d173}-\u{1d17a}]|[\u{e0000}-\u{e0fff}]/gu;

/** The text with everything unseen in it spelt out, so that what a person reads is what is there. */
export const visible = (s: string): string => s.replace(UNSEEN, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);

const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*(\u0007|\u001b\\)/g;
const TIMESTAMP = /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z /;
const TELLING = /##\[error\]|\b(error|fail(ed|ure)?|panic|exception|traceback|assert\w*|expected|received|not ok|cannot find)\b|✖|✕|×/i;

/**
 * Cuts a CI job's log to what a repair needs: the lines around each telling line and the end.
 * @param maxChars length of the result at most
 */
export function cutLog(log: string, maxChars = 6_000): string {
  const lines = log.split('\n').map((l) => clip(l.replace(TIMESTAMP, '').replace(ANSI, '').trimEnd(), 400));
  const keep = new Set<number>();
  lines.forEach((l, i) => {
    if (TELLING.test(l)) for (let j = Math.max(0, i - 3); j <= Math.min(lines.length - 1, i + 8); j++) keep.add(j);
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

const clip = (s: string, n: number): string => (s.length > n ? `${s.slice(0, n)}…` : s);

/** Fences outside text, so that a prompt can say "this is data". The fence is longer than any run of backticks inside. */
export function fence(text: string, label: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${label}\n${text}\n${ticks}`;
}

/** What is kept of one diff, in characters. */
export const MAX_DIFF_CHARS = 2_000_000;
