// Languages that the operator has in a folder of their own, where no sandbox looks: rustup, a version manager
// of Node, Go or Java. Each toolchain is made reachable by itself, and nothing beside it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';

interface Kind {
  readonly name: 'rust' | 'go' | 'java' | 'node';
  readonly program: string;
  /** What a folder of that language has, and no other. */
  readonly marks: readonly string[];
  /** Asks the program where its toolchain is, where its own place does not say. */
  readonly ask: readonly string[] | null;
}

const KINDS: readonly Kind[] = [
  {
    name: 'rust',
    program: 'cargo',
    marks: ['bin/cargo', 'bin/rustc', 'lib/rustlib'],
    ask: ['rustc', '--print', 'sysroot'],
  },
  { name: 'go', program: 'go', marks: ['bin/go', 'VERSION', 'pkg/tool'], ask: ['go', 'env', 'GOROOT'] },
  { name: 'java', program: 'java', marks: ['bin/java', 'release', 'lib/modules'], ask: null },
  {
    name: 'node',
    program: 'npm',
    marks: ['bin/npm', 'bin/node', 'lib/node_modules/npm', 'include/node'],
    ask: null,
  },
];
/** Documentation is half of some. */
const LEFT_OUT = ['share', 'doc', 'docs', 'man', 'demo', 'sample'];
const ASK_MS = 20_000;

/**
 * @param operatorsPath their PATH
 * @param home theirs: neither it nor a folder above it is ever taken for a toolchain
 * @param ask runs a program and gives what it prints; null when that fails
 */
export function findToolchains(
  operatorsPath: string,
  home: string,
  ask: (words: readonly string[]) => string | null = askProgram,
): { readonly name: string; readonly folder: string }[] {
  return KINDS.flatMap((kind) => {
    const program = operatorsPath
      .split(':')
      .filter((dir) => path.isAbsolute(dir))
      .map((dir) => path.join(dir, kind.program))
      .find((file) => existsSync(file));
    // What is in the system's folders every sandbox sees.
    if (program === undefined || program.startsWith('/usr/') || program.startsWith('/bin/')) return [];
    const folder =
      kind.ask === null ? ownFolder(realpathSync(program), kind.program) : (ask(kind.ask)?.trim() ?? '');
    if (!path.isAbsolute(folder) || !existsSync(folder)) return [];
    const real = realpathSync(folder);
    if (real.startsWith('/usr/') || `${realpathSync(home)}/`.startsWith(`${real}/`)) return [];
    return kind.marks.every((m) => existsSync(path.join(real, m))) ? [{ name: kind.name, folder: real }] : [];
  });
}

/** `…/bin/java` and `…/lib/node_modules/npm/bin/npm-cli.js` are both of `…`. */
const ownFolder = (program: string, name: string): string =>
  name === 'npm'
    ? program.replace(/\/lib\/node_modules\/npm\/bin\/[^/]+$/, '')
    : path.dirname(path.dirname(program));

function askProgram([program, ...args]: readonly string[]): string | null {
  try {
    return execFileSync(program!, args, {
      encoding: 'utf8',
      timeout: ASK_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: '/',
    });
  } catch {
    // It is there and does not run: no sandbox misses it.
    return null;
  }
}

/**
 * Lays them as `<into>/<name>`. Other accounts may not enter root's home, so there what is laid is made of
 * hard links, or copied where the file system allows none; else it is a link to the folder.
 * @param into what no longer is among those found is removed there
 */
export function ensureToolchains(
  into: string,
  found: readonly { readonly name: string; readonly folder: string }[],
  isRoot: boolean,
): void {
  mkdirSync(into, { recursive: true, mode: 0o755 });
  for (const { name, folder } of found) {
    const to = path.join(into, name);
    const is = isRoot ? path.join(into, `.${name}-${stampOf(folder)}`) : folder;
    if (isRoot && !existsSync(is)) linkTree(folder, is);
    if (lstatSync(to, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(to) === is)
      continue;
    rmSync(`${to}.new`, { force: true });
    symlinkSync(is, `${to}.new`);
    renameSync(`${to}.new`, to);
  }
  const names = new Set(found.map((f) => f.name));
  for (const name of readdirSync(into))
    if (!name.startsWith('.') && !names.has(name)) rmSync(path.join(into, name), { force: true });
}

/** Another one when it was exchanged for another version. */
function stampOf(folder: string): string {
  const hash = createHash('sha256').update(folder);
  for (const name of readdirSync(path.join(folder, 'bin')).toSorted()) {
    const { size, mtimeMs } = statSync(path.join(folder, 'bin', name));
    hash.update(`\0${name} ${size} ${mtimeMs}`);
  }
  return hash.digest('hex').slice(0, 16);
}

function linkTree(from: string, to: string): void {
  const part = `${to}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { mode: 0o755 });
  const parts = readdirSync(from).filter((name) => !LEFT_OUT.includes(name));
  const copy = (how: string): void => {
    execFileSync(
      'cp',
      [how, '--no-preserve=ownership', '--', ...parts.map((name) => path.join(from, name)), part],
      { stdio: 'pipe' },
    );
  };
  try {
    copy('-al');
  } catch {
    // Another file system, or one without hard links.
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { mode: 0o755 });
    copy('-a');
  }
  // Folders are our own; a file that only its owner may read stays so.
  execFileSync('find', [part, '-type', 'd', '-exec', 'chmod', 'a+rx', '{}', '+'], { stdio: 'pipe' });
  renameSync(part, to);
}
