// The limits of a sandbox, tried from inside of a real one: what runs there is a script of ours in place of the runner.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { localSandbox } from '@mainloop/adapters/sandbox/local';
import type { SandboxLimits } from '@mainloop/adapters/sandbox/limits';
import type { LimitHit, Sandbox } from '@mainloop/adapters/sandbox/port';
import { repoOfCiToken } from '@mainloop/network/ci-token';
import { CLOSED_NODE } from '@mainloop/models/contracts/runner';
import { ON_RUNNER } from '@mainloop/testkit/hostile';
import { until } from '@mainloop/testkit/stack';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { ensureKit } from '../apps/cli/src/up/kit.ts';
import { pushWith } from '../apps/demo/src/github/actions.fixture.ts';
import { Bare } from '../apps/demo/src/github/bare.ts';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';

const LIMITS = {
  maxProcesses: 60,
  maxMemoryMiB: 200,
  maxFileMiB: 20,
  maxDiskMiB: 50,
  maxTmpMiB: 10,
} satisfies Partial<SandboxLimits>;

let home: string;
let bwrap: string;
beforeAll(() => {
  home = mkdtempSync('/tmp/mainloop-limits-');
  chmodSync(home, 0o711);
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
  ({ bwrap } = ensureKit(home, { bwrap: ensureTool('bwrap', cache, () => undefined), act: null }));
  mkdirSync(path.join(home, 'gateway'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

let n = 0;
/** Runs a shell script as the agent would, and what it prints is what we see. */
async function inside(script: string): Promise<{
  sandbox: Sandbox;
  taskId: string;
  hits: LimitHit[];
  said(): string;
  pid(): number;
  end(): Promise<void>;
}> {
  const taskId = `1limit${n++}`;
  const kit = path.join(home, `kit-${taskId}`);
  mkdirSync(kit);
  for (const node of ['node', CLOSED_NODE])
    linkSync(path.join(home, 'kit/current', node), path.join(kit, node));
  writeFileSync(path.join(kit, 'script.sh'), script);
  writeFileSync(
    path.join(kit, 'runner.mjs'),
    `import { spawn } from 'node:child_process';
     spawn('/bin/bash', ['/opt/mainloop/script.sh'], { stdio: 'inherit' }).on('exit', (c) => console.log('ended ' + c));
     process.on('SIGUSR1', () => undefined);
     setInterval(() => undefined, 1000);`,
  );
  const root = path.join(home, 'sandboxes');
  const hits: LimitHit[] = [];
  const sandbox = localSandbox({
    root,
    kit,
    gatewayDir: path.join(home, 'gateway'),
    mirrors: path.join(home, 'mirrors'),
    bwrap,
    unconfined: false,
    limits: LIMITS,
    onLimit: (hit) => hits.push(hit),
  });
  await sandbox.start({ taskId, runId: `${taskId}-r1`, epoch: 1, token: 'x', repo: 'demo/nothing' });
  const place = path.join(root, taskId);
  const log = path.join(place, 'runner.log');
  return {
    sandbox,
    taskId,
    hits,
    said: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    pid: () =>
      (JSON.parse(readFileSync(path.join(place, 'run.json'), 'utf8')) as { innerPid: number }).innerPid,
    end: () => sandbox.release(taskId),
  };
}

describe('a sandbox', () => {
  test('has no more processes than it may, and its worker hears that it tried', async () => {
    const s = await inside('for i in $(seq 200); do sleep 100 & done 2>&1; echo started $(jobs -p | wc -l)');
    await until(
      'what the shell says of it',
      async () => s.said().includes('Resource temporarily unavailable') || null,
    );
    const hit = await until('word of it', async () => s.hits.find((h) => h.limit === 'processes'));
    expect(hit).toEqual({ taskId: s.taskId, runId: `${s.taskId}-r1`, limit: 'processes', max: 60 });
    await s.end();
  });

  test('has the limit of processes also where the kernel gives us no control group', async () => {
    const s = await inside('ulimit -Hu; ulimit -u 61 || echo it may not be raised');
    await until('its words', async () => s.said().includes('ended') || null);
    expect(s.said()).toMatch(/^60\n[^]*it may not be raised\n/);
    await s.end();
  });

  test('has no more memory than it may: the biggest process goes, the others stay', async () => {
    const s = await inside(
      '/opt/mainloop/node -e "const a = []; for (;;) a.push(Buffer.alloc(10 << 20, 1))"; echo got $?',
    );
    await until('the end of that process', async () => s.said().includes('got ') || null);
    expect(s.said()).toContain('got 137');
    await until('word of it', async () => s.hits.find((h) => h.limit === 'memory'));
    expect((await s.sandbox.status(s.taskId)).kind).toBe('running');
    await s.end();
  });

  test('writes no file that is too long, and no memory in the name of a file', async () => {
    const s = await inside(
      'cd /work; head -c 30M /dev/zero > long; stat -c "long %s" long; for d in /tmp /var/tmp /dev/shm /run; do head -c 19M /dev/zero > $d/x; stat -c "$d %s" $d/x; done; for d in / /dev /etc /opt; do touch $d/x; done',
    );
    await until('its words', async () => s.said().includes('ended') || null);
    expect(s.said()).toContain(`long ${20 * 1024 * 1024}\n`);
    for (const d of ['/tmp', '/var/tmp', '/dev/shm'])
      expect(s.said()).toContain(`${d} ${10 * 1024 * 1024}\n`);
    expect(s.said()).toContain(`/run ${16 * 1024 * 1024}\n`);
    expect(s.said().match(/touch: .*Read-only file system/g)).toHaveLength(4);
    await s.end();
  });

  test.each([
    ['files', 'for i in 1 2 3; do head -c 19M /dev/urandom > f$i; done'],
    [
      'files in a folder that is closed to everybody',
      'mkdir a; for i in 1 2 3; do head -c 19M /dev/urandom > a/f$i; done; chmod 000 a',
    ],
    [
      'files that were deleted and are still open',
      'for i in 1 2 3; do exec {fd}<>f; head -c 19M /dev/urandom >&$fd; rm f; done; sleep 100',
    ],
  ])('ends when its disk is full of %s, whatever its runner says, and says why', async (_, script) => {
    const s = await inside(`cd /work; ${script}`);
    const ended = await until('its end', async () => {
      const status = await s.sandbox.status(s.taskId);
      return status.kind === 'exited' ? status : null;
    });
    expect(ended).toMatchObject({ over: 'disk', runId: `${s.taskId}-r1`, epoch: 1 });
    expect(s.hits.map((h) => [h.limit, h.max])).toContainEqual(['disk', 50]);
    await s.end();
  });

  test('shows an agent nothing of the runner beside it: not its memory, its environment or its files, and no debugger', async () => {
    const s = await inside(`/opt/mainloop/node --input-type=module -e "$(cat <<'EOS'
${ON_RUNNER}
EOS
)"; kill -0 "$PPID" && echo it lives`);
    await until('its words', async () => s.said().includes('ended') || null);
    const said = s.said().split('\n');
    expect(said).toEqual(
      expect.arrayContaining([
        'memory EACCES',
        'environment EACCES',
        'open files EACCES',
        'debugger ECONNREFUSED',
        'it lives',
        'own memory read',
      ]),
    );
    await s.end();
  });

  test('leaves the processor to others', async () => {
    const s = await inside('sleep 100');
    const group =
      /^\d+:([^:]*\bcpu\b[^:]*|):(.*)$/m.exec(readFileSync(`/proc/${s.pid()}/cgroup`, 'utf8'))?.[2] ?? '';
    const words = (await s.sandbox.checkup()).find((c) => c.name === 'limits')!.says;
    // Where we get no control group, that is said.
    expect(group.includes(s.taskId)).toBe(!/no control group for .*cpu/.test(words));
    await s.end();
  });
});

describe('a job of the local GitHub', () => {
  let hub: string;
  beforeAll(async () => {
    hub = mkdtempSync('/tmp/mainloop-ci-limits-');
    chmodSync(hub, 0o711);
    const folder = path.join(hub, 'folder');
    mkdirSync(path.join(folder, '.github/workflows'), { recursive: true });
    writeFileSync(
      path.join(folder, '.github/workflows/ci.yml'),
      'on: push\njobs: { t: { runs-on: ubuntu-latest, steps: [{ run: x }] } }\n',
    );
    const git = (...a: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
        cwd: folder,
        stdio: 'ignore',
      });
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-qm', 'first');
    await new Bare(path.join(hub, 'repos')).importFrom('local/till', folder, 'main');
  });
  afterAll(() => rmSync(hub, { recursive: true, force: true }));
  /** Says a line as `act` does. */
  const say = (what: string): string => `printf '{"jobID":"t","raw_output":true,"msg":"%s"}\\n' "${what}"`;
  const ci = (script: string): Promise<string> =>
    pushWith(hub, script, { bwrap, limits: LIMITS, node: path.join(home, 'kit/current/node') });

  test('runs to its end within its limits, and nothing of it stays', async () => {
    expect(await ci(say('here'))).toContain('here');
    expect(readdirSync(path.join(hub, 'ci')).filter((f) => f.startsWith('ci-'))).toEqual([]);
  });

  test('finds its package registry beside it, as itself, and is told of it', async () => {
    const gatewayDir = path.join(hub, 'gateway');
    mkdirSync(gatewayDir, { mode: 0o755 });
    const shown: string[] = [];
    const gateway = http.createServer((req, res) => {
      shown.push(
        `${req.method} ${req.url}`,
        repoOfCiToken(
          'the-secret-of-a-test',
          req.headers.authorization!.replace('Bearer ', ''),
          Date.now(),
        ) ?? '',
      );
      res.end('from the gateway');
    });
    await new Promise<void>((done) => gateway.listen(path.join(gatewayDir, 'gateway.sock'), done));
    chmodSync(path.join(gatewayDir, 'gateway.sock'), 0o777);
    const script = `at="$(printf '%s\\n' "$@" | sed -n 's/^npm_config_registry=//p')"
${say('$(/opt/ci/node -e "fetch(process.argv[1]).then((r) => r.text()).then(console.log)" "${at}left-pad")')}
${say('token $(env | grep -c TOKEN)')}`;
    const log = await pushWith(hub, script, {
      bwrap,
      limits: LIMITS,
      node: path.join(home, 'kit/current/node'),
      packages: { gatewayDir, secret: 'the-secret-of-a-test' },
    }).finally(() => gateway.close());
    expect(log).toContain('from the gateway');
    expect(log).toContain('token 0');
    expect(shown).toEqual(['GET /registry/npm/left-pad', 'local/till']);
  });

  test('has no more memory than it may', async () => {
    const log = await ci(
      `/opt/ci/node -e "const a = []; for (;;) a.push(Buffer.alloc(10 << 20, 1))"; ${say('got $?')}`,
    );
    expect(log).toContain('got 137');
    expect(log).toContain('##[error]This job used more than its 200 MiB of memory.');
  });

  test('has no more processes than it may', async () => {
    const log = await ci(
      `bash -c 'for i in $(seq 80); do sleep 10 & done' 2> said; ${say('$(grep -c "Resource temporarily unavailable" said) refused')}`,
    );
    expect(log).toMatch(/ [1-9]\d* refused/);
  });

  test('ends when its disk is full', async () => {
    const log = await ci(
      `head -c 19M /dev/urandom > f1; ${say('wrote')}; for i in 2 3 4; do head -c 19M /dev/urandom > f$i; done; sleep 60; ${say('and lived')}`,
    );
    expect(log).toContain('wrote');
    expect(log).toContain('##[error]This job used more than its 50 MiB of disk.');
    expect(log).not.toContain('and lived');
  });
});
