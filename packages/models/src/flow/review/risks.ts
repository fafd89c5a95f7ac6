// What of a change deserves a second look before it counts, whoever wrote it. Pure: a diff in, a line for
// each finding out.
import { dependencyRisks } from './dependencies.ts';
import type { Diff, DiffFile } from './diff.ts';
import { weakenings } from './weakened-tests.ts';

/** From what is worst to what is only worth knowing. */
export const RISKS = [
  'secret',
  'tests',
  'ci',
  'migration',
  'dependency',
  'checks',
  'program',
  'link',
  'submodule',
  'binary',
  'unread',
] as const;
/** More than anybody reads of one change. */
export const MAX_RISKS = 60;
export type RiskKind = (typeof RISKS)[number];
export interface Risk {
  readonly kind: RiskKind;
  /** `path: what`; never the secret itself. */
  readonly text: string;
}

/**
 * @param diff as git writes it, read
 * @returns the worst first; a diff that is not whole is a finding itself, because what is missing may hold anything
 */
export function risksOf({ files, cut }: Diff): Risk[] {
  const found = [
    ...files.flatMap(risksOfFile),
    ...dependencyRisks(files).map((text): Risk => ({ kind: 'dependency', text })),
    ...(cut ? [{ kind: 'unread', text: 'The change is larger than what was looked at here.' } as const] : []),
  ];
  return found.sort((a, b) => RISKS.indexOf(a.kind) - RISKS.indexOf(b.kind));
}

function program({ newMode, change }: DiffFile): string | null {
  if (newMode !== '100755') return null;
  return change === 'added' ? 'a new program' : 'can be run as a program now';
}

function risksOfFile(file: DiffFile): Risk[] {
  const of = (kind: RiskKind, ...texts: readonly (string | null)[]): Risk[] =>
    texts.filter((t) => t !== null).map((t) => ({ kind, text: `${file.path}: ${t}` }));
  return [
    ...of('secret', ...secrets(file)),
    ...of('tests', ...weakenings(file)),
    ...of('ci', file.ci ? 'CI runs it, with the secrets of the repository' : null),
    ...of('migration', migration(file)),
    ...of('checks', ...checks(file)),
    ...of('program', program(file)),
    ...of('link', link(file)),
    ...of(
      'submodule',
      file.newMode === '160000' || file.oldMode === '160000' ? 'a commit of another repository' : null,
    ),
    ...of('binary', file.binary && file.change !== 'deleted' ? 'binary, so it can’t be read here' : null),
  ];
}

const addedLines = (file: DiffFile): readonly { readonly text: string; readonly new: number | null }[] =>
  file.lines.filter((l) => l.kind === 'add');

/** Shapes that hardly anything else has. What only may be a secret would make everybody blind to these. */
const SECRETS: readonly (readonly [what: string, shape: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['a key of AWS', /\b(?:AKIA|ASIA)(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b/],
  ['a token of GitHub', /\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{50,}\b/],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a token of PyPI', /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}/],
  ['a token of Slack', /\bxox[abprs]-[0-9]{8,}-[A-Za-z0-9-]{10,}/],
  ['a key of Google', /\bAIza[A-Za-z0-9_-]{35}\b/],
  ['a live key of Stripe', /\b[rs]k_live_[A-Za-z0-9]{20,}\b/],
  ['a key of Anthropic', /\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{20,}/],
  ['a key of OpenAI', /\bsk-(?:proj-[A-Za-z0-9_-]{40,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})/],
];
const SECRET_FILE =
  /(^|\/)(\.env(\.(?!example$|sample$|template$|dist$)[\w.-]+)?|id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(p12|pfx|jks|keystore)|\.netrc|\.pgpass)$/;

function secrets(file: DiffFile): string[] {
  const said = addedLines(file).flatMap((line) => {
    const what = SECRETS.find(([, shape]) => shape.test(line.text))?.[0];
    return what === undefined ? [] : [`line ${line.new ?? '?'} looks like ${what}`];
  });
  return [
    ...said,
    ...(SECRET_FILE.test(file.path) && file.change !== 'deleted'
      ? ['files of this name usually hold secrets']
      : []),
  ];
}

/** What follows is looked for from the beginning once: a name may be as long as a push lets it be. */
const MIGRATION =
  /^(?=[^]*\.(?:sql|py|rb|ts|js|php|xml|ya?ml|kt|java|go|cs)$)(?:[^]*\/)?(?:migrations?|migrate|changelogs?|alembic\/versions)\/|(^|\/)V\d(?=[^/]*\.sql$)[\w.]*?__(?!\.sql$)[^/]|(^|\/)schema\.(prisma|rb|sql)$/;
const LOSES: readonly (readonly [what: string, shape: RegExp])[] = [
  [
    'DROP',
    /\bDROP\s+(TABLE|COLUMN|SCHEMA|DATABASE|TYPE|INDEX|CONSTRAINT)\b|\b(drop_table|drop_column|remove_column|dropTable|dropColumn)\b/i,
  ],
  ['TRUNCATE', /\bTRUNCATE\b/i],
  ['DELETE', /\bDELETE\s+FROM\b/i],
];

function migration(file: DiffFile): string | null {
  if (!MIGRATION.test(file.path)) return null;
  if (file.change === 'deleted') return 'a migration is deleted';
  const loses = LOSES.filter(([, shape]) => addedLines(file).some((l) => shape.test(l.text))).map(
    ([what]) => what,
  );
  const what =
    file.change === 'added'
      ? 'a migration of the database'
      : 'a migration or schema that was there is changed';
  return loses.length === 0 ? what : `${what}, with ${loses.join(' and ')}`;
}

/** What a check is told to look at, or not to. */
const CHECK_FILES =
  /(^|\/)(\.?eslint[^/]*|\.oxlintrc\.json|biome\.jsonc?|tsconfig[^/]*\.json|\.?ruff\.toml|mypy\.ini|\.flake8|pytest\.ini|tox\.ini|\.golangci\.ya?ml|clippy\.toml|\.clippy\.toml|jest\.config\.[^/]+|vitest\.config\.[^/]+|Makefile|trunk\.yaml)$/;
const SCRIPT =
  /^\s*"((?:pre|post)?(?:test|lint|typecheck|type-check|check|install|prepare)(?::[\w-]+)?)"\s*:/;
const SWITCHED_OFF =
  /eslint-disable|oxlint-disable|biome-ignore|@ts-(ignore|nocheck|expect-error)|#\s*(noqa|type:\s*ignore|pylint:\s*disable|pyright:\s*ignore)|\/\/\s*nolint|#!?\[allow\(|trunk-ignore|@SuppressWarnings|rubocop:disable/;

function checks(file: DiffFile): string[] {
  const out: string[] = [];
  if (/(^|\/)package\.json$/.test(file.path)) {
    const scripts = new Set(
      file.lines.flatMap((l) =>
        l.kind === 'add' || l.kind === 'del' ? (SCRIPT.exec(l.text)?.[1] ?? []) : [],
      ),
    );
    if (scripts.size > 0 && file.change !== 'added')
      out.push(`changes what ${[...scripts].map((s) => `“${s}”`).join(' and ')} runs`);
  }
  if (CHECK_FILES.test(file.path) && file.change !== 'added') out.push('changes what the checks look at');
  const off = addedLines(file).filter((l) => SWITCHED_OFF.test(l.text)).length;
  if (off > 0) out.push(`switches a check off ${off === 1 ? 'in one line' : `in ${off} lines`}`);
  return out;
}

function link(file: DiffFile): string | null {
  if (file.newMode !== '120000' || file.change === 'deleted') return null;
  const to = addedLines(file)[0]?.text ?? '';
  if (to === '') return 'a symbolic link';
  return leaves(file.path, to)
    ? `a symbolic link out of the repository, to ${to}`
    : `a symbolic link to ${to}`;
}

/** Whether a relative link climbs above the top of the repository, or starts at the root of the machine. */
function leaves(path: string, to: string): boolean {
  if (to.startsWith('/')) return true;
  let depth = path.split('/').length - 1;
  for (const part of to.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}
