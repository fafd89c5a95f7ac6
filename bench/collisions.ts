// Fifty tasks at work on one repository: how soon after a push it is known that two will conflict, through the gateway's
// process; and whether what is told is what git really does, on 200 pairs by chance.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { endProcess } from '../apps/cli/src/up/pids.ts';
import { startPostgres } from '../apps/cli/src/up/postgres.ts';
import { withMerges } from '../apps/gateway/src/merges.ts';
import { collidingFiles } from '../packages/models/src/flow/awareness/collisions.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import { one, openPool, type Db } from '../packages/models/src/db/pool.ts';
import {
  OWNER_ROLE,
  prepareRoles,
  PROCESS_ROLES,
  type RolePasswords,
} from '../packages/models/src/db/roles.ts';
import { taskBranch } from '../packages/models/src/flow/ids.ts';
import { seedRun, startGateway, startModel } from '../packages/testkit/src/gateway.ts';
import { CLEAN_GIT, seedRepository, startHub } from '../packages/testkit/src/hub.ts';
import { seedProject, seedTask } from '../packages/testkit/src/seed.ts';
import { until } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const TASKS = 50;
const FILES = 2_000;
const ROUNDS = 10;
const MAX_KNOWN_S = 3;
const PAIRS = 200;
/** Another one gives other pairs: `SEED=7 ONLY=collisions make bench`. */
const SEED = Number(process.env.SEED ?? 1);

const far = promisify(execFile);
const LINES = Array.from({ length: 40 }, (_, n) => `line ${n + 1}\n`);
/** Of a file that two are likely to meet in. */
const SOME_LINES = LINES.slice(0, 16);
const gitIn =
  (dir: string) =>
  (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      cwd: dir,
      env: CLEAN_GIT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();

export const benchCollisions = async (): Promise<Result[]> => [
  ...(await benchKnown()),
  ...(await benchTold()),
];

/** A Postgres of its own, with a role for each process. */
async function openDatabase(
  home: string,
): Promise<{ readonly db: Db; readonly url: string; drop(): Promise<void> }> {
  mkdirSync(path.join(home, 's'), { mode: 0o711 });
  const password = 'bench';
  const postgres = await startPostgres(
    path.join(home, 'postgres'),
    path.join(home, 's'),
    password,
    path.join(home, 'postgres.log'),
  );
  const db = openPool(postgres.url, 'bench', 10);
  await until('the database answers', async () => (await db.query('select 1')).rowCount === 1);
  const passwords = Object.fromEntries([OWNER_ROLE, ...PROCESS_ROLES].map((role) => [role, password]));
  await prepareRoles(postgres.url, passwords as RolePasswords);
  const owners = new URL(postgres.url);
  owners.username = OWNER_ROLE;
  await migrate(owners.href);
  return {
    db,
    url: postgres.url,
    async drop() {
      await db.end();
      await endProcess(postgres.process, 10_000, 'SIGINT');
    },
  };
}

async function benchKnown(): Promise<Result[]> {
  const home = mkdtempSync('/tmp/bench-collisions-');
  chmodSync(home, 0o711);
  const database = await openDatabase(home);
  const hub = await startHub(path.join(home, 'hub'));
  const files = Object.fromEntries(Array.from({ length: FILES }, (_, n) => [fileOf(n), LINES.join('')]));
  await seedRepository(hub, 'demo/wide', path.join(home, 'seed'), files);
  await seedProject(database.db, 'pr-1', 'demo/wide', `${hub.url}/demo/wide.git`);
  const model = await startModel((_, res) => void res.end('{}'));
  const gateway = await startGateway(database.url, model.url);
  try {
    return await pushes(database.db, gateway.url, path.join(home, 'work'));
  } finally {
    await gateway.kill('SIGKILL');
    model.close();
    await hub.close();
    await database.drop();
    rmSync(home, { recursive: true, force: true });
  }
}

const fileOf = (n: number): string => `src/${n % 40}/f${n}.ts`;

/** Each task changes a file of its own; then ten of them change that of another. */
async function pushes(db: Db, url: string, dir: string): Promise<Result[]> {
  const git = gitIn(dir);
  const ids = Array.from({ length: TASKS }, (_, n) => `t${n}`);
  const headers = new Map<string, string[]>();
  for (const id of ids) {
    const { token } = await seedRun(db, await seedTask(db, id));
    headers.set(id, ['-c', `http.extraHeader=Authorization: Bearer ${token}`]);
  }
  await far('git', [...headers.get('t0')!, 'clone', '-q', `${url}/git/repo.git`, dir], { env: CLEAN_GIT });
  /** @returns when it began and when it was taken */
  const push = async (id: string, n: number): Promise<{ beganMs: number; takenMs: number }> => {
    git('checkout', '-q', '-B', id, 'origin/main');
    writeFileSync(path.join(dir, fileOf(n)), LINES.with(3, `by ${id}\n`).join(''));
    git('commit', '-qam', id);
    const beganMs = Date.now();
    const to = `HEAD:refs/heads/${taskBranch(id, 'x')}`;
    await far('git', [...headers.get(id)!, 'push', '-q', '-f', 'origin', to], { cwd: dir, env: CLEAN_GIT });
    return { beganMs, takenMs: Date.now() };
  };
  const tookMs: number[] = [];
  for (const [n, id] of ids.entries()) {
    const { beganMs, takenMs } = await push(id, n);
    tookMs.push(takenMs - beganMs);
  }
  const knownMs: number[] = [];
  const collides = (a: string, b: string): Promise<unknown> =>
    one(db, 'select 1 as is from collisions where task_id = $1 and other_id = $2', [a, b]);
  for (let n = 0; n < ROUNDS; n++) {
    const { takenMs } = await push(ids[n]!, n + ROUNDS);
    await until('the collision', () => collides(ids[n]!, ids[n + ROUNDS]!), 60_000, 10);
    knownMs.push(Date.now() - takenMs);
  }
  const known = quantile(knownMs, 0.95) / 1000;
  const isSoon = known <= MAX_KNOWN_S;
  const [late, early] = [quantile(tookMs.slice(-10), 0.5), quantile(tookMs.slice(0, 10), 0.5)];
  return [
    result('push to collision known, 50 branches at work, p95', known, 's', null, 'at most 3 s', isSoon),
    result('the push itself among 40 to 50; bare: among 10, median', late, 'ms', early, 'reported', true),
  ];
}

/** A generator of numbers from 0 to 1 (mulberry32), the same for the same seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A few edits by chance of four files: lines changed, put in and taken out, files moved, deleted and added. */
function edit(dir: string, random: () => number, who: string): void {
  const git = gitIn(dir);
  const pick = (n: number): number => Math.floor(random() * n);
  const tracked = (): string[] => git('ls-files').split('\n').filter(Boolean);
  for (let edits = 1 + pick(3); edits > 0; edits--) {
    const all = tracked();
    const file = all[pick(all.length)]!;
    const at = path.join(dir, file);
    const lines = (): string[] => readFileSync(at, 'utf8').split('\n');
    const line = pick(SOME_LINES.length);
    const what = random();
    if (what < 0.55)
      writeFileSync(
        at,
        lines()
          .with(Math.min(line, lines().length - 1), `by ${who}`)
          .join('\n'),
      );
    else if (what < 0.7) writeFileSync(at, lines().toSpliced(line, 0, `new by ${who}`).join('\n'));
    else if (what < 0.8)
      writeFileSync(
        at,
        lines()
          .toSpliced(line, 1 + pick(3))
          .join('\n'),
      );
    else if (what < 0.87) git('mv', file, `moved-${pick(3)}-${file}`);
    else if (what < 0.93) git('rm', '-qf', file);
    else writeFileSync(path.join(dir, `added-${pick(3)}`), `by ${who}\n`);
    git('add', '-A');
  }
}

/** Whether git conflicts when it merges one after the other into the base, in a working copy. */
function conflictsIn(dir: string, base: string, first: string, second: string): boolean | null {
  const git = gitIn(dir);
  git('checkout', '-q', '-f', '--detach', base);
  git('clean', '-fdq');
  const merges = (sha: string): boolean => {
    try {
      git('merge', '-q', '--no-edit', '--no-ff', sha);
      return true;
    } catch {
      // It conflicts: git says so by its exit.
      git('reset', '-q', '--hard');
      git('clean', '-fdq');
      return false;
    }
  };
  // What conflicts with the base alone is no collision of the two.
  if (!merges(first)) return null;
  return !merges(second);
}

async function benchTold(): Promise<Result[]> {
  const dir = mkdtempSync('/tmp/bench-told-');
  const git = gitIn(dir);
  const random = chance(SEED);
  git('init', '-q', '-b', 'main');
  for (let n = 0; n < 4; n++)
    writeFileSync(path.join(dir, `f${n}`), SOME_LINES.map((l) => `${n} ${l}`).join(''));
  git('add', '-A');
  git('commit', '-qm', 'first');
  const from = git('rev-parse', 'HEAD');
  const commitOn = (base: string, who: string): string => {
    git('checkout', '-q', '-f', '--detach', base);
    git('clean', '-fdq');
    edit(dir, random, who);
    git('commit', '-qm', who, '--allow-empty');
    return git('rev-parse', 'HEAD');
  };
  const count = { told: 0, real: 0, both: 0, pairs: 0 };
  while (count.pairs < PAIRS) {
    // In half of them the base has moved since one of the two began.
    const base = random() < 0.5 ? from : commitOn(from, 'main');
    const [a, b] = [commitOn(from, 'one'), commitOn(random() < 0.5 ? base : from, 'two')];
    const told = await withMerges(
      path.join(dir, '.git'),
      path.join(dir, '.git/aside'),
      async ({ mergeAll }) => {
        const [together, ...bases] = await mergeAll([
          [a, b],
          [base, a],
          [base, b],
        ]);
        if (!together || bases.some((merge) => merge === null)) return null;
        // One that conflicts with the base is told as that.
        if (bases.some((merge) => merge?.isClean === false)) return null;
        return (
          collidingFiles(
            together,
            bases.flatMap((merge) => merge ?? []),
          ).length > 0
        );
      },
    );
    if (told === null) continue;
    const real = conflictsIn(dir, base, a, b);
    if (real === null) continue;
    count.pairs++;
    count.told += Number(told);
    count.real += Number(real);
    count.both += Number(told && real);
  }
  rmSync(dir, { recursive: true, force: true });
  const precision = (100 * count.both) / count.told;
  const recall = (100 * count.both) / count.real;
  const of = `of ${count.told} told and ${count.real} real`;
  return [
    result(`collisions told that are real, ${of}, 200 pairs`, precision, '%', null, 'reported', true),
    result(`real ones that are told, ${of}`, recall, '%', null, 'reported', true),
  ];
}
