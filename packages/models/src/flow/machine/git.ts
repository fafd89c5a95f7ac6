// The surroundings of every git of ours that touches what an agent or a stranger made. Pure: it says what the
// process may see.

/** What git may reach besides the repository that it is told to work in. */
export type Reach = 'nothing' | 'files' | 'http';

export interface GitSurroundings {
  /** Where programs are looked for. Of our own process: git needs its helpers, and `git` itself is found there. */
  readonly path: string | undefined;
  /** Transports that a fetch, a push or a clone may use. Default: none. */
  readonly reach?: Reach;
  /**
   * Settings that this call needs, as `git -c` would set them. A secret here stands in the environment, never
   * in an argument.
   */
  readonly config?: readonly (readonly [key: string, value: string])[];
  /** Further variables that this call needs, such as GIT_PROTOCOL. */
  readonly more?: Readonly<Record<string, string>>;
}

const PROTOCOLS = { nothing: '', files: 'file', http: 'http:https' } as const;

/**
 * Settings that win over those of the repository: nothing that it names is started, and nothing of it is
 * cleaned up by the way.
 */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.alternateRefsCommand', 'true'],
  ['credential.helper', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['submodule.recurse', 'false'],
  // The file that is none, below, would be remarked upon to whoever clones.
  ['advice.graftFileDeprecated', 'false'],
  ['safe.directory', '*'],
];

/**
 * A complete environment for one call of git. Nothing is taken over from ours but where programs are: no
 * GIT_* variable, no token, no
 * home folder and so nobody's configuration, attributes, credential helper, LFS, filter, hook or pager.
 * @param surroundings where programs are, settings and whatever else this call needs
 * @returns all variables, to be given instead of ours
 */
export function gitEnvironment(surroundings: GitSurroundings): Record<string, string> {
  const settings = [...SETTINGS, ...(surroundings.config ?? [])];
  return {
    PATH: surroundings.path ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    LANG: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_SSH_COMMAND: 'false',
    GIT_PAGER: 'cat',
    GIT_EDITOR: 'false',
    GIT_ALLOW_PROTOCOL: PROTOCOLS[surroundings.reach ?? 'nothing'] || 'none',
    // Other names for an object, for a history and for a missing object: what is looked at must be what is sent on.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    // A file's name is a name and never a pattern: `:(exclude)a` and `*` are names too.
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
    ...surroundings.more,
  };
}

/** Behind each failure of a remote, and about none. */
const GIT_ADDS = /^(?:Please make sure you have the correct access rights|and the repository exists\.)$/;

/**
 * Why a git failed, of all that it wrote: what it says first is the cause, and what comes behind it are its
 * consequences, or advice.
 * @param written to its standard error
 * @returns one line, without its level; empty where nothing was written
 */
export function gitReason(written: string): string {
  const lines = written
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !GIT_ADDS.test(line));
  const said = lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? '';
  return said.replace(/^(?:fatal|error): /, '');
}
