// What goes out to the forge under the owner's name. Only text that went through here may: the Forge port
// takes nothing else. Pure.
import { cleanTitle, withoutHidden } from '../text.ts';

declare const passed: unique symbol;
/**
 * Text that may stand on the forge: our own sentences, a person's own words, and an agent's with what they
 * could set off taken out.
 */
export type ForgeText = string & { readonly [passed]: true };

/**
 * U+2060, the word joiner: it has no width and breaks no line, no regular expression takes it for white
 * space, and no trim takes it off. A backslash would show in code and in commit messages, and an entity
 * outside of Markdown.
 */
const JOINER = '\u2060';

/**
 * Our own sentences, with words that have passed.
 * @param parts only what has passed one of the functions below, or a number
 */
export function ours(strings: TemplateStringsArray, ...parts: readonly (ForgeText | number)[]): ForgeText {
  return strings.map((s, i) => s + String(parts[i] ?? '')).join('') as ForgeText;
}
/**
 * Passed parts, one after the other.
 * @param between also passed
 */
export const joined = (parts: readonly ForgeText[], between: string): ForgeText =>
  parts.join(between) as ForgeText;

/**
 * What a person wrote to be said under their own name: it stays as it is. Never for what a model wrote or
 * a stranger said.
 * @param text goes out unchanged
 */
export const personsWords = (text: string): ForgeText => text as ForgeText;

/**
 * What a repository's own template says: it looks as it was written, with its HTML and pictures, and sets nothing
 * off under the name of whoever opens what it is for. Anybody whose change was merged may have written it, an
 * agent too.
 * @param text without its comments
 */
export const templateWords = (text: string): ForgeText =>
  silent(base(text)).replace(/<(?=[!?])/g, `<${JOINER}`) as ForgeText;

/**
 * Words of an agent, or of anybody but the owner, in one line. They read as they were, and set nothing
 * off: no mention, no command
 * to a bot, no word that closes an issue, no trailer and no skipping of CI, no HTML, no hidden comment, no
 * picture from elsewhere.
 * @param max characters, the rest is cut with an ellipsis
 */
export function agentLine(text: string, max = 250): ForgeText {
  const line = base(text).replace(/\s+/g, ' ').trim();
  const chars = [...line];
  return disarmed(
    chars.length > max
      ? `${chars
          .slice(0, max - 1)
          .join('')
          .trimEnd()}…`
      : line,
  ) as ForgeText;
}

/**
 * The same for several lines, marked as a quotation, which also ends whatever they leave open: fences,
 * tables, lists.
 * @param max characters
 */
export function agentQuote(text: string, max = 50_000): ForgeText {
  return disarmed(cut(base(text).trim(), max))
    .split('\n')
    .map((l) => (l === '' ? '>' : `> ${l}`))
    .join('\n') as ForgeText;
}

/**
 * The same for output and code, in a fence that none of it can close.
 * @param max characters
 */
export function agentCode(text: string, max = 50_000): ForgeText {
  const inside = disarmed(cut(base(text).replace(/^\n+/, '').trimEnd(), max));
  const longest = Math.max(2, ...[...inside.matchAll(/`+/g)].map((m) => m[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}\n${inside}\n${ticks}` as ForgeText;
}

/** A picture of an agent with its caption, which no bracket in it ends. @param url as the forge itself gave it */
export function agentPicture(caption: string, url: string): ForgeText {
  const alt = agentLine(caption.replace(/[[\]\\`]/g, ''), 200);
  return `![${alt}](${url.replace(/[()<>\s]/g, '')})\n\n${agentQuote(caption, 200)}` as ForgeText;
}

/**
 * A short name in a code span: a path, a command, a commit.
 * @param max characters; back ticks in it become apostrophes
 */
export const agentName = (text: string, max = 300): ForgeText =>
  `\`${agentLine(text.replaceAll('`', "'"), max)}\`` as ForgeText;

const cut = (text: string, max: number): string =>
  text.length > max
    ? `${text.slice(0, max).toWellFormed()}\n… (${text.length - max} more characters were cut)`
    : text;

const LINE_ENDS = /\r\n|[\r\v\f\u001c-\u001e\u0085\u2028\u2029]/g;

/** One kind of line end, and nothing that can't be seen. */
const base = (text: string): string => withoutHidden(text.toWellFormed().replace(LINE_ENDS, '\n'), () => '');

/** Verbs by which forges close what is named behind them. GitHub: close, fix, resolve; others know more. */
const CLOSING =
  /\b(c)(los(?:e[sd]?|ing))\b|\b(f)(ix(?:e[sd]|ing)?)\b|\b(r)(esolv(?:e[sd]?|ing))\b|\b(i)(mplement(?:s|ed|ing)?)\b/gi;
/** Anything that could be what they close: a number with its sign, GH-1, an address. */
const REFERENCE = /#\s*\d|\bGH-\d|\/(issues|pull|pulls|merge_requests)\/|https?:/i;
/** Tools that listen to sentences instead of commands. */
const SENTENCES =
  /\b(r)(etest this please)\b|\b(t)(est this please)\b|\b(o)(k to test)\b|\b(a)(dd to whitelist)\b|\b(b)(ors\s+(?:r[+=-]|merge|try|retry|ping|delegate|d\+|p=))|(s)(kip-checks\s*:)|(\*)(\*\*NO_CI\*\*\*)/gi;

const SKIPPING = /\[(?=\s*(?:skip[ -]|ci[ -]?skip|no[ -]ci|actions[ -]?skip|rebase|merge))/gi;
const TRAILER =
  /\b([A-Za-z][A-Za-z-]*-by|Change-Id|Fixes|Closes|Refs|See-also|Cc|BREAKING[ -]CHANGE)(?=\s*:)/gi;
/** Not in an address of mail, which is no mention. */
const MENTION = /(?<![\w.+-])@(?=[\p{L}\p{N}])/u;

/** No HTML and no picture from elsewhere either. */
const disarmed = (text: string): string =>
  silent(text.replace(/<(?=[A-Za-z/!?])/g, `<${JOINER}`).replace(/!(?=\[)/g, `!${JOINER}`));

/** Nobody is called, nothing is closed, skipped, commanded or signed, and no entity says what a bot reads. */
function silent(text: string): string {
  const closing = REFERENCE.test(text);
  return (closing ? text.replace(CLOSING, split) : text)
    .replace(SENTENCES, split)
    .replace(/@/g, `@${JOINER}`)
    .replace(/&(?=#|[A-Za-z])/g, `&${JOINER}`)
    .replace(SKIPPING, `[${JOINER}`)
    .replace(TRAILER, `$1${JOINER}`)
    .replace(COMMAND, (whole) => `${whole}${JOINER}`);
}

/**
 * What bots read as a command: a sign before a word, at the start of a line, behind whatever may stand before
 * it there.
 */
const COMMAND = /^(?:\[[xX]\]|[^\p{L}\n])*?[/!.](?=[\p{L}_-])/gmu;

const split = (...found: unknown[]): string => {
  const [first, rest] = found.slice(1, -2).filter((x) => typeof x === 'string') as [string, string];
  return `${first}${JOINER}${rest}`;
};

/**
 * What a commit message that we can't rewrite would do on the default branch: close an issue, call somebody,
 * skip CI, speak for somebody in a trailer. It rather finds too much: what it costs is that such commits are
 * merged as one.
 * @returns the line that would, short enough for a sentence; null when none would
 */
export function setsOff(message: string): string | null {
  const text = base(message);
  const closing = REFERENCE.test(text);
  const acts = [...(closing ? [CLOSING] : []), SENTENCES, SKIPPING, TRAILER, MENTION];
  const line = text.split('\n').find((l) => acts.some((act) => l.search(act) >= 0));
  return line === undefined ? null : cleanTitle(line, 80);
}
