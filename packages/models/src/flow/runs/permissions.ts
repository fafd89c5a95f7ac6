// What a running Claude Code may do unasked where its project asks, as shapes; what it asks permission for,
// as a rule that can be remembered and as words for the person who decides. Pure.
import { own } from '../look.ts';
import { plainWords } from '../machine/shell-words.ts';
import { cleanTitle, fence, visible, withoutEnd } from '../text.ts';

/** Tools of Claude Code that only look, or keep its own list. They are let through by name. */
export const LOOKING_TOOLS = ['Read', 'Glob', 'Grep', 'TodoWrite'];
/**
 * Tools that Claude Code asks about every time. Without a rule that says so it lets through what it takes for harmless itself,
 * `git status` among it, which runs what the clone's configuration names (tried, 2.1.329).
 */
export const ASKED_TOOLS = ['Bash', 'Edit', 'Write'];

/** What has to be true of the clone for a request to need no permission. */
export interface Unasked {
  /** Files that have to lie in the work tree, followed through links. */
  readonly reads: readonly string[];
  /** The same, and none that makes later commands run something else (`isTouchy`). */
  readonly writes: readonly string[];
  /** Whether the clone's git configuration must be as we made it (`isPlainGitConfig`). */
  readonly git: boolean;
}

/**
 * Whether a request has one of the few shapes that need no permission, and what is then to be checked in the clone.
 * @returns null when a person is to be asked
 */
export function unaskedIf(tool: string, input: Readonly<Record<string, unknown>>): Unasked | null {
  const only = (...keys: string[]): boolean => Object.keys(input).every((k) => keys.includes(k));
  if (tool === 'Edit' || tool === 'Write') {
    const keys =
      tool === 'Edit' ? ['file_path', 'old_string', 'new_string', 'replace_all'] : ['file_path', 'content'];
    return only(...keys) && typeof input.file_path === 'string' && isPath(input.file_path)
      ? { reads: [], writes: [input.file_path], git: false }
      : null;
  }
  if (tool !== 'Bash' || !only('command', 'description', 'timeout') || typeof input.command !== 'string')
    return null;
  const words = plainWords(input.command);
  if (words === null) return null;
  const [program, ...rest] = words as [string, ...string[]];
  const verb = rest[0] ?? '';
  if (program === 'git') return fits(own(GIT, verb), rest.slice(1), true);
  if (program === 'mainloop') return fits(own(TALK, verb), rest.slice(1), false);
  // Ours, before any other on PATH: it reads the task's own repository through the gateway.
  if (program === 'gh') return fits(own(GH, verb), rest.slice(1), false);
  return fits(own(PROGRAMS, program), rest, false);
}

/** The arguments a program is let through with. Whatever is not named here is asked about. */
interface Shape {
  /** Switches, whole: no abbreviation, no value behind `=`. */
  readonly flags?: RegExp;
  /** Options whose value is the next word. */
  readonly valued?: Readonly<Record<string, RegExp>>;
  /** What stands besides: each has to match one of these. `path`: checked in the clone. */
  readonly operands?: readonly (RegExp | 'path')[];
  /** How many of those there are. */
  readonly count?: readonly [min: number, max: number];
  /** Options without which it would do something else. */
  readonly needs?: readonly string[];
}

const TEXT = /^(?!-)[^]+$/;
const COUNT = /^\d{1,6}$/;
/**
 * A commit, a branch or a range of them. No path from the root and none upwards: git would then compare files
 * outside of the clone.
 */
const REVISION = /^(?!.*(?:^|\/)\.\.(?:\/|$))(?!.*\/\/)[A-Za-z0-9][A-Za-z0-9._/~^@-]*$/;
const BRANCH = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]*$/;
const MANY = [0, 200] as const;
const SOME = [1, 200] as const;

const PROGRAMS: Readonly<Record<string, Shape>> = {
  pwd: {},
  ls: { flags: /^-[1aAlhrtRF]+$/, operands: ['path'], count: MANY },
  cat: { flags: /^-n$/, operands: ['path'], count: SOME },
  head: { flags: /^-\d{1,6}$/, valued: { '-n': COUNT }, operands: ['path'], count: SOME },
  tail: { flags: /^-\d{1,6}$/, valued: { '-n': COUNT }, operands: ['path'], count: SOME },
  wc: { flags: /^-[lwc]+$/, operands: ['path'], count: SOME },
};
const GIT: Readonly<Record<string, Shape>> = {
  status: { flags: /^(-s|-b|-sb|--short|--branch|--porcelain)$/ },
  diff: {
    flags: /^(--stat|--name-only|--name-status|--cached|--staged)$/,
    operands: [REVISION],
    count: MANY,
  },
  log: {
    flags: /^(--oneline|--stat|--name-only|-\d{1,6})$/,
    valued: { '-n': COUNT },
    operands: [REVISION],
    count: MANY,
  },
  show: { flags: /^(--oneline|--stat|--name-only)$/, operands: [REVISION], count: MANY },
  branch: { flags: /^--show-current$/, needs: ['--show-current'] },
  add: { flags: /^(-A|--all|-u|--update)$/, operands: ['path'], count: MANY },
  commit: {
    flags: /^(-q|--quiet|-a|--all)$/,
    valued: { '-m': TEXT, '-am': TEXT, '-qm': TEXT, '--message': TEXT },
    needs: ['-m', '-am', '-qm', '--message'],
  },
  push: { flags: /^(-q|--quiet|-u|--set-upstream)$/, operands: [/^origin$/, BRANCH], count: [0, 2] },
};
const NUMBER = /^\d{1,12}$/;
const GH: Readonly<Record<string, Shape>> = {
  pr: {
    flags: /^(--comments|-c)$/,
    valued: { '--json': /^[A-Za-z,]+$/, '--state': /^[a-z]+$/, '--limit': COUNT },
    operands: [/^(?:view|checks|diff|status|list)$/, NUMBER],
    count: [1, 2],
  },
  issue: {
    flags: /^(--comments|-c)$/,
    valued: { '--json': /^[A-Za-z,]+$/, '--state': /^[a-z]+$/, '--limit': COUNT },
    operands: [/^(?:view|list)$/, NUMBER],
    count: [1, 2],
  },
  run: { flags: /^(--log|--log-failed)$/, operands: [/^(?:view|list)$/, NUMBER], count: [1, 2] },
};
const TALK: Readonly<Record<string, Shape>> = {
  say: { operands: [TEXT], count: [1, 1] },
  ask: { flags: /^--multiple$/, valued: { '--option': TEXT }, operands: [TEXT], count: [1, 1] },
  reply: { operands: [TEXT], count: [2, 2] },
  // Only a picture gets through, and it goes to the reader.
  show: { operands: [TEXT], count: [2, 2] },
};
/** Git commands behind whose `--` stand paths. */
const TAKES_PATHS = new Set(['diff', 'log', 'show', 'add'].map((v) => own(GIT, v)));

/** @param shape of the program; undefined: it has none, so it is asked about */
function fits(shape: Shape | undefined, args: readonly string[], git: boolean): Unasked | null {
  if (shape === undefined) return null;
  const reads: string[] = [];
  const seen: string[] = [];
  let operands = 0;
  let onlyPaths = false;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (!onlyPaths && argument === '--') {
      if (!(shape.operands?.includes('path') ?? false) && !TAKES_PATHS.has(shape)) return null;
      onlyPaths = true;
    } else if (!onlyPaths && argument.startsWith('-')) {
      seen.push(argument);
      const valueOf = own(shape.valued ?? {}, argument);
      if (valueOf !== undefined) {
        const value = args[++i];
        if (value === undefined || !valueOf.test(value)) return null;
      } else if (!(shape.flags?.test(argument) ?? false)) return null;
    } else {
      const kind = onlyPaths ? 'path' : shape.operands?.[Math.min(operands, shape.operands.length - 1)];
      if (kind === undefined) return null;
      if (kind === 'path' ? !isPath(argument) : !kind.test(argument)) return null;
      if (kind === 'path') reads.push(argument);
      operands++;
    }
  }
  const [min, max] = shape.count ?? [0, 0];
  if (operands < min || operands > max) return null;
  if (shape.needs !== undefined && !shape.needs.some((n) => seen.includes(n))) return null;
  return { reads, writes: [], git };
}

/** A path as it is, and no pattern: git reads patterns and its own magic out of quoted words too. */
const isPath = (text: string): boolean =>
  text !== '' && /^[^-~:]/.test(text) && !/[*?[\]\\\u0000-\u001f\u007f]/.test(text);

/**
 * Files and folders of a clone that decide what a later command runs: git's own, the agent's, the shell's,
 * the package managers' and the editors'. By the parts of a path, in any case.
 */
const TOUCHY = new Set(
  [
    [
      '.git',
      '.hg',
      '.svn',
      '.jj',
      '.claude',
      '.husky',
      '.direnv',
      '.vscode',
      '.idea',
      '.devcontainer',
      '.mainloop',
      '.ssh',
    ],
    ['node_modules', '.venv', 'venv', '.bundle', '.cargo', '.yarn', '.config', '.local', '.bin'],
    [
      '.mcp.json',
      '.claude.json',
      '.envrc',
      '.env',
      '.bashrc',
      '.bash_profile',
      '.bash_login',
      '.bash_logout',
      '.bash_aliases',
      '.profile',
    ],
    [
      '.zshrc',
      '.zshenv',
      '.zprofile',
      '.zlogin',
      '.inputrc',
      '.gitconfig',
      '.gitmodules',
      '.gitattributes',
      '.npmrc',
      '.yarnrc',
    ],
    [
      '.yarnrc.yml',
      '.pnpmfile.cjs',
      '.pnpmfile.mjs',
      '.tool-versions',
      '.mise.toml',
      'mise.toml',
      '.ripgreprc',
      '.pre-commit-config.yaml',
    ],
  ]
    .flat()
    .map((n) => n.toLowerCase()),
);
/** @returns whether a part of the path is one by which git, an editor or a tool is steered */
export const isTouchy = (relativePath: string): boolean =>
  relativePath.split('/').some((part) => TOUCHY.has(withoutEnd(part.toLowerCase(), '. ')));

/**
 * Whether a clone's own configuration holds nothing but what a clone needs: no program, alias, filter,
 * include or other remote.
 * @param listing what `git config --file F --no-includes --list --null` prints: key, newline, value, NUL
 * @param origin the one address that `origin` may have
 */
export function isPlainGitConfig(listing: string, origin: string): boolean {
  return listing
    .split('\0')
    .filter((entry) => entry !== '')
    .every((entry) => {
      const at = entry.indexOf('\n');
      const key = at === -1 ? entry : entry.slice(0, at);
      const value = at === -1 ? '' : entry.slice(at + 1);
      if (key === 'remote.origin.url') return value === origin;
      if (key === 'remote.origin.fetch')
        return /^\+?refs\/heads\/[\w./*-]+:refs\/remotes\/origin\/[\w./*-]+$/.test(value);
      if (/^branch\..*\.remote$/.test(key)) return value === 'origin';
      return PLAIN_KEY.test(key);
    });
}
const PLAIN_KEY =
  /^(core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks)|branch\..*\.merge|user\.(name|email)|extensions\.(objectformat|refstorage))$/;

/** @param reason in the person's own words; '' without any */
export const sayRefused = (reason: string): string =>
  `The reader refused this${reason.trim() === '' ? '. Find another way, or ask.' : `: ${reason.trim()}`}`;

/** The longest rule that is kept, in characters. What is longer is asked about every time. */
export const MAX_RULE = 2_000;
/** The longest request that is shown to a person, in characters. It is shown whole or not allowed. */
const MAX_SHOWN = 20_000;

/**
 * The rule that "always" remembers: the request to the letter, because one more word can make another
 * thing of it. What only
 * explains it is left out.
 * @param input as the agent's tool takes it
 * @returns the same text for the same request, whatever the order of its fields
 */
export function ruleOf(tool: string, input: Readonly<Record<string, unknown>>): string {
  const { command, description: _, timeout: __, ...more } = input;
  if (tool !== 'Bash' || typeof command !== 'string') return `${tool} ${sorted(input)}`;
  return Object.keys(more).length === 0 ? `Bash(${command})` : `Bash(${command}) ${sorted(more)}`;
}

/** JSON with its keys in order, so that the same request makes the same rule. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, given: unknown) =>
    typeof given === 'object' && given !== null && !Array.isArray(given)
      ? Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)))
      : given,
  );

export type Described =
  | {
      readonly kind: 'ask';
      readonly title: string;
      /** The title says all that is asked. */
      readonly titleIsWhole: boolean;
      readonly body: string;
      readonly always: boolean;
    }
  /** It can't be shown whole, so nobody is asked. `sentence` is for the agent. */
  | { readonly kind: 'too_long'; readonly sentence: string };

/**
 * The request in words: what, why (Claude's own words), how far it can reach, and what "always" will mean.
 * @param egress what the project's sandbox can reach
 */
export function describeRequest(
  tool: string,
  input: Readonly<Record<string, unknown>>,
  egress: 'registries' | 'none' | readonly string[],
): Described {
  const command = tool === 'Bash' && typeof input.command === 'string' ? input.command : null;
  const { command: _, description, ...rest } = input;
  const more = command === null ? input : rest;
  const shown = [
    ...(command === null ? [] : [fence(visible(command), 'sh')]),
    ...(Object.keys(more).length === 0 ? [] : [fence(visible(JSON.stringify(more, null, 2)), 'json')]),
  ].join('\n\n');
  if (shown.length > MAX_SHOWN)
    return {
      kind: 'too_long',
      sentence: `This is too long to be shown to the reader whole, so it is not allowed. Say it in less than ${MAX_SHOWN.toLocaleString('en')} characters.`,
    };
  const why =
    typeof description === 'string' && description !== ''
      ? `Claude says: ${cleanTitle(description, 300)}\n\n`
      : '';
  const always = ruleOf(tool, input).length <= MAX_RULE;
  const future = always
    ? '“Always” means exactly this, to the letter. Where it runs files of the working tree, it runs them as the agent has them by then.'
    : 'It is too long to be allowed for good.';
  return {
    kind: 'ask',
    ...titleOf(tool, command, input),
    body: `${why}${shown}\n\n${reach(command, egress)}\n\n${future}`,
    always,
  };
}

/** One line. It ends in "…" where it does not say all: then nobody should decide by the title alone. */
function titleOf(
  tool: string,
  command: string | null,
  input: Readonly<Record<string, unknown>>,
): { title: string; titleIsWhole: boolean } {
  const target = command ?? String(input.file_path ?? input.path ?? input.url ?? '');
  const line = cleanTitle(visible(target), 90);
  const whole =
    command !== null &&
    line === command &&
    Object.keys(input).every((k) => ['command', 'description', 'timeout'].includes(k));
  const name = command === null ? cleanTitle(visible(tool), 60) : 'Run';
  const title = `${name}${line === '' ? '' : `: ${line}`}${whole || line.endsWith('…') ? '' : ' …'}`;
  return { title, titleIsWhole: whole };
}

function reach(command: string | null, egress: 'registries' | 'none' | readonly string[]): string {
  const open = egress === 'registries' ? 'package registries' : `${egress.length} allowed hosts`;
  const net = egress === 'none' ? 'no network' : open;
  const base = `It runs in the sandbox of this task: the working tree, this task's branch and ${net} are in reach, nothing of your machine.`;
  const risks = RISKS.filter(([pattern]) => command !== null && pattern.test(command)).map(
    ([, words]) => words,
  );
  return risks.length > 0 ? `${base} Look twice: ${risks.join('; ')}.` : base;
}

const RISKS: readonly [RegExp, string][] = [
  [/\brm\s+(-\w*[rf]\w*\s+)+/, 'it deletes files, also uncommitted ones'],
  [/\bgit\s+(reset\s+--hard|clean\s+-\w*f|checkout\s+(--\s+)?\.)/, 'it throws uncommitted work away'],
  [/\bgit\s+push\b.*(--force|-f\b|\s\+)/, "it rewrites the branch's history"],
  [/\b(curl|wget)\b[^|]*\|\s*(ba|z)?sh\b/, 'it runs a script from the network unseen'],
  [/\b(npm|pnpm|yarn|bun)\s+publish\b|\btwine\s+upload\b|\bcargo\s+publish\b/, 'it publishes a package'],
];
