// The one way out of the command line. What an agent, a repository or a forge says must not move the cursor,
// set a title, fill the clipboard or turn a line around: whatever a terminal would act on is spelt out.
import { escapeHidden, reveal, withoutHidden } from '@mainloop/models/flow/text';

/**
 * One line, with everything that can't be seen spelt out: `[U+001B]`.
 * @returns a line that moves no cursor and hides nothing
 */
export const plainLine = (text: string): string => withoutHidden(text, reveal).replaceAll('\n', reveal);

/**
 * The same for several lines.
 * @returns lines, ended by LF alone
 */
export const plainLines = (text: string): string =>
  text.replaceAll('\r\n', '\n').split('\n').map(plainLine).join('\n');

/**
 * Data as JSON that a terminal shows as it is. JSON itself escapes only what is below a space.
 * @param indent in spaces; left out: one line
 */
export const plainJson = (data: unknown, indent?: number): string =>
  JSON.stringify(data, null, indent).split('\n').map(escapeHidden).join('\n');

/** A refusal may hold what others said: only its first line stands at the edge, where ours do. */
const indented = (text: string): string => plainLines(text).replaceAll('\n', '\n    ');

export interface Terminal {
  /** A result, for people or, asked for with --json, for programs. */
  out(data: unknown, text: string, art?: string): void;
  /** One of many that come one after the other: a line, for programs a line of JSON. */
  line(data: unknown, text: string): void;
  /** What goes on meanwhile; not for programs. */
  say(text: string): void;
  /** What happened beside the result, where stdout belongs to somebody else. */
  warn(text: string): void;
  /** Why there is no result. */
  fail(text: string): void;
}

/** @param isJson asked each time, because options are read late */
export function terminal(
  isJson: () => boolean,
  stdout: (text: string) => void,
  stderr: (text: string) => void,
): Terminal {
  return {
    // `art` is drawn by us, of escape sequences: a QR code.
    out: (data, text, art = '') =>
      stdout(isJson() ? `${plainJson(data, 2)}\n` : `${art}${plainLines(text)}\n`),
    line: (data, text) => stdout(`${isJson() ? plainJson(data) : plainLine(text)}\n`),
    say: (text) => stdout(`${plainLines(text)}\n`),
    warn: (text) => stderr(`${indented(text)}\n`),
    fail: (text) => (isJson() ? stdout(`${plainJson({ error: text })}\n`) : stderr(`${indented(text)}\n`)),
  };
}
