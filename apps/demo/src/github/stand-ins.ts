// The common actions of GitHub's workflows, for a machine that can't fetch them: each is laid as a folder
// with an `action.yml` of ours that starts `stand-in.mts`. What one can't do here it says, and its job has
// then neither passed nor failed.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Kind {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Folders of it that are actions too. */
  readonly folders?: readonly string[];
  /** The input that its version stands for. */
  readonly refIs?: string;
}

const CACHE = ['cache', 'cache-dependency-path', 'check-latest', 'architecture', 'token'];
const RUST: Kind = {
  inputs: ['toolchain', 'targets', 'target', 'components', 'profile', 'override', 'default'],
  outputs: ['cachekey', 'name'],
};

/** By their names in lower case: GitHub does not tell them apart. */
const STAND_INS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    'actions/setup-node',
    {
      inputs: ['node-version', 'node-version-file', 'registry-url', 'scope', 'always-auth', ...CACHE],
      outputs: ['node-version', 'cache-hit'],
    },
  ],
  [
    'actions/setup-python',
    {
      inputs: ['python-version', 'python-version-file', 'update-environment', 'allow-prereleases', ...CACHE],
      outputs: ['python-version', 'python-path', 'cache-hit'],
    },
  ],
  [
    'actions/setup-go',
    { inputs: ['go-version', 'go-version-file', ...CACHE], outputs: ['go-version', 'cache-hit'] },
  ],
  [
    'actions/setup-java',
    {
      inputs: ['java-version', 'java-version-file', 'distribution', 'java-package', ...CACHE],
      outputs: ['version', 'path', 'distribution', 'cache-hit'],
    },
  ],
  [
    'actions/cache',
    {
      inputs: ['path', 'key', 'restore-keys', 'enableCrossOsArchive', 'fail-on-cache-miss', 'lookup-only'],
      outputs: ['cache-hit', 'cache-primary-key', 'cache-matched-key'],
      folders: ['restore', 'save'],
    },
  ],
  [
    'actions/upload-artifact',
    {
      inputs: [
        'name',
        'path',
        'if-no-files-found',
        'retention-days',
        'compression-level',
        'overwrite',
        'include-hidden-files',
      ],
      outputs: ['artifact-id', 'artifact-url', 'artifact-digest'],
    },
  ],
  [
    'actions/download-artifact',
    {
      inputs: [
        'name',
        'path',
        'pattern',
        'merge-multiple',
        'github-token',
        'repository',
        'run-id',
        'artifact-ids',
      ],
      outputs: ['download-path'],
    },
  ],
  [
    'pnpm/action-setup',
    {
      inputs: ['version', 'dest', 'run_install', 'package_json_file', 'standalone'],
      outputs: ['dest', 'bin_dest'],
    },
  ],
  [
    'ruby/setup-ruby',
    {
      inputs: [
        'ruby-version',
        'rubygems',
        'bundler',
        'bundler-cache',
        'working-directory',
        'cache-version',
        'self-hosted',
      ],
      outputs: ['ruby-prefix'],
    },
  ],
  ['dtolnay/rust-toolchain', { ...RUST, refIs: 'toolchain' }],
  ['actions-rs/toolchain', RUST],
  ['actions-rust-lang/setup-rust-toolchain', RUST],
  [
    'swatinem/rust-cache',
    { inputs: ['shared-key', 'key', 'workspaces', 'cache-on-failure'], outputs: ['cache-hit'] },
  ],
  // They send what was measured to a service, which no job from here can reach; whether the tests pass hangs
  // on none of it.
  [
    'codecov/codecov-action',
    { inputs: ['token', 'files', 'file', 'flags', 'name', 'fail_ci_if_error', 'verbose'], outputs: [] },
  ],
  [
    'coverallsapp/github-action',
    { inputs: ['github-token', 'path-to-lcov', 'parallel', 'flag-name', 'parallel-finished'], outputs: [] },
  ],
]);

interface UsedAction {
  readonly name: string;
  readonly ref: string;
}

const USES =
  /^[\s-]*["']?uses["']?\s*:\s*["']?([\w.-]+\/[\w.-]+)(?:\/[\w./-]+)?@([\w][\w./-]*)["']?\s*(?:#.*)?$/gm;

/** @param texts of workflows and of actions beside them @returns those of our own, each once */
export function usedActions(texts: readonly string[]): readonly UsedAction[] {
  const found = new Map<string, UsedAction>();
  for (const text of texts)
    for (const [, name, ref] of text.matchAll(USES))
      if (STAND_INS.has(name!.toLowerCase())) found.set(`${name}@${ref}`, { name: name!, ref: ref! });
  return [...found.values()];
}

/**
 * @param steps of one job, as YAML has them
 * @returns by the id under which `act` tells of a step: the stand-in that it is. One id that two steps have
 * is nobody's.
 */
export function stepsOf(steps: unknown): ReadonlyMap<string, string> {
  const all = (Array.isArray(steps) ? steps : []).map((step: unknown, i) => {
    const { id, uses } = (typeof step === 'object' && step !== null ? step : {}) as {
      id?: unknown;
      uses?: unknown;
    };
    const name = typeof uses === 'string' ? /^([\w.-]+\/[\w.-]+)/.exec(uses)?.[1]?.toLowerCase() : undefined;
    return { id: typeof id === 'string' ? id : String(i), name };
  });
  return new Map(
    all.flatMap(({ id, name }) =>
      name !== undefined && STAND_INS.has(name) && all.filter((x) => x.id === id).length === 1
        ? [[id, name] as const]
        : [],
    ),
  );
}

/**
 * @param options `folder`: where they are laid, which no job may write into; `at`: where a job sees it;
 * `node`: the program that runs them there
 * @returns what `act` is told
 */
export function layStandIns(
  options: { readonly folder: string; readonly at: string; readonly node: string },
  texts: readonly string[],
): string[] {
  mkdirSync(options.folder, { recursive: true, mode: 0o755 });
  for (const file of ['stand-in.mts', 'stand-in-versions.mts']) {
    copyFileSync(path.join(import.meta.dirname, file), path.join(options.folder, file));
    chmodSync(path.join(options.folder, file), 0o644);
  }
  return usedActions(texts).flatMap(({ name, ref }) => {
    const kind = STAND_INS.get(name.toLowerCase())!;
    const folder = createHash('sha256').update(`${name}@${ref}`).digest('hex').slice(0, 16);
    for (const below of ['', ...(kind.folders ?? [])]) {
      const dir = path.join(options.folder, folder, below);
      mkdirSync(dir, { recursive: true, mode: 0o755 });
      writeFileSync(path.join(dir, 'action.yml'), actionOf(name.toLowerCase(), kind, ref, options), {
        mode: 0o644,
      });
    }
    return ['--local-repository', `${name}@${ref}=${path.posix.join(options.at, folder)}`];
  });
}

/** JSON is YAML. */
function actionOf(
  name: string,
  kind: Kind,
  ref: string,
  options: { readonly at: string; readonly node: string },
): string {
  const inputs = Object.fromEntries(
    kind.inputs.map((input) => [input, { default: input === kind.refIs ? ref : '' }]),
  );
  const outputs = Object.fromEntries(
    kind.outputs.map((output) => [output, { value: `\${{ steps.main.outputs.${output} }}` }]),
  );
  const run = `"${options.node}" --disable-warning=ExperimentalWarning "${options.at}/stand-in.mts" ${name}`;
  const step = { id: 'main', shell: 'bash', env: { INPUTS: '${{ toJSON(inputs) }}' }, run };
  return JSON.stringify({ name, inputs, outputs, runs: { using: 'composite', steps: [step] } });
}
