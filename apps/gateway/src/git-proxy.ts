// The git door: smart HTTP for one repository. Fetches come from our mirror; a push is received into quarantine, looked at,
// and only then forwarded to the forge. No git command runs in a repository that an agent can write to.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { append, freshId } from '@mainloop/models/db/log';
import { one, withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs';
import { cleanText } from '@mainloop/models/flow/text';
import type { GatewayConfig } from './config.ts';
import { readBody, Refused } from './http.ts';
import { checkFiles, checkRefs, MAX_PUSH_BYTES } from './git-rules.ts';
import { parsePush, pkt, pushReport, ZERO, type PushHead, type RefUpdate } from './pkt.ts';

const run = promisify(execFile);
const MAX_DIFF_CHARS = 2_000_000;

export function gitProxy(c: GatewayConfig, db: Db) {
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: c.gitDir,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    LANG: 'C.UTF-8',
  };
  // The forge token travels in the environment of our own git, never in a URL or an argument that `ps` shows.
  const forgeEnv = {
    ...env,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`x-access-token:${c.githubToken}`).toString('base64')}`,
  };
  const git = async (dir: string, args: string[], e: NodeJS.ProcessEnv = env): Promise<string> =>
    (await run('git', ['--git-dir', dir, ...args], { env: e, maxBuffer: 256 * 1024 * 1024, cwd: c.gitDir })).stdout;
  const locks = new Map<string, Promise<unknown>>();
  const serial = <T>(key: string, f: () => Promise<T>): Promise<T> => {
    const next = (locks.get(key) ?? Promise.resolve()).then(f, f);
    locks.set(
      key,
      next.catch(() => undefined),
    );
    return next;
  };
  const mirrorOf = (r: RunByToken): string => path.join(c.gitDir, 'mirrors', `${r.repo}.git`);
  const fetchedAt = new Map<string, number>();

  const refreshMirror = (r: RunByToken): Promise<string> =>
    serial(r.repo, async () => {
      const dir = mirrorOf(r);
      if (!existsSync(path.join(dir, 'HEAD'))) {
        mkdirSync(dir, { recursive: true });
        await run('git', ['init', '-q', '--bare', dir], { env });
        await git(dir, ['config', 'gc.auto', '0']);
      }
      // Several requests of one clone come within a second; the forge need not be asked for each.
      if (Date.now() - (fetchedAt.get(r.repo) ?? 0) > 1_000) {
        await git(dir, ['fetch', '-q', '--prune', '--no-tags', r.remote_url, '+refs/heads/*:refs/heads/*'], forgeEnv);
        fetchedAt.set(r.repo, Date.now());
      }
      return dir;
    });

  const quarantine = async (r: RunByToken, mirror: string): Promise<string> => {
    const dir = path.join(c.gitDir, 'quarantine', `${r.task_id}.git`);
    if (!existsSync(path.join(dir, 'HEAD'))) {
      mkdirSync(dir, { recursive: true });
      await run('git', ['init', '-q', '--bare', dir], { env });
      writeFileSync(path.join(dir, 'objects/info/alternates'), path.join(mirror, 'objects') + '\n');
    }
    await git(dir, ['fetch', '-q', '--prune', '--no-tags', mirror, '+refs/heads/*:refs/heads/*']);
    return dir;
  };

  const advertise = async (res: ServerResponse, dir: string, service: string, protocol: string | undefined): Promise<void> => {
    const out = await run('git', [service.replace('git-', ''), '--stateless-rpc', '--advertise-refs', dir], {
      env: { ...env, ...(protocol ? { GIT_PROTOCOL: protocol } : {}) },
      encoding: 'buffer',
      maxBuffer: 64 * 1024 * 1024,
    });
    res.writeHead(200, { 'content-type': `application/x-${service}-advertisement`, 'cache-control': 'no-cache' });
    res.end(Buffer.concat([pkt(`# service=${service}\n`), Buffer.from('0000'), out.stdout]));
  };

  const upload = async (req: IncomingMessage, res: ServerResponse, dir: string): Promise<void> => {
    const protocol = req.headers['git-protocol'];
    const p = spawn('git', ['upload-pack', '--stateless-rpc', dir], {
      env: { ...env, ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}) },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    res.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result', 'cache-control': 'no-cache' });
    p.stdin.on('error', () => undefined);
    (req.headers['content-encoding'] === 'gzip' ? req.pipe(createGunzip()) : req).pipe(p.stdin);
    p.stdout.pipe(res);
    res.on('close', () => p.kill());
    await new Promise((r) => p.on('close', r));
  };

  const receive = (req: IncomingMessage, res: ServerResponse, r: RunByToken): Promise<void> =>
    serial(`push/${r.task_id}`, async () => {
      const body = await readBody(req, MAX_PUSH_BYTES + 64 * 1024);
      const head = parsePush(body);
      const answer = (error: string | null, say: string): void => {
        res.writeHead(200, { 'content-type': 'application/x-git-receive-pack-result', 'cache-control': 'no-cache' });
        res.end(pushReport(head.updates, head.capabilities, error, say));
      };
      const refs = checkRefs(head.updates, r.branch);
      if (refs.kind === 'refuse') {
        await note(db, r, head.updates[0]?.ref ?? '', refs.reason);
        return answer(refs.reason, `mainloop: ${refs.reason}.`);
      }
      const mirror = await refreshMirror(r);
      const dir = await quarantine(r, mirror);
      const failed = await unpack(dir, env, body);
      const u = head.updates[0]!;
      const now = (await git(dir, ['rev-parse', '-q', '--verify', `refs/heads/${r.branch}`]).catch(() => '')).trim();
      if (failed !== null || now !== u.newSha) return answer(failed ?? 'the push did not apply', '');
      const look = await inspect(git, dir, r, u);
      const verdict = checkFiles(look.files, await ciAllowed(db, r, look.ciDigest));
      if (verdict.kind === 'hold') {
        await hold(db, r, look, verdict.files);
        return answer(
          'held until the reader agrees',
          `mainloop: this push changes CI files (${verdict.files.join(', ')}), which run with secrets. It is held until the reader agrees. End your turn now; you are woken with the answer, then push again.`,
        );
      }
      try {
        await git(
          dir,
          [
            'push',
            '-q',
            `--force-with-lease=refs/heads/${r.branch}:${u.oldSha === ZERO ? '' : u.oldSha}`,
            r.remote_url,
            `${u.newSha}:refs/heads/${r.branch}`,
          ],
          forgeEnv,
        );
      } catch (err) {
        const why = lastLine(err);
        if (!(await alreadyThere(git, dir, r, u, forgeEnv))) return answer(why, `mainloop: the forge refused the push: ${why}`);
      }
      fetchedAt.delete(r.repo);
      await recordPush(db, r, u, look);
      answer(null, '');
    });

  return async (req: IncomingMessage, res: ServerResponse, url: URL, r: RunByToken): Promise<void> => {
    const what = url.pathname.replace(/^\/git\/repo(\.git)?/, '');
    try {
      if (req.method === 'GET' && what === '/info/refs') {
        const service = url.searchParams.get('service');
        const mirror = await refreshMirror(r);
        const protocol = req.headers['git-protocol'];
        if (service === 'git-upload-pack') return await advertise(res, mirror, service, typeof protocol === 'string' ? protocol : undefined);
        if (service === 'git-receive-pack') return await advertise(res, await quarantine(r, mirror), service, undefined);
      }
      if (req.method === 'POST' && what === '/git-upload-pack') return await upload(req, res, mirrorOf(r));
      if (req.method === 'POST' && what === '/git-receive-pack') return await receive(req, res, r);
    } catch (err) {
      if (err instanceof Refused) throw err;
      throw new Refused(502, `The repository ${r.repo} could not be read: ${lastLine(err)}`);
    }
    throw new Refused(404, 'No such git service.');
  };
}

function unpack(dir: string, env: NodeJS.ProcessEnv, body: Buffer): Promise<string | null> {
  return new Promise((resolve) => {
    // A pack may claim to hold anything; fsck and the size limit keep a hostile one out of our object store.
    const p = spawn(
      'git',
      [
        '-c',
        'receive.fsckObjects=true',
        '-c',
        `receive.maxInputSize=${MAX_PUSH_BYTES}`,
        '-c',
        'receive.denyDeletes=true',
        '-c',
        'core.hooksPath=/dev/null',
        '-c',
        'gc.auto=0',
        'receive-pack',
        '--stateless-rpc',
        dir,
      ],
      { env, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let out = '',
      err = '';
    p.stdout.on('data', (d: Buffer) => {
      out += d.toString('latin1');
    });
    p.stderr.on('data', (d: Buffer) => {
      err += d.toString();
    });
    p.stdin.on('error', () => undefined);
    p.on('close', (code) => {
      const ng = /(?:ng \S+|unpack) (?!ok)([^\n]+)/.exec(out);
      resolve(code === 0 && !ng ? null : (ng?.[1] ?? (err.trim().split('\n').at(-1) || 'the push was refused')));
    });
    p.stdin.end(body);
  });
}

interface Look {
  readonly files: readonly string[];
  readonly ciDigest: string;
  readonly diff: string;
  readonly commits: { sha: string; title: string }[];
  readonly additions: number;
  readonly deletions: number;
}

type Git = (dir: string, args: string[], env?: NodeJS.ProcessEnv) => Promise<string>;

/** Everything the person may want to know of a push, computed once, in a repository only we write to. */
async function inspect(git: Git, dir: string, r: RunByToken, u: RefUpdate): Promise<Look> {
  const range = `refs/heads/${r.default_branch}...${u.newSha}`;
  const stat = (await git(dir, ['diff', '--numstat', '-z', '--no-renames', range]))
    .split('\0')
    .filter(Boolean)
    .map((l) => l.split('\t'));
  const diff = await git(dir, ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '-M', range]);
  const log = await git(dir, [
    'log',
    '--format=%H%x09%s',
    '-n',
    '50',
    `${u.oldSha === ZERO ? `refs/heads/${r.default_branch}` : u.oldSha}..${u.newSha}`,
  ]).catch(() => '');
  const files = stat.map((s) => s[2] ?? '');
  const ciDiff = files.some((f) => checkFiles([f], false).kind === 'hold')
    ? await git(dir, [
        'diff',
        '--no-color',
        '--no-ext-diff',
        '--no-textconv',
        range,
        '--',
        ...files.filter((f) => checkFiles([f], false).kind === 'hold'),
      ])
    : '';
  return {
    files,
    diff: cleanText(diff, MAX_DIFF_CHARS),
    ciDigest: createHash('sha256').update(ciDiff).digest('hex').slice(0, 12),
    commits: log
      .split('\n')
      .filter(Boolean)
      .map((l) => ({ sha: l.split('\t')[0]!, title: l.split('\t').slice(1).join('\t').slice(0, 200) })),
    additions: stat.reduce((n, s) => n + (Number(s[0]) || 0), 0),
    deletions: stat.reduce((n, s) => n + (Number(s[1]) || 0), 0),
  };
}

const ciItem = (r: RunByToken, digest: string): string => `${r.task_id}-ci-${digest}`;

async function ciAllowed(db: Db, r: RunByToken, digest: string): Promise<boolean> {
  const item = await one<{ answer: { decision: string } | null }>(db, 'select answer from inbox_items where id = $1', [ciItem(r, digest)]);
  return item?.answer?.decision === 'allow';
}

async function hold(db: Db, r: RunByToken, look: Look, files: readonly string[]): Promise<void> {
  const id = ciItem(r, look.ciDigest);
  const ciDiff = look.diff
    .split(/^(?=diff --git )/m)
    .filter((d) => files.some((f) => d.includes(` b/${f}\n`)))
    .join('');
  await withTx(db, (tx) =>
    append(
      tx,
      [
        { type: 'push.held', taskId: r.task_id, actor: 'gateway', dedupeKey: `held/${id}`, payload: { pushId: id, files: [...files] } },
        {
          type: 'inbox.opened',
          taskId: r.task_id,
          actor: 'gateway',
          dedupeKey: `inbox/${id}`,
          payload: {
            id,
            kind: 'ci_files',
            title: 'Let this change to CI files through?',
            body: `CI runs these files with the repository's secrets.\n\n\`\`\`diff\n${ciDiff.slice(0, 20_000)}\n\`\`\``,
            options: [{ label: 'Allow' }, { label: 'Refuse' }],
          },
        },
      ],
      r.owner_id,
    ),
  );
}

const note = (db: Db, r: RunByToken, branch: string, reason: string): Promise<unknown> =>
  withTx(db, (tx) =>
    append(tx, [{ type: 'push.refused', taskId: r.task_id, actor: 'gateway', payload: { branch: branch.slice(0, 200), reason } }], r.owner_id),
  );

async function recordPush(db: Db, r: RunByToken, u: RefUpdate, look: Look): Promise<void> {
  const id = freshId();
  await withTx(db, async (tx) => {
    const fresh = await append(
      tx,
      [
        {
          type: 'branch.pushed',
          taskId: r.task_id,
          actor: 'agent',
          dedupeKey: `pushed/${r.task_id}/${u.newSha}`,
          payload: {
            pushId: id,
            branch: r.branch,
            sha: u.newSha,
            commits: look.commits,
            files: look.files.length,
            additions: look.additions,
            deletions: look.deletions,
          },
        },
      ],
      r.owner_id,
    );
    if (fresh.length === 0) return;
    await tx.query('insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff) values ($1,$2,$3,$4,$5,$6,$7,$8,$9)', [
      id,
      r.owner_id,
      r.task_id,
      r.id,
      r.branch,
      u.oldSha,
      u.newSha,
      'forwarded',
      look.diff,
    ]);
  });
}

/** The forge applied the push and the reply was lost: asking it what it has settles the doubt. */
async function alreadyThere(git: Git, dir: string, r: RunByToken, u: RefUpdate, env: NodeJS.ProcessEnv): Promise<boolean> {
  const out = await git(dir, ['ls-remote', r.remote_url, `refs/heads/${r.branch}`], env).catch(() => '');
  return out.startsWith(u.newSha);
}

const lastLine = (err: unknown): string => {
  const e = err as { stderr?: string; message: string };
  const line =
    (e.stderr ?? '')
      .trim()
      .split('\n')
      .filter((l) => /fatal|error|rejected|remote/.test(l))
      .at(-1) ?? e.message.split('\n')[0]!;
  return line
    .replace(/^(fatal|error): /, '')
    .replace(/Authorization:.*/g, '')
    .slice(0, 300);
};

export type { PushHead };
export const dropQuarantine = (c: GatewayConfig, taskId: string): void =>
  rmSync(path.join(c.gitDir, 'quarantine', `${taskId}.git`), { recursive: true, force: true });
