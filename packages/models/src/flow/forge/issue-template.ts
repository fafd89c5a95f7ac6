// The issue of a plan in a repository that has templates or forms for issues. Pure.
import { joined, ours, templateWords, type ForgeText } from './text.ts';

/**
 * Where GitHub looks for them:
 * https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/about-issue-and-pull-request-templates
 */
export const ISSUE_TEMPLATE_FOLDER = '.github/ISSUE_TEMPLATE';
/** Where the one of older repositories lies, in GitHub's order. */
export const OLD_ISSUE_TEMPLATE_FOLDERS = ['.github', '', 'docs'] as const;
/** @param name of a file in `ISSUE_TEMPLATE_FOLDER`; `config.yml` there is none, it says how the list is shown */
export const isIssueTemplate = (name: string): boolean =>
  /\.(md|ya?ml)$/i.test(name) && !/^config\.ya?ml$/i.test(name);
/** @param name of a file in one of the old folders */
export const isOldIssueTemplate = (name: string): boolean => /^issue_template(\.(md|txt))?$/i.test(name);

const NOTHING = ours``;

/** A longer one is no template for a person. */
const MAX_CHARS = 20_000;
/** Of all of a repository together: what is made to be slow costs half a second for the longest one. */
const MAX_ALL_CHARS = 40_000;
const MAX_FIELDS = 60;
/** Of labels and of people; as many people as GitHub takes. */
const MAX_NAMED = 10;
const MAX_NAME_CHARS = 50;

export interface IssueTemplate {
  /** What people choose it by: its name and what it says it is for, or the name of its file. */
  readonly about: string;
  /** What its titles begin with, as "[Feature]: "; '' for none. */
  readonly prefix: ForgeText;
  /** Its parts, in order; the first may have no heading. */
  readonly sections: readonly Section[];
  readonly fields: IssueFields;
}
/** What an issue that is made from a template has besides its words. */
export interface IssueFields {
  readonly labels: readonly string[];
  /** Logins. */
  readonly assignees: readonly string[];
  /** The name of a type, as an organisation has them; '' for none. */
  readonly type: string;
}
interface Section {
  /** As it stands there: "## What happened?", "**Describe the bug**"; '' for none. */
  readonly heading: string;
  readonly rest: string;
  /** Whether words fit in: not in a list of boxes. */
  readonly takesWords: boolean;
}

/** @throws where it is no YAML, or where aliases would make it grow */
export type ReadYaml = (text: string) => unknown;

/**
 * Reads the templates of a repository, in their order, as long as they are not too much together; one that is
 * left out is as if it was not there.
 * @param found by the names of their files
 */
export function readIssueTemplates(
  found: readonly { readonly name: string; readonly text: string }[],
  parse: ReadYaml,
): IssueTemplate[] {
  let left = MAX_ALL_CHARS;
  return found.flatMap(({ name, text }) => {
    const chars = Math.min(text.length, MAX_CHARS);
    if (chars > left) return [];
    left -= chars;
    return readIssueTemplate(name, text, parse) ?? [];
  });
}

/**
 * @param file its name, as "bug_report.yml"
 * @returns null for what is no template, as YAML that cannot be read
 */
export function readIssueTemplate(file: string, text: string, parse: ReadYaml): IssueTemplate | null {
  const whole = text.slice(0, MAX_CHARS).replaceAll('\r\n', '\n');
  if (/\.ya?ml$/i.test(file)) return readForm(file, readYaml(whole, parse));
  const front = /^---[ \t]*\n([\s\S]*?)\n---[ \t]*(?:\n|$)/.exec(whole);
  const said = front === null ? {} : (readYaml(front[1]!, parse) ?? {});
  return {
    ...nameOf(file, said, said.about),
    sections: sectionsOf(front === null ? whole : whole.slice(front[0].length)),
  };
}

type Yaml = Readonly<Record<string, unknown>>;
const isYaml = (value: unknown): value is Yaml =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
function readYaml(text: string, parse: ReadYaml): Yaml | null {
  try {
    const read: unknown = parse(text);
    return isYaml(read) ? read : null;
  } catch {
    // It is no YAML: GitHub does not offer such a template either.
    return null;
  }
}
const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const lineOf = (value: unknown): string => wordsOf(value).replace(/\s+/g, ' ').trim();

/** A list, or the words of one between commas: both are GitHub's. */
function namesOf(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : wordsOf(value).split(',');
  const names = all.map(lineOf).filter((name) => name !== '' && name.length <= MAX_NAME_CHARS);
  return [...new Set(names)].slice(0, MAX_NAMED);
}
const LOGIN = /^[\w-]{1,39}$/;
function fieldsOf(said: Yaml): IssueFields {
  const type = lineOf(said.type);
  return {
    labels: namesOf(said.labels),
    assignees: namesOf(said.assignees).filter((login) => LOGIN.test(login)),
    type: type.length <= MAX_NAME_CHARS ? type : '',
  };
}

function nameOf(
  file: string,
  said: Yaml,
  about: unknown,
): Pick<IssueTemplate, 'about' | 'prefix' | 'fields'> {
  const prefix = /^(?:\[[^\]\n]{1,40}\]:?|[\w-]{1,20}(?:\([\w-]{1,20}\))?:)/.exec(lineOf(said.title))?.[0];
  return {
    about: [file, lineOf(said.name), lineOf(about)].join(' ').replaceAll('_', ' '),
    prefix: prefix === undefined ? NOTHING : ours`${templateWords(prefix)} `,
    fields: fieldsOf(said),
  };
}

/**
 * https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
 */
function readForm(file: string, form: Yaml | null): IssueTemplate | null {
  if (form === null || !Array.isArray(form.body)) return null;
  const sections = form.body.slice(0, MAX_FIELDS).flatMap((field: unknown): Section[] => {
    const { type, attributes } = isYaml(field) ? field : {};
    const said = isYaml(attributes) ? attributes : {};
    const label = lineOf(said.label);
    // What is Markdown there is for whoever fills the form in; it is no part of the issue.
    if (label === '' || typeof type !== 'string' || type === 'markdown') return [];
    const boxes = Array.isArray(said.options) ? said.options : [];
    const rest =
      type === 'checkboxes'
        ? boxes.map((box: unknown) => `- [ ] ${lineOf(isYaml(box) ? box.label : box)}`).join('\n')
        : '_No response_';
    return [{ heading: `### ${label}`, rest, takesWords: type === 'textarea' || type === 'input' }];
  });
  return { ...nameOf(file, form, form.description), sections };
}

/** A heading, or a line in bold as GitHub's own examples have it. */
const HEADING = /^(?=#{1,6}[ \t]\S|\*\*[^*\n]+\*\*[ \t]*$)/m;
function sectionsOf(text: string): Section[] {
  const clean = text
    .replace(/<!--[\s\S]*?(-->|$)/g, '')
    .replace(/^([ \t]*(?:[-*+]|\d+[.)])[ \t]+)\[[xX]\]/gm, '$1[ ]')
    .replace(/^A clear and concise description .*$/gim, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return clean
    .split(HEADING)
    .filter((s) => s.trim() !== '')
    .map((s) => {
      const heading = /^(?:#{1,6}[ \t]|\*\*)/.test(s) ? s.split('\n')[0]!.trimEnd() : '';
      const rest = s.slice(heading.length).trim();
      return { heading, rest, takesWords: !/^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\[ \]/m.test(rest) };
    });
}

const FOR_BUGS = /\b(bugs?|defects?|regressions?|crash(es)?|problems?)\b/i;
const FOR_WISHES = /\b(features?|enhancements?|improvements?|requests?|proposals?|suggestions?|ideas?)\b/i;
const FOR_WORK = /\b(tasks?|chores?|work|tech(nical)? debt|maintenance|general|default|issue template)\b/i;
const IS_BUG =
  /\b(fix(es|ed)?|bugs?|broken|breaks?|crash(es|ed)?|fails?|wrong|regression|errors?|loses?|lost)\b/i;

/**
 * @param asked what the task was asked to do, with its title
 * @returns the one that a person would take; null when none of them is for such a thing
 */
export function chooseIssueTemplate(
  templates: readonly IssueTemplate[],
  asked: string,
): IssueTemplate | null {
  const of = (is: RegExp): IssueTemplate | undefined => templates.find((t) => is.test(t.about));
  const [bug, wish] = [
    of(FOR_BUGS),
    templates.find((t) => FOR_WISHES.test(t.about) && !FOR_BUGS.test(t.about)),
  ];
  const fitting = IS_BUG.test(asked) ? bug : wish;
  return fitting ?? of(FOR_WORK) ?? null;
}

/** Where what is asked for belongs, best first. */
const PLACES = [
  /\b(what happened|actual behaviou?r|describe the (bug|issue|problem)|bug description)\b/i,
  /\b(describe the (feature|solution|change)|solution you'd like|feature description|proposal|proposed)\b/i,
  /\b(description|summary|overview|request|what)\b/i,
  /\b(problem|motivation|why|details|describe)\b/i,
];

/**
 * Fills in what is asked for. Everything else stays as the repository wrote it, and every box is open:
 * whoever ticks it has looked.
 * @param asked as a quotation
 */
export function fillIssueTemplate({ sections }: IssueTemplate, asked: ForgeText): ForgeText {
  const fits = (is: RegExp): number => sections.findIndex((s) => s.takesWords && is.test(s.heading));
  const place = PLACES.map(fits).find((n) => n >= 0) ?? -1;
  const filled = sections.map(({ heading, rest }, n): ForgeText => {
    const below = rest === '_No response_' ? '' : rest;
    const parts =
      n === place
        ? [templateWords(heading), asked, templateWords(below)]
        : [templateWords(heading), templateWords(rest)];
    return joined(
      parts.filter((part) => part !== ''),
      '\n\n',
    );
  });
  return ours`${joined([...(place < 0 ? [asked] : []), ...filled], '\n\n')}`;
}

/**
 * @param unset what of a template's fields the forge did not take
 * @returns a sentence for the person; '' where it took all of them
 */
export function sayUnset({ labels, assignees, type }: IssueFields): string {
  const parts = [
    labels.length === 0 ? '' : `${labels.length === 1 ? 'label' : 'labels'} ${labels.join(', ')}`,
    assignees.length === 0 ? '' : `assigned to ${assignees.join(', ')}`,
    type === '' ? '' : `type ${type}`,
  ].filter((part) => part !== '');
  if (parts.length === 0) return '';
  return `The issue goes without what its template asks for (${parts.join('; ')}): the repository has no such thing, or the token may not set it.`;
}
