// The body of a pull request in a repository that has a template for it. Pure.
import { joined, ours, templateWords, type ForgeText } from './text.ts';

/**
 * Where GitHub looks for one, in its order:
 * https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/creating-a-pull-request-template-for-your-repository
 */
export const TEMPLATE_FOLDERS = ['.github', '', 'docs'] as const;
/** @param name of a file in one of them */
export const isPullTemplate = (name: string): boolean => /^pull_request_template\.(md|txt)$/i.test(name);

/** A longer one is no template for a person. */
const MAX_CHARS = 20_000;

const WHAT = /\b(what|why|description|summary|changes?|overview|purpose|motivation|proposed)\b/i;
const ISSUE = /\b(issues?|tickets?|related|closes|fixes|resolves|references?)\b/i;
/** A line that waits for the number of an issue. */
const TO_FILL =
  /^[ \t]*(?:[-*][ \t]+)?(?:closes|fixes|resolves|issue|ticket)\b[: \t]*#?[ \t]*(?:\(?(?:issue|number|n+|x+)\)?)?[ \t]*$/gim;

interface PullWords {
  /** What was asked for and what the agent did. */
  readonly what: ForgeText;
  /** The line that closes the issue of the plan; null without one. */
  readonly closes: ForgeText | null;
}

/**
 * Fills in what is known: what was done, and which issue it closes. Everything else stays as the repository
 * wrote it, and every box is open: whoever ticks it has looked.
 * @param template of the default branch; its remarks for the writer are left out
 */
export function fillPullTemplate(template: string, { what, closes }: PullWords): ForgeText {
  const text = template
    .slice(0, MAX_CHARS)
    .replace(/<!--[\s\S]*?(-->|$)/g, '')
    .replace(/^([ \t]*(?:[-*+]|\d+[.)])[ \t]+)\[[xX]\]/gm, '$1[ ]')
    .replace(TO_FILL, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  // Each begins with its heading; the first may have none.
  const sections = text.split(/^(?=#{1,6}[ \t])/m).filter((s) => s.trim() !== '');
  const isHeaded = (line: string): boolean => /^#{1,6}[ \t]/.test(line);
  const titleOf = (line: string): string =>
    isHeaded(line) ? line.slice(0, line.indexOf('\n') < 0 ? undefined : line.indexOf('\n')) : '';
  const forIssue =
    closes === null ? -1 : sections.findIndex((s) => ISSUE.test(titleOf(s)) && !/\btype\b/i.test(titleOf(s)));
  const forWhat = sections.findIndex(
    (s, n) => n !== forIssue && WHAT.test(titleOf(s)) && !/\btype\b/i.test(titleOf(s)),
  );
  const filled = sections.map((section, n): ForgeText => {
    const words = { [forIssue]: closes, [forWhat]: what }[n] ?? null;
    const title = titleOf(section);
    const rest = section.slice(title.length).trim();
    if (words === null) return templateWords(section.trim());
    return joined(
      [templateWords(title), words, templateWords(rest)].filter((part) => part !== ''),
      '\n\n',
    );
  });
  const before = [...(closes !== null && forIssue < 0 ? [closes] : []), ...(forWhat < 0 ? [what] : [])];
  return ours`${joined([...before, ...filled], '\n\n')}`;
}
