// All suites, one closing line. Brings what they need: Postgres from our packages, Chromium from Debian where we may.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcess } from '../apps/cli/src/up/pids.ts';
import { startPostgres } from '../apps/cli/src/up/postgres.ts';
import { onPath } from '../apps/cli/src/up/wheels.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import { sql } from '../packages/testkit/src/database.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const unit = process.argv.includes('unit');
const patterns = process.argv.slice(2).filter((a) => a !== 'unit');

const home = mkdtempSync('/tmp/mainloop-tests-');
chmodSync(home, 0o711);
const port = await freePort();
const postgres = await startPostgres(path.join(home, 'postgres'), port, path.join(home, 'postgres.log'));
let code = 1;
process.once('SIGTERM', () => process.exit(143));
try {
  await waitFor(postgres.url);
  await sql(postgres.url, 'create database mainloop_template');
  await migrate(postgres.url.replace(/\/postgres$/, '/mainloop_template'));
  const missing = unit ? [] : browser();
  const results = path.join(home, 'results.json');
  mkdirSync(path.join(root, 'e2e/shots'), { recursive: true });
  const jest = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      path.join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      `--outputFile=${results}`,
      '--maxWorkers=2',
      '--forceExit',
      ...(unit ? ['--testPathPatterns', '(apps|packages|tools)/.*\\.test\\.ts'] : patterns.length > 0 ? ['--testPathPatterns', ...patterns] : []),
    ],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TEST_POSTGRES_URL: postgres.url, NODE_ENV: 'test', ...(missing.length > 0 ? { SKIP_BROWSER: '1' } : {}) },
    },
  );
  const r = existsSync(results)
    ? (JSON.parse(readFileSync(results, 'utf8')) as {
        numPassedTests: number;
        numFailedTests: number;
        numPendingTests: number;
        numRuntimeErrorTestSuites: number;
        testResults: { name: string; assertionResults: { status: string; fullName: string }[] }[];
      })
    : null;
  for (const m of missing) console.log(`SKIPPED: ${m}`);
  for (const f of r?.testResults ?? []) for (const a of f.assertionResults) if (a.status === 'pending') console.log(`SKIPPED: ${a.fullName}`);
  const failed = r === null ? 1 : r.numFailedTests + r.numRuntimeErrorTestSuites;
  console.log(`${r?.numPassedTests ?? 0} passed, ${failed} failed, ${r?.numPendingTests ?? 0} skipped`);
  code = failed === 0 && (r?.numPassedTests ?? 0) > 0 && jest.status === 0 ? 0 : 1;
} finally {
  await endProcess(postgres.process, 10_000, 'SIGINT');
  rmSync(home, { recursive: true, force: true });
}
process.exit(code);

/** @returns what can't run here, in words */
function browser(): string[] {
  if (onPath('chromium')) return [];
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    console.log('installing chromium (once)');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env, stdio: 'ignore' });
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

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const s = net.createServer();
    s.listen(0, '127.0.0.1', () => {
      const p = (s.address() as { port: number }).port;
      s.close(() => resolve(p));
    });
  });
}
