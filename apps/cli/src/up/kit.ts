// The sandbox kit: what a run finds under /opt/mainloop. One folder for each content, so that a running
// sandbox keeps its own.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CLOSED_NODE } from '@mainloop/models/contracts/runner';
import { ROOT } from './settings.ts';

/** @returns paths of programs that everybody may enter, as sandboxes and CI need them */
export function ensureKit(
  home: string,
  tools: { bwrap: string; act: string | null },
): { bwrap: string; act: string | null; node: string } {
  const runner = path.join(ROOT, 'apps/runner');
  const require = createRequire(path.join(runner, 'package.json'));
  const claude = path.join(
    path.dirname(require.resolve('@anthropic-ai/claude-code/package.json')),
    'bin/claude.exe',
  );
  if (!existsSync(claude))
    throw new Error(
      'Claude Code was not installed with the other packages. Run make dev again; if it stays so, pnpm install says why.',
    );
  const version = (require('@anthropic-ai/claude-code/package.json') as { version: string }).version;
  const key = createHash('sha256')
    .update(process.version)
    .update(CLOSED_NODE)
    .update(version)
    .update(String(statSync(claude).size));
  const built = path.join(runner, 'dist');
  for (const file of [
    'runner.mjs',
    'talk.mjs',
    'gh.mjs',
    'keep.mjs',
    'typescript-language-server.mjs',
    'typescript/package.json',
  ])
    key.update(readFileSync(path.join(built, file)));
  const kits = path.join(home, 'kit');
  const name = `kit-${key.digest('hex').slice(0, 16)}`;
  const dir = path.join(kits, name);
  if (!existsSync(dir)) {
    const tmp = `${dir}.tmp`;
    rmSync(tmp, { recursive: true, force: true });
    mkdirSync(tmp, { recursive: true, mode: 0o755 });
    share(process.execPath, path.join(tmp, 'node'));
    linkSync(ensureClosedNode(kits), path.join(tmp, CLOSED_NODE));
    share(claude, path.join(tmp, 'claude'));
    cpSync(built, tmp, { recursive: true });
    for (const [name, file] of [
      ['mainloop', 'talk.mjs'],
      ['gh', 'gh.mjs'],
    ] as const) {
      const program = path.join(tmp, name);
      writeFileSync(program, `#!/bin/sh\nd="$(dirname "$0")"\nexec "$d/node" "$d/${file}" "$@"\n`, {
        mode: 0o755,
      });
      chmodSync(program, 0o755);
    }
    renameSync(tmp, dir);
  }
  const link = path.join(kits, 'current');
  rmSync(`${link}.new`, { force: true });
  symlinkSync(name, `${link}.new`);
  renameSync(`${link}.new`, link);
  return {
    node: path.join(dir, 'node'),
    bwrap: reachable(tools.bwrap, path.join(kits, 'bwrap')),
    act: tools.act === null ? null : reachable(tools.act, path.join(kits, 'act')),
  };
}

/**
 * Node once more, that may be run and not read: the agent shares the runner's uid, and can't look into it
 * then. A copy, because a link would close the Node it is a link to.
 */
function ensureClosedNode(kits: string): string {
  const closed = path.join(kits, `${CLOSED_NODE}-${process.version}`);
  if (existsSync(closed)) return closed;
  mkdirSync(kits, { recursive: true, mode: 0o755 });
  rmSync(`${closed}.tmp`, { force: true });
  copyFileSync(process.execPath, `${closed}.tmp`, constants.COPYFILE_FICLONE);
  chmodSync(`${closed}.tmp`, 0o111);
  renameSync(`${closed}.tmp`, closed);
  return closed;
}

/**
 * A link where the file system allows it: the two programs are half a gigabyte, and writing that holds up
 * every fsync of Postgres.
 */
function share(program: string, to: string): void {
  const from = realpathSync(program);
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
    chmodSync(to, 0o755);
  }
}

/**
 * A program from the cache may lie under root's closed home. Wheels keep libraries beside the program, so the
 * folder comes along.
 */
function reachable(program: string, into: string): string {
  if (program.startsWith('/usr/') || program.startsWith('/bin/')) return program;
  const top = program.split('/').findIndex((p) => /-bin-\d/.test(p));
  const folder = program
    .split('/')
    .slice(0, top + 1)
    .join('/');
  const to = path.join(into, path.basename(folder));
  if (!existsSync(to)) {
    rmSync(`${to}.tmp`, { recursive: true, force: true });
    cpSync(folder, `${to}.tmp`, { recursive: true });
    mkdirSync(into, { recursive: true });
    chmodSync(into, 0o755);
    chmodSync(`${to}.tmp`, 0o755);
    renameSync(`${to}.tmp`, to);
  }
  return path.join(to, path.relative(folder, program));
}
