// What a repository brings to look at its own code: the compiler's diagnostics, its linter and its tests.
// Found, never installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readPlain } from './folders.ts';
import { isProgram } from './languages.ts';

export interface Check {
  readonly what: 'diagnostics' | 'lint' | 'tests';
  readonly command: string;
  /** What the repository names, and is not here. */
  readonly insteadOf?: string;
}

/**
 * The checks of a clone whose tools are there. One of each kind: a repository with several languages names
 * its own in the verify command.
 * @param repo the clone
 * @param toolPath PATH of the sandbox
 */
export function checksOf(repo: string, toolPath: string): Check[] {
  const has = (...names: string[]): boolean => names.some((n) => existsSync(path.join(repo, n)));
  const local = (tool: string): string | null =>
    isProgram(path.join(repo, 'node_modules/.bin', tool)) ? `node_modules/.bin/${tool}` : null;
  const onPath = (tool: string): string | null =>
    toolPath.split(':').some((d) => isProgram(path.join(d, tool))) ? tool : null;
  const first = (what: Check['what'], ...found: (string | null | false)[]): Check[] => {
    const command = found.find((c) => typeof c === 'string');
    return typeof command === 'string' ? [{ what, command }] : [];
  };
  const tool = (there: boolean, command: string | null, args: string): string | null =>
    there && command !== null ? `${command} ${args}`.trim() : null;
  const named = scripts(repo);
  /** A script of package.json, where what it needs is there. */
  const script = (name: string): string | null =>
    tool(
      named.has(name) && (has('node_modules') || !named.needsPackages),
      onPath('npm'),
      `run --silent ${name}`,
    );
  return [
    ...first(
      'diagnostics',
      tool(has('tsconfig.json'), local('tsc'), '--noEmit --pretty false'),
      tool(
        has('pyrightconfig.json') || configures(repo, 'pyright'),
        local('pyright') ?? onPath('pyright'),
        '',
      ),
      tool(has('go.mod'), onPath('go'), 'vet ./...'),
      tool(has('Cargo.toml'), onPath('cargo'), 'check --quiet'),
    ),
    ...lintOf(
      has('.trunk/trunk.yaml'),
      tool(has('.trunk/trunk.yaml'), local('trunk') ?? onPath('trunk'), TRUNK_CHECK),
      script('lint'),
      tool(
        has('ruff.toml', '.ruff.toml') || configures(repo, 'ruff'),
        venv(repo, 'ruff') ?? onPath('ruff'),
        'check',
      ),
      tool(has('.golangci.yml', '.golangci.yaml', '.golangci.toml'), onPath('golangci-lint'), 'run'),
      tool(makes(repo, 'lint'), onPath('make'), 'lint'),
    ),
    ...first(
      'tests',
      script('test'),
      tool(
        has('pytest.ini', 'conftest.py', 'tests/conftest.py') || configures(repo, 'pytest'),
        venv(repo, 'pytest') ?? onPath('pytest'),
        '-q',
      ),
      tool(has('go.mod'), onPath('go'), 'test ./...'),
      tool(has('Cargo.toml'), onPath('cargo'), 'test --quiet'),
      tool(makes(repo, 'test'), onPath('make'), 'test'),
    ),
  ];
}

const TRUNK_CHECK = 'check --ci --no-progress';

/**
 * trunk where the repository has it. Where it is not here, the next linter runs instead, and that is said;
 * without one, the evidence is that there is no such program.
 */
function lintOf(hasTrunk: boolean, trunk: string | null, ...others: readonly (string | null)[]): Check[] {
  const other = others.find((c) => c !== null);
  if (trunk !== null) return [{ what: 'lint', command: trunk }];
  if (other !== undefined)
    return [{ what: 'lint', command: other, ...(hasTrunk ? { insteadOf: 'trunk' } : {}) }];
  return hasTrunk ? [{ what: 'lint', command: `trunk ${TRUNK_CHECK}` }] : [];
}

/** What npm writes into a package.json for whoever has no tests. */
const NO_TESTS = /no test specified/;

interface Scripts {
  has(name: string): boolean;
  readonly needsPackages: boolean;
}

function scripts(repo: string): Scripts {
  try {
    const manifest = JSON.parse(readPlain(path.join(repo, 'package.json')) ?? '{}') as Record<
      string,
      Record<string, unknown> | undefined
    >;
    const named = new Map(Object.entries(manifest.scripts ?? {}));
    const needsPackages = [manifest.dependencies, manifest.devDependencies].some(
      (packages) => Object.keys(packages ?? {}).length > 0,
    );
    return {
      has: (name) => typeof named.get(name) === 'string' && !NO_TESTS.test(named.get(name) as string),
      needsPackages,
    };
  } catch {
    // Not JSON, or not what npm takes: it names nothing.
    return { has: () => false, needsPackages: false };
  }
}

const makes = (repo: string, target: string): boolean =>
  new RegExp(`^${target}\\s*:(?!=)`, 'm').test(readPlain(path.join(repo, 'Makefile')) ?? '');
/**
 * Whether its pyproject.toml has a section for a tool: that a program happens to be on this machine says
 * nothing of the repository.
 */
const configures = (repo: string, program: string): boolean =>
  new RegExp(`^\\[tool\\.${program}\\b`, 'm').test(readPlain(path.join(repo, 'pyproject.toml')) ?? '');
const venv = (repo: string, tool: string): string | null =>
  isProgram(path.join(repo, '.venv/bin', tool)) ? `.venv/bin/${tool}` : null;
