// All suites, one closing line. Brings what they need: Postgres from our packages, Chromium from Debian where we may.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcess } from '../apps/cli/src/up/pids.ts';
import { startPostgres } from '../apps/cli/src/up/postgres.ts';
import { onPath } from '../apps/cli/src/up/wheels.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import {
  OWNER_ROLE,
  prepareRoles,
  PROCESS_ROLES,
  type RolePasswords,
} from '../packages/models/src/db/roles.ts';
import { sql } from '../packages/testkit/src/database.ts';
import { ensureBinary, ensureKwok, ensurePackages, whyNot } from './cluster/needs.ts';
import { ensureImage } from './images.ts';
import { DEBIAN } from './pins.ts';

const ON_A_CLUSTER = 'e2e/(sandbox|cluster|incluster)';
/** 200 tasks at once: beside anything else they no longer get their connections in time. */
const AT_SCALE = 'e2e/scale';
const OF_ONE_FILE = '(apps|packages|tools)/.*\\.test\\.ts';
/** Pictures to be looked at by a person: `make shots`. */
const PICTURES = 'e2e/states';
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const unit = process.argv.includes('unit');
const patterns = process.argv.slice(2).filter((a) => a !== 'unit');

const home = mkdtempSync('/tmp/mainloop-tests-');
chmodSync(home, 0o711);
const sockets = path.join(home, 's');
mkdirSync(sockets, { mode: 0o711 });
// One password for all roles: a test takes another role by its name alone.
const password = randomBytes(24).toString('base64url');
const postgres = await startPostgres(
  path.join(home, 'postgres'),
  sockets,
  password,
  path.join(home, 'postgres.log'),
);
let code = 1;
process.once('SIGTERM', () => process.exit(143));
try {
  await waitFor(postgres.url);
  await sql(postgres.url, 'create database mainloop_template');
  const template = new URL(postgres.url);
  template.pathname = '/mainloop_template';
  await prepareRoles(
    template.href,
    Object.fromEntries([OWNER_ROLE, ...PROCESS_ROLES].map((r) => [r, password])) as RolePasswords,
  );
  template.username = OWNER_ROLE;
  await migrate(template.href);
  const missing = unit ? [] : browser();
  const noCluster = unit ? null : cluster();
  mkdirSync(path.join(root, 'e2e/shots'), { recursive: true });
  const env = {
    TEST_POSTGRES_URL: postgres.url,
    NODE_ENV: 'test',
    ...(missing.length > 0 ? { SKIP_BROWSER: '1' } : {}),
    ...(noCluster === null ? {} : { SKIP_CLUSTER: noCluster }),
  };
  const rounds: Round[] = [];
  for (const together of roundsOf())
    rounds.push(...(await Promise.all(together.map((args, place) => jest(args, env, place)))));
  for (const suite of missing) console.log(`SKIPPED: ${suite}`);
  for (const round of rounds) for (const name of round.skipped) console.log(`SKIPPED: ${name}`);
  const sum = (of: (round: Round) => number): number => rounds.reduce((n, r) => n + of(r), 0);
  const [passed, failed] = [sum((r) => r.passed), sum((r) => r.failed)];
  console.log(`${passed} passed, ${failed} failed, ${sum((r) => r.skipped.length)} skipped`);
  code = failed === 0 && rounds.every((r) => r.passed + r.skipped.length > 0) ? 0 : 1;
} finally {
  await endProcess(postgres.process, 10_000, 'SIGINT');
  rmSync(home, { recursive: true, force: true });
}
process.exit(code);

/**
 * What jest is to run: rounds, and in each what runs side by side. A cluster has its own dozen of processes: its
 * suites run one at a time and, as they wait most of the time, beside those that start nothing, which give way.
 */
function roundsOf(): string[][][] {
  const run = (workers: number, ...of: string[]): string[] => [
    `--maxWorkers=${workers}`,
    '--testPathPatterns',
    ...of,
  ];
  if (patterns.length > 0) return [[run(2, ...patterns)]];
  if (unit) return [[run(2, OF_ONE_FILE)]];
  return [
    [run(2, `^(?!.*(${ON_A_CLUSTER}|${AT_SCALE}|${PICTURES}|${OF_ONE_FILE}))`)],
    [run(1, ON_A_CLUSTER), run(2, OF_ONE_FILE)],
    [run(1, AT_SCALE)],
  ];
}

interface Round {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/**
 * One run of jest. One that dies without results counts as a failure.
 * @param place among those beside it: the later ones give way to the first
 */
async function jest(args: readonly string[], env: Record<string, string>, place: number): Promise<Round> {
  const results = path.join(home, `results-${place}.json`);
  rmSync(results, { force: true });
  const run = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      path.join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      `--outputFile=${results}`,
      '--forceExit',
      ...args,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } },
  );
  // Its workers are started later, and have it from here.
  if (place > 0 && run.pid !== undefined) os.setPriority(run.pid, 10);
  const status = await new Promise<number | null>((resolve) =>
    run.once('exit', resolve).once('error', () => resolve(null)),
  );
  if (!existsSync(results)) return { passed: 0, failed: 1, skipped: [] };
  const result = JSON.parse(readFileSync(results, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numRuntimeErrorTestSuites: number;
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: result.testResults.flatMap((suite) =>
      suite.assertionResults.filter((a) => a.status === 'pending').map((a) => a.fullName),
    ),
  };
}

/** Brings the cluster and its images, which takes minutes the first time. @returns why it can't run here, or null */
function cluster(): string | null {
  if (
    patterns.length > 0 &&
    !patterns.some((p) => new RegExp(`${ON_A_CLUSTER}|${AT_SCALE}`).test(p) || /^e2e\/?$/.test(p))
  )
    return 'not asked for';
  if (process.env.MAINLOOP_TEST_KUBECONFIG) return 'MAINLOOP_TEST_KUBECONFIG is set';
  const no = whyNot();
  if (no !== null) return no;
  const say = (line: string): void => console.log(line);
  try {
    ensurePackages(say);
    ensureBinary(say);
    ensureKwok(say);
    const wanted = (spec: string): boolean => patterns.length === 0 || patterns.some((p) => p.includes(spec));
    if (!wanted('sandbox') && !wanted('cluster')) return null;
    for (const i of wanted('incluster')
      ? (['mainloop', 'agent', 'postgres', 'temporal', 'demo'] as const)
      : (['agent'] as const))
      ensureImage(i, say);
    return null;
  } catch (err) {
    return `the cluster could not be prepared: ${(err as Error).message.split('\n')[0]}`;
  }
}

/** @returns what can't run here, in words */
function browser(): string[] {
  if (onPath('chromium')) return [];
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    console.log('installing chromium (once)');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...DEBIAN.browser], {
      env,
      stdio: 'ignore',
    });
    if (onPath('chromium')) return [];
  }
  return ['the browser suites: there is no chromium, and only root can install it'];
}

async function waitFor(url: string): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      return await sql(url, 'select 1');
    } catch (err) {
      if (i > 100) throw err;
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}
