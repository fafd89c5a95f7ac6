// The git proxy: smart HTTP for one repository. Fetches come from our mirror; a push is received into
// quarantine, looked at, and only then forwarded to the forge. No git command runs in a repository that an
// agent can write to.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Hit } from '@mainloop/network/failpoints';
import { listPushed } from '@mainloop/models/db/forge/effects';
import type { Db } from '@mainloop/models/db/pool';
import { findLastRun, type RunByToken } from '@mainloop/models/db/runs/runs';
import { isLive } from '@mainloop/models/db/tasks/tasks';
import { gitEnvironment } from '@mainloop/models/flow/git';
import { cleanTitle } from '@mainloop/models/flow/text';
import type { GatewayConfig } from './config.ts';
import { forgePatience, stderrOf } from './forge-patience.ts';
import { forgeSignIn } from './forge-sign-in.ts';
import { forgeWords, isForgeAway } from './forge-words.ts';
import { readPacked, Refused, spoolBody } from './http.ts';
import { bounded, GitFailed } from './git-run.ts';
import { checkRefs, MAX_PUSH_BYTES } from './git-rules.ts';
import { MAX_PUSH_HEAD_BYTES, parsePush, pkt, pushReport, ZERO, type RefUpdate } from './pkt.ts';
import { ciAnswer, hold, inspect, noteRefused, recordPush, type Look } from './pushes.ts';

const run = promisify(execFile);
/** Of a git that is asked for a line or two. */
const MAX_SAID_BYTES = 1024 * 1024;

/**
 * Looking for deltas between large files costs git ten times what sending them whole does (100 MB of random
 * data: 11 s and 1 s).
 */
const NO_BIG_DELTAS = 'core.bigFileThreshold=1m';

/**
 * Fewer than a hundred objects git writes one by one, packed anew, as a fetch usually brings little. What
 * brings all of a repository, it keeps as one pack, like a clone (500 MB in 50 files: 48 s and 7 s).
 */
const AS_IT_CAME = ['-c', 'fetch.unpackLimit=1'] as const;

/**
 * What a fetch may say of what it wants and has: 50 bytes a commit, so a hundred thousand of them. Counted
 * after unpacking.
 */
const MAX_WANTS_BYTES = 8 * 1024 * 1024;

/**
 * The part of git that a sandbox may see: its own repository, read from a mirror, and pushes that are
 * looked at before they are passed on.
 * @param hit where a test may end us
 */
export function gitProxy(config: GatewayConfig, db: Db, hit: Hit) {
  const env = gitEnvironment({ path: process.env.PATH, reach: 'files' });
  const asForge = forgeSignIn(config);
  const git = async (dir: string, args: string[], environment: NodeJS.ProcessEnv = env): Promise<string> =>
    (
      await run('git', ['--git-dir', dir, ...args], {
        env: environment,
        maxBuffer: MAX_SAID_BYTES,
        cwd: config.gitDir,
      })
    ).stdout;
  const whileAway = forgePatience();
  const locks = new Map<string, Promise<unknown>>();
  const serial = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const next = (locks.get(key) ?? Promise.resolve()).then(work, work);
    locks.set(
      key,
      // The caller has the error; the next in line only waits for the end.
      next.catch(() => undefined),
    );
    return next;
  };
  const quarantines = path.join(config.gitDir, 'quarantine');
  const mirrorOf = (byToken: RunByToken): string =>
    path.join(config.gitDir, 'mirrors', `${byToken.repo}.git`);
  const quarantineOf = (byToken: RunByToken): string => path.join(quarantines, `${byToken.task_id}.git`);
  const fetchedAt = new Map<string, number>();

  const refreshMirror = (byToken: RunByToken): Promise<string> =>
    serial(byToken.repo, async () => {
      const dir = mirrorOf(byToken);
      const isNew = !existsSync(path.join(dir, 'HEAD'));
      if (isNew) {
        mkdirSync(dir, { recursive: true });
        await run('git', ['init', '-q', '--bare', dir], { env });
        await git(dir, ['config', 'gc.auto', '0']);
      }
      // Several requests of one clone come within a second; the forge need not be asked for each.
      if (Date.now() - (fetchedAt.get(byToken.repo) ?? 0) > 1_000) {
        const all = [
          ...(isNew ? AS_IT_CAME : []),
          'fetch',
          '-q',
          '--prune',
          '--no-tags',
          byToken.remote_url,
          '+refs/heads/*:refs/heads/*',
          '+refs/tags/*:refs/tags/*',
        ];
        await whileAway(byToken.remote_url, () =>
          asForge(byToken.repo, (forgeEnv) => git(dir, all, forgeEnv)),
        );
        fetchedAt.set(byToken.repo, Date.now());
      }
      return dir;
    });

  const quarantine = async (byToken: RunByToken, mirror: string): Promise<string> => {
    const dir = quarantineOf(byToken);
    if (!existsSync(path.join(dir, 'HEAD'))) {
      mkdirSync(dir, { recursive: true });
      await run('git', ['init', '-q', '--bare', dir], { env });
      writeFileSync(path.join(dir, 'objects/info/alternates'), path.join(mirror, 'objects') + '\n');
    }
    await git(dir, ['fetch', '-q', '--prune', '--no-tags', mirror, '+refs/heads/*:refs/heads/*']);
    return dir;
  };

  const advertise = async (
    res: ServerResponse,
    dir: string,
    service: string,
    protocol: string | undefined,
  ): Promise<void> => {
    const child = spawn('git', [service.replace('git-', ''), '--stateless-rpc', '--advertise-refs', dir], {
      env: { ...env, ...(protocol ? { GIT_PROTOCOL: protocol } : {}) },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: ADVERTISE_MS,
    });
    const code = new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    // Awaited below; an error before that must not end the process.
    code.catch(() => undefined);
    res.on('close', () => child.kill());
    const words = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const first = await words.next();
    if (first.done === true) throw new Error(`git says nothing of its branches (${await code})`);
    res.writeHead(200, {
      'content-type': `application/x-${service}-advertisement`,
      'cache-control': 'no-cache',
    });
    const all = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.concat([pkt(`# service=${service}\n`), Buffer.from('0000'), first.value]);
      for (let next = await words.next(); next.done !== true; next = await words.next()) yield next.value;
    };
    await pipeline(all, res, { end: false }).catch(() => res.destroy());
    // A list that was cut must not look like a whole one.
    if ((await code) === 0) res.end();
    else res.destroy();
  };

  const upload = async (req: IncomingMessage, res: ServerResponse, dir: string): Promise<void> => {
    const protocol = req.headers['git-protocol'];
    // Read whole before git starts: a body that is cut or is not what it says is refused in words, and no
    // stream is left half-way.
    const wants = await readPacked(req, MAX_WANTS_BYTES);
    const child = spawn('git', ['-c', NO_BIG_DELTAS, 'upload-pack', '--stateless-rpc', dir], {
      env: { ...env, ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}) },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    // What did not start is said by the wait for its start.
    const ended = once(child, 'close').catch(() => undefined);
    res.on('close', () => child.kill());
    await once(child, 'spawn');
    res.writeHead(200, {
      'content-type': 'application/x-git-upload-pack-result',
      'cache-control': 'no-cache',
    });
    child.stdin.end(wants);
    // A reader that goes away in the middle is its own affair.
    await pipeline(child.stdout, res).catch(() => res.destroy());
    await ended;
  };

  const receive = (req: IncomingMessage, res: ServerResponse, byToken: RunByToken): Promise<void> =>
    serial(`push/${byToken.task_id}`, async () => {
      mkdirSync(quarantines, { recursive: true });
      await using body = await spoolBody(req, MAX_PUSH_BYTES + 64 * 1024, quarantines);
      const head = parsePush(await body.head(MAX_PUSH_HEAD_BYTES));
      const answer = (error: string | null, say: string): void => {
        res.writeHead(200, {
          'content-type': 'application/x-git-receive-pack-result',
          'cache-control': 'no-cache',
        });
        res.end(pushReport(head.updates, head.capabilities, error, say));
      };
      const refs = checkRefs(head.updates, byToken.branch);
      if (refs.kind === 'refuse') {
        await noteRefused(db, byToken, head.updates[0]?.ref ?? '', refs.reason);
        return answer(refs.reason, `mainloop: ${refs.reason}.`);
      }
      // Of an answer that is no report git would show no more than its number.
      let mirror: string;
      try {
        mirror = await refreshMirror(byToken);
      } catch (err) {
        const words = `the repository ${byToken.repo} could not be read: ${lastLine(err)}`;
        await noteRefused(db, byToken, head.updates[0]?.ref ?? '', words);
        return answer(words, `mainloop: ${words}`);
      }
      const dir = await quarantine(byToken, mirror);
      const failed = await unpack(dir, env, body.file);
      const update = head.updates[0]!;
      // There is no such branch, so the push did not apply.
      const now = (
        await git(dir, ['rev-parse', '-q', '--verify', `refs/heads/${byToken.branch}`]).catch(() => '')
      ).trim();
      if (failed !== null || now !== update.newSha) return answer(failed ?? 'the push did not apply', '');
      const refuse = async (reason: string): Promise<void> => {
        await noteRefused(db, byToken, update.ref, reason);
        answer(reason, `mainloop: ${reason}.`);
      };
      let look: Look;
      try {
        look = await inspect(env, dir, byToken, update);
      } catch (err) {
        if (!(err instanceof GitFailed)) throw err;
        return await refuse(`this push is too large or too odd to be looked at: ${lastLine(err)}`);
      }
      if (look.ci.kind === 'behind')
        return await refuse(
          `the CI files of ${byToken.default_branch} have changed since this branch began: merge origin/${byToken.default_branch} into it first, then push again`,
        );
      if (look.ci.kind === 'changed') {
        const said = await ciAnswer(db, byToken, look.ci.digest);
        if (said === 'deny')
          return await refuse('the reader refused this change to CI files: take it out, then push again');
        if (said !== 'allow' || look.ci.refusal !== null) {
          const tooMany = await hold(db, byToken, look.ci);
          if (tooMany !== null)
            return answer('too much waits for the reader already', `mainloop: ${tooMany}`);
          const names = look.ci.files.slice(0, 10).join(', ');
          return answer(
            'held until the reader agrees',
            `mainloop: this push changes CI files (${names}), which run with secrets. It is held until the reader agrees. End your turn now; you are woken with the answer, then push again.`,
          );
        }
      }
      const dropped = await droppedOf(git, dir, byToken, update, await listPushed(db, byToken.task_id));
      if (dropped !== null)
        return await refuse(
          `this push would drop ${dropped}, which is not yours: git fetch origin, git merge origin/${byToken.branch}, then push again without force`,
        );
      // Whatever befalls us from here on: what stands on the forge under this name is the agent's.
      await git(
        dir,
        update.oldSha === ZERO ? ['update-ref', '-d', REPLACED] : ['update-ref', REPLACED, update.oldSha],
      );
      await git(dir, ['update-ref', FORWARDED, update.newSha]);
      hit('gateway.push.before');
      try {
        await whileAway(byToken.remote_url, () =>
          asForge(byToken.repo, (forgeEnv) =>
            ensurePushed((args) => git(dir, args, forgeEnv), byToken, update),
          ),
        );
      } catch (err) {
        if (isForgeAway(stderrOf(err))) {
          await noteRefused(db, byToken, update.ref, `the forge could not be reached: ${lastLine(err)}`);
          return answer(
            'the forge is away',
            'mainloop: the forge cannot be reached. Nothing is wrong with this push: wait a minute, then push again.',
          );
        }
        const words = forgeWords(stderrOf(err)) || lastLine(err);
        await noteRefused(db, byToken, update.ref, `the forge refused the push: ${words}`);
        return answer(words.split('\n').at(-1)!, `mainloop: the forge refused the push:\n${words}`);
      }
      hit('gateway.push.after');
      fetchedAt.delete(byToken.repo);
      await recordPush(db, byToken, update, look);
      answer(null, '');
    });

  /**
   * A push that reached the forge while we died before writing it down: git would say "up to date" and nobody
   * would know.
   */
  const catchUp = async (byToken: RunByToken, mirror: string): Promise<void> => {
    // There is no such branch.
    const tip = (
      await git(mirror, ['rev-parse', '-q', '--verify', `refs/heads/${byToken.branch}`]).catch(() => '')
    ).trim();
    const pushed = await listPushed(db, byToken.task_id);
    if (tip === '' || pushed.includes(tip)) return;
    const own = quarantineOf(byToken);
    // Nothing was forwarded from here, or it replaced nothing.
    const kept = async (ref: string): Promise<string> =>
      existsSync(own) ? (await git(own, ['rev-parse', '-q', '--verify', ref]).catch(() => '')).trim() : '';
    const isOurs = (await kept(FORWARDED)) === tip;
    // Somebody else's stays theirs. Before the first push of a task there is nobody else on its branch.
    if (pushed.length > 0 && !isOurs) return;
    const update: RefUpdate = {
      oldSha: (isOurs && (await kept(REPLACED))) || ZERO,
      newSha: tip,
      ref: `refs/heads/${byToken.branch}`,
    };
    await recordPush(db, byToken, update, await inspect(env, mirror, byToken, update));
  };

  /** Writes down what the gateway before this one had forwarded and no more: its agent may never push again. */
  const finishPushes = async (): Promise<void> => {
    for (const name of existsSync(quarantines) ? readdirSync(quarantines) : []) {
      const byToken = await findLastRun(db, name.replace(/\.git$/, ''));
      if (byToken === null) continue;
      await serial(`push/${byToken.task_id}`, async () => {
        // Nothing was forwarded from here.
        const forwarded = (
          await git(quarantineOf(byToken), ['rev-parse', '-q', '--verify', FORWARDED]).catch(() => '')
        ).trim();
        if (forwarded !== '' && !(await listPushed(db, byToken.task_id)).includes(forwarded))
          await catchUp(byToken, await refreshMirror(byToken));
      });
    }
  };

  const serve = async (
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    byToken: RunByToken,
  ): Promise<void> => {
    const what = url.pathname.replace(/^\/git\/repo(\.git)?/, '');
    try {
      if (req.method === 'GET' && what === '/info/refs') {
        const service = url.searchParams.get('service');
        const mirror = await refreshMirror(byToken);
        const protocol = req.headers['git-protocol'];
        if (service === 'git-upload-pack')
          return await advertise(res, mirror, service, typeof protocol === 'string' ? protocol : undefined);
        if (service === 'git-receive-pack')
          await serial(`push/${byToken.task_id}`, () => catchUp(byToken, mirror));
        if (service === 'git-receive-pack')
          return await advertise(res, await quarantine(byToken, mirror), service, undefined);
      }
      if (req.method === 'POST' && what === '/git-upload-pack')
        return await upload(req, res, mirrorOf(byToken));
      if (req.method === 'POST' && what === '/git-receive-pack') return await receive(req, res, byToken);
    } catch (err) {
      if (err instanceof Refused) throw err;
      throw new Refused(502, `The repository ${byToken.repo} could not be read: ${lastLine(err)}`);
    }
    throw new Refused(404, 'No such git service.');
  };
  return { serve, finishPushes };
}

const UNPACK_MS = 5 * 60_000;
const ADVERTISE_MS = 60_000;

function unpack(dir: string, env: NodeJS.ProcessEnv, body: FileHandle): Promise<string | null> {
  return new Promise((resolve) => {
    // A pack may claim to hold anything; fsck and the size limit keep a hostile one out of our object store.
    const child = spawn(
      ...bounded([
        '-c',
        'receive.fsckObjects=true',
        '-c',
        `receive.maxInputSize=${MAX_PUSH_BYTES}`,
        '-c',
        'receive.denyDeletes=true',
        // Kept as the pack that it came as: many small objects that unpack to much would fill the disk one by one.
        '-c',
        'receive.unpackLimit=1',
        '-c',
        'core.bigFileThreshold=8m',
        '-c',
        'pack.threads=1',
        'receive-pack',
        '--stateless-rpc',
        dir,
      ]),
      { env, cwd: '/', stdio: [body.fd, 'pipe', 'pipe'], timeout: UNPACK_MS, killSignal: 'SIGKILL' },
    );
    let out = '',
      err = '';
    child.stdout!.on('data', (data: Buffer) => {
      out = (out + data.toString('latin1')).slice(-64_000);
    });
    child.stderr!.on('data', (data: Buffer) => {
      err = (err + data.toString()).slice(-64_000);
    });
    child.on('error', (e) => resolve(`git could not be started (${e.message})`));
    child.on('close', (code) => {
      const refused = /(?:ng \S+|unpack) (?!ok)([^\n]+)/.exec(out);
      if (code === 0 && !refused) return resolve(null);
      const why = refused?.[1] ?? err.trim().split('\n').at(-1) ?? '';
      // What git's own helper says when its memory or its time is over.
      resolve(
        /abnormal exit|out of memory/i.test(`${why} ${err}`)
          ? 'this push unpacks to more than git may take here'
          : why || 'the push was refused',
      );
    });
  });
}

/** What was last sent on to the forge, kept in quarantine. */
const FORWARDED = 'refs/mainloop/forwarded';
/** What stood on the branch before that. */
const REPLACED = 'refs/mainloop/replaced';

/**
 * @returns the newest commit of somebody else that the branch has and the push lacks, in words; null when
 * nothing of theirs is lost
 */
async function droppedOf(
  git: (dir: string, args: string[]) => Promise<string>,
  dir: string,
  byToken: RunByToken,
  update: RefUpdate,
  pushed: readonly string[],
): Promise<string | null> {
  if (update.oldSha === ZERO) return null;
  const without = [update.newSha, `refs/heads/${byToken.default_branch}`, ...pushed].map((x) => `^${x}`);
  // What of ours was overwritten since may be gone.
  const first = await git(dir, [
    'log',
    '-1',
    '--ignore-missing',
    '--format=%H%x09%an%x09%s',
    update.oldSha,
    ...without,
    '--',
  ]);
  if (first.trim() === '') return null;
  const [sha = '', author = '', title = ''] = first.trim().split('\t');
  return `${sha.slice(0, 7)} "${cleanTitle(title, 80)}" by ${cleanTitle(author, 60)}`;
}

/**
 * Pushes to the forge. When it applied the push and the reply was lost, asking it what it has settles the
 * doubt. Throws git's own error.
 */
async function ensurePushed(
  git: (args: string[]) => Promise<string>,
  byToken: RunByToken,
  update: RefUpdate,
): Promise<void> {
  const lease = `--force-with-lease=refs/heads/${byToken.branch}:${update.oldSha === ZERO ? '' : update.oldSha}`;
  try {
    await git(['push', '-q', lease, byToken.remote_url, `${update.newSha}:refs/heads/${byToken.branch}`]);
  } catch (err) {
    // The forge does not answer, so it has not confirmed the push.
    const there = await git(['ls-remote', byToken.remote_url, `refs/heads/${byToken.branch}`]).catch(
      () => '',
    );
    if (!there.startsWith(update.newSha)) throw err;
  }
}

const lastLine = (err: unknown): string => {
  const thrown = err as { stderr?: string; message: string };
  const line =
    (thrown.stderr ?? '')
      .trim()
      .split('\n')
      .filter((l) => /fatal|error|rejected|remote/.test(l))
      .at(-1) ?? thrown.message.split('\n')[0]!;
  return line
    .replace(/^(fatal|error): /, '')
    .replace(/Authorization:.*/g, '')
    .slice(0, 300);
};

/** Removes what was pushed into quarantine by tasks that have ended. @returns their ids */
export async function sweepQuarantine(config: GatewayConfig, db: Db): Promise<string[]> {
  const dir = path.join(config.gitDir, 'quarantine');
  const gone: string[] = [];
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const taskId = name.replace(/\.git$/, '');
    if (await isLive(db, taskId)) continue;
    rmSync(path.join(dir, name), { recursive: true, force: true });
    gone.push(taskId);
  }
  return gone;
}
