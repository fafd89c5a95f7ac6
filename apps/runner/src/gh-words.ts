// What `gh` inside a sandbox understands, and how it prints what it read: like the GitHub CLI where nobody sits at a
// terminal, with tabs. Pure.
import { own } from '@mainloop/models/flow/look';

export type Wish =
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'about'; readonly of: 'repo' | 'auth' }
  | {
      readonly kind: 'view';
      readonly of: Topic;
      readonly number: number | null;
      readonly json: Fields;
      readonly comments: boolean;
    }
  | {
      readonly kind: 'list';
      readonly of: Topic | 'run';
      readonly state: string;
      readonly limit: number;
      readonly json: Fields;
    }
  | { readonly kind: 'status' }
  | { readonly kind: 'checks'; readonly number: number | null }
  | { readonly kind: 'diff'; readonly number: number | null }
  | { readonly kind: 'comment'; readonly of: Topic; readonly number: number | null; readonly body: string }
  | { readonly kind: 'run'; readonly id: number; readonly log: 'none' | 'all' | 'failed' }
  | { readonly kind: 'api'; readonly path: string };
export type Topic = 'pull' | 'issue';
type Fields = readonly string[] | null;

const USAGE = `This is mainloop's gh: it reads the repository of this task, and comments on the task's own pull request and issue.
gh pr view|checks|diff|status|list [NUMBER] [--json FIELDS] [--comments]
gh pr comment [NUMBER] --body TEXT
gh issue view|list NUMBER [--json FIELDS] [--comments]
gh issue comment [NUMBER] --body TEXT
gh run list, gh run view ID [--log|--log-failed]
gh api PATH (GET of repos/{owner}/{repo}/...)
gh repo view`;

/** What mainloop does itself, at its own time, or what is for a person: and where it stands. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'pr create': 'mainloop opens the pull request itself when you push your branch.',
  'pr merge': 'A person decides about the merge; mainloop does it then.',
  'pr ready': 'mainloop marks it ready when CI is green.',
  'pr close': 'A person closes it. If the work should stop, say so: mainloop ask "question".',
  'pr edit':
    'mainloop writes title and text of the pull request. What you want to say stands in: gh pr comment --body TEXT.',
  'pr review': 'A person reviews. Answer a comment with: mainloop reply COMMENT "what you did about it".',
  'pr checkout':
    'The sandbox has one branch, that of the task. Look at another with: git fetch origin, git show.',
  'issue create': 'Tell the person instead: mainloop say "text", or mainloop ask "question".',
  'issue close': 'mainloop closes the issue of the task when its change is merged.',
  'run rerun':
    'mainloop runs CI again when that can turn it. Push a commit, or say what is wrong: mainloop say "text".',
  'run watch': 'End your turn: mainloop waits for CI and wakes you with what is red.',
  'run download': 'Artifacts are not for agents to read. Read the log: gh run view ID --log.',
};

/** Options that take a value, and what they are called in short. */
const VALUED: Readonly<Record<string, string>> = {
  '--json': 'json',
  '--body': 'body',
  '-b': 'body',
  '--body-file': 'file',
  '-F': 'file',
  '--repo': 'repo',
  '-R': 'repo',
  '--limit': 'limit',
  '-L': 'limit',
  '--state': 'state',
  '-s': 'state',
  '--method': 'method',
  '-X': 'method',
};
const FLAGS = new Set(['--comments', '-c', '--log', '--log-failed', '--required']);

interface Given {
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly flags: ReadonlySet<string>;
  readonly unknown: string | null;
}

function read(args: readonly string[]): Given {
  const words: string[] = [];
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const [name = '', ...rest] = args[i]!.startsWith('--') ? args[i]!.split('=') : [args[i]!];
    const valued = own(VALUED, name);
    if (valued !== undefined) values.set(valued, rest.length > 0 ? rest.join('=') : (args[++i] ?? ''));
    else if (FLAGS.has(name)) flags.add(name);
    else if (name.startsWith('-') && name !== '-')
      return { words, values: Object.fromEntries(values), flags, unknown: name };
    else words.push(args[i]!);
  }
  return { words, values: Object.fromEntries(values), flags, unknown: null };
}

const refused = (why: string): Wish => ({ kind: 'refused', why });

/**
 * @param args behind `gh`
 * @param readFile for `--body-file`; "-" is what comes in
 */
export function wishOf(args: readonly string[], readFile: (name: string) => string): Wish {
  const [group = '', verb = ''] = args;
  if (['', 'help', '--help', '-h'].includes(group)) return refused(USAGE);
  const given = read(group === 'api' ? args.slice(1) : args.slice(2));
  const notHere = own(NOT_HERE, `${group} ${verb}`);
  if (notHere !== undefined) return refused(`gh ${group} ${verb} is not for agents. ${notHere}`);
  if (given.unknown !== null)
    return refused(
      `gh here does not know ${given.unknown}. It prints plain text and --json; pick what you need with jq or node.`,
    );
  if (group === 'api') return apiOf(given);
  if (group === 'repo' && verb === 'view') return { kind: 'about', of: 'repo' };
  if (group === 'auth' && verb === 'status') return { kind: 'about', of: 'auth' };
  if (group === 'run') return runOf(verb, given);
  if (group === 'pr' || group === 'issue') return pageOf(group, verb, given, readFile);
  return refused(`gh ${[group, verb].join(' ').trim()} is not here.\n${USAGE}`);
}

function apiOf({ words, values }: Given): Wish {
  if (
    (values.method ?? 'GET').toUpperCase() !== 'GET' ||
    values.body !== undefined ||
    values.file !== undefined
  )
    return refused('gh api only reads here: GET, without fields. To comment: gh pr comment --body TEXT.');
  if (words[0] === 'graphql')
    return refused('gh api graphql is not here. Read by REST: gh api repos/{owner}/{repo}/pulls/1');
  return words.length === 1
    ? { kind: 'api', path: words[0]! }
    : refused('gh api wants one path: gh api repos/{owner}/{repo}/pulls/1');
}

function runOf(verb: string, { words, values, flags }: Given): Wish {
  if (verb === 'list') return listOf('run', values);
  const id = numberOf(words[0]);
  if (verb !== 'view') return refused(`gh run ${verb} is not here.\n${USAGE}`);
  if (typeof id !== 'number') return refused('gh run view wants the id of a run: gh run list shows them.');
  const log = flags.has('--log') ? 'all' : 'none';
  return { kind: 'run', id, log: flags.has('--log-failed') ? 'failed' : log };
}

function pageOf(group: 'pr' | 'issue', verb: string, given: Given, readFile: (name: string) => string): Wish {
  const of: Topic = group === 'pr' ? 'pull' : 'issue';
  const number = numberOf(given.words[0]);
  if (verb === 'list') return listOf(of, given.values);
  if (number === 'odd')
    return refused(`gh ${group} ${verb} takes the number here, as in: gh ${group} ${verb} 12`);
  const json = fieldsOf(given.values);
  const comments = given.flags.has('--comments') || given.flags.has('-c');
  if (verb === 'view') return { kind: 'view', of, number, json, comments };
  if (verb === 'comment') {
    const body = given.values.body ?? (given.values.file === undefined ? '' : readFile(given.values.file));
    return body.trim() === ''
      ? refused(`gh ${group} comment wants its text: gh ${group} comment --body TEXT`)
      : { kind: 'comment', of, number, body };
  }
  if (of === 'pull' && verb === 'status') return { kind: 'status' };
  if (of === 'pull' && verb === 'checks') return { kind: 'checks', number };
  if (of === 'pull' && verb === 'diff') return { kind: 'diff', number };
  return refused(`gh ${group} ${verb} is not here.\n${USAGE}`);
}

function listOf(of: Topic | 'run', values: Given['values']): Wish {
  const limit = Math.max(1, Math.min(100, Number(values.limit ?? 30) || 30));
  const state = values.state ?? 'open';
  return ['open', 'closed', 'merged', 'all'].includes(state)
    ? { kind: 'list', of, state, limit, json: fieldsOf(values) }
    : refused('--state is one of open, closed, merged, all.');
}

const fieldsOf = (values: Given['values']): Fields =>
  values.json === undefined ? null : values.json.split(',').map((name) => name.trim());

/** @returns null where none is given: that of the task is meant; also out of an address of a page */
function numberOf(word: string | undefined): number | null | 'odd' {
  if (word === undefined) return null;
  const digits = /^(?:#?|https?:\/\/\S+\/(?:pull|issues)\/)(\d{1,12})$/.exec(word)?.[1];
  return digits === undefined ? 'odd' : Number(digits);
}

/** A pull request or an issue, as REST has it. */
export interface Page {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly state: string;
  readonly html_url: string;
  readonly user: { readonly login: string } | null;
  readonly labels?: readonly { readonly name: string }[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly merged_at?: string | null;
  readonly draft?: boolean;
  readonly head?: { readonly ref: string; readonly sha: string };
  readonly base?: { readonly ref: string };
  readonly additions?: number;
  readonly deletions?: number;
  readonly changed_files?: number;
  readonly pull_request?: unknown;
}
const stateOf = (page: Page): string => (page.merged_at ? 'MERGED' : page.state.toUpperCase());

const FIELDS: Readonly<Record<string, (page: Page) => unknown>> = {
  number: (page) => page.number,
  title: (page) => page.title,
  body: (page) => page.body ?? '',
  state: stateOf,
  url: (page) => page.html_url,
  author: (page) => ({ login: page.user?.login ?? 'ghost' }),
  labels: (page) => (page.labels ?? []).map(({ name }) => ({ name })),
  createdAt: (page) => page.created_at,
  updatedAt: (page) => page.updated_at,
  mergedAt: (page) => page.merged_at ?? null,
  isDraft: (page) => page.draft ?? false,
  headRefName: (page) => page.head?.ref ?? null,
  headRefOid: (page) => page.head?.sha ?? null,
  baseRefName: (page) => page.base?.ref ?? null,
  additions: (page) => page.additions ?? null,
  deletions: (page) => page.deletions ?? null,
  changedFiles: (page) => page.changed_files ?? null,
};

/** @returns the fields that are wanted, or one sentence about one that is not here */
export function pickFields(page: Page, fields: readonly string[]): Record<string, unknown> | string {
  const odd = fields.find((name) => !Object.hasOwn(FIELDS, name));
  if (odd !== undefined) return `Unknown JSON field: "${odd}". Here are: ${Object.keys(FIELDS).join(', ')}`;
  return Object.fromEntries(fields.map((name) => [name, own(FIELDS, name)!(page)]));
}

/** @returns a page in lines of name and value, then its text */
export function printPage(page: Page): string {
  const lines: readonly (readonly [string, unknown])[] = [
    ['title', page.title],
    ['state', page.draft === true && page.state === 'open' ? 'DRAFT' : stateOf(page)],
    ['author', page.user?.login ?? 'ghost'],
    ['labels', (page.labels ?? []).map(({ name }) => name).join(', ')],
    ['number', page.number],
    ['url', page.html_url],
    ...(page.head === undefined
      ? []
      : [['branch', page.head.ref] as const, ['base', page.base?.ref] as const]),
    ...(page.additions === undefined
      ? []
      : [['additions', page.additions] as const, ['deletions', page.deletions] as const]),
  ];
  return `${lines.map(([name, value]) => `${name}:\t${String(value)}`).join('\n')}\n--\n${page.body ?? ''}\n`;
}

/** @returns one line of a list */
export const printRow = (page: Page): string =>
  [
    page.number,
    page.title,
    page.head?.ref ?? '',
    page.draft === true ? 'DRAFT' : stateOf(page),
    page.created_at,
  ].join('\t');

export interface CheckRun {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly html_url: string | null;
  readonly started_at?: string | null;
  readonly completed_at?: string | null;
}
export interface StatusLine {
  readonly context: string;
  readonly state: string;
  readonly target_url?: string | null;
}

const PASSED = new Set(['success', 'neutral']);
const bucketOf = (run: CheckRun): string => {
  if (run.status !== 'completed') return 'pending';
  if (run.conclusion === 'skipped') return 'skipping';
  return PASSED.has(run.conclusion ?? '') ? 'pass' : 'fail';
};
const STATUS: Readonly<Record<string, string>> = { success: 'pass', pending: 'pending' };

/** @returns the lines of all checks, and the code that gh ends with: 0 all passed, 8 some are pending, 1 else */
export function printChecks(
  runs: readonly CheckRun[],
  statuses: readonly StatusLine[],
): { readonly text: string; readonly code: 0 | 1 | 8 } {
  const lines = [
    ...runs.map((run) => [run.name, bucketOf(run), elapsed(run), run.html_url ?? ''] as const),
    ...statuses.map(
      (one) => [one.context, own(STATUS, one.state) ?? 'fail', '0', one.target_url ?? ''] as const,
    ),
  ];
  if (lines.length === 0) return { text: 'no checks reported on this branch\n', code: 1 };
  const has = (bucket: string): boolean => lines.some((line) => line[1] === bucket);
  const pending = has('pending') ? 8 : 0;
  return { text: `${lines.map((line) => line.join('\t')).join('\n')}\n`, code: has('fail') ? 1 : pending };
}

function elapsed(run: CheckRun): string {
  const seconds = Math.round((Date.parse(run.completed_at ?? '') - Date.parse(run.started_at ?? '')) / 1000);
  if (Number.isNaN(seconds) || seconds < 0) return '0';
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** @returns a job's log as gh prints it: each line with the job before it, without GitHub's times */
export const printLog = (job: string, log: string): string =>
  log
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => `${job}\t${line.replace(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z /, '')}\n`)
    .join('');
