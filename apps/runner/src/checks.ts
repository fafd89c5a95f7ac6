// What a repository brings to look at its own code: the compiler's diagnostics and its linter. Found, never installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readPlain } from './folders.ts';
import { isProgram } from './languages.ts';

export interface Check {
  readonly what: 'diagnostics' | 'lint';
  readonly command: string;
}

/**
 * The checks of a clone whose tools are there. One of each kind: a repository with several languages names its own in the verify command.
 * @param repo the clone
 * @param toolPath PATH of the sandbox
 */
export function checksOf(repo: string, toolPath: string): Check[] {
  const has = (...names: string[]): boolean => names.some((n) => existsSync(path.join(repo, n)));
  const local = (tool: string): string | null => (isProgram(path.join(repo, 'node_modules/.bin', tool)) ? `node_modules/.bin/${tool}` : null);
  const onPath = (tool: string): string | null => (toolPath.split(':').some((d) => isProgram(path.join(d, tool))) ? tool : null);
  const first = (what: Check['what'], ...found: (string | null | false)[]): Check[] => {
    const command = found.find((c) => typeof c === 'string');
    return typeof command === 'string' ? [{ what, command }] : [];
  };
  const tool = (there: boolean, command: string | null, args: string): string | null =>
    there && command !== null ? `${command} ${args}`.trim() : null;
  return [
    ...first(
      'diagnostics',
      tool(has('tsconfig.json'), local('tsc'), '--noEmit --pretty false'),
      tool(has('pyrightconfig.json', 'pyproject.toml'), local('pyright') ?? onPath('pyright'), ''),
      tool(has('go.mod'), onPath('go'), 'vet ./...'),
      tool(has('Cargo.toml'), onPath('cargo'), 'check --quiet'),
    ),
    ...first(
      'lint',
      tool(has('.trunk/trunk.yaml'), onPath('trunk'), 'check --ci'),
      tool(scripts(repo).has('lint') && has('node_modules'), onPath('npm'), 'run --silent lint'),
      tool(has('ruff.toml', '.ruff.toml', 'pyproject.toml'), onPath('ruff'), 'check'),
    ),
  ];
}

function scripts(repo: string): Set<string> {
  try {
    const p = JSON.parse(readPlain(path.join(repo, 'package.json')) ?? '{}') as { scripts?: Record<string, string> };
    return new Set(Object.keys(p.scripts ?? {}));
  } catch {
    return new Set();
  }
}
