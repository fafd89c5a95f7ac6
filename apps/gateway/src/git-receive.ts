// A push: received into quarantine, looked at, and only then forwarded to the forge.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Hit } from '@mainloop/network/failpoints';
import { listPushed } from '@mainloop/models/db/forge/effects';
import type { Db } from '@mainloop/models/db/pool';
import { findLastRun, type RunByToken } from '@mainloop/models/db/runs/runs';
import { cleanTitle } from '@mainloop/models/flow/text';
import { stderrOf } from './forge-patience.ts';
import { forgeWords, isForgeAway } from './forge-words.ts';
import { OWN_ENV, type GitPlaces } from './git-places.ts';
import { bounded, GitFailed, lastLine } from './git-run.ts';
import { checkRefs, MAX_PUSH_BYTES } from './git-rules.ts';
import { heldByGuardrail, refusedByGuardrail } from './guardrail-holds.ts';
import { guard, rulesOf, type Guarded, type Pushed } from './guardrails.ts';
import { spoolBody } from './http.ts';
import { MAX_PUSH_HEAD_BYTES, parsePush, pushReport, ZERO, type RefUpdate } from './pkt.ts';
import { ciAnswer, hold, inspect, noteRefused, PLAIN, type CiChange, type Look } from './pushes.ts';

/** What was last sent on to the forge, kept in quarantine. */
const FORWARDED = 'refs/mainloop/forwarded';
/** What stood on the branch before that. */
const REPLACED = 'refs/mainloop/replaced';

type Recorder = (run: RunByToken, update: RefUpdate, look: Look) => Promise<void>;

/** What the agent's git is told of its push. */
interface Report {
  /** What git shows beside the branch; null: it was taken. */
  readonly error: string | null;
  /** What is shown as the words of the other side. */
  readonly say: string;
}

/**
 * Takes the pushes of sandboxes.
 * @param hit where a test may end us
 * @param record writes down what has reached the forge; the same once more changes nothing
 */
export function gitReceiver(places: GitPlaces, db: Db, hit: Hit, record: Recorder) {
  const { git, tipOf } = places;

  /** The story has it too. */
  const refuse = async (
    byToken: RunByToken,
    ref: string,
    reason: string,
    report: Report = { error: reason, say: `mainloop: ${reason}.` },
  ): Promise<Report> => {
    await noteRefused(db, byToken, ref, reason);
    return report;
  };

  const receive = (req: IncomingMessage, res: ServerResponse, byToken: RunByToken): Promise<void> =>
    places.inTurn(byToken.task_id, async () => {
      mkdirSync(places.quarantines, { recursive: true });
      await using body = await spoolBody(req, MAX_PUSH_BYTES + 64 * 1024, places.quarantines);
      const head = parsePush(await body.head(MAX_PUSH_HEAD_BYTES));
      const { error, say } = await take(byToken, head.updates, body.file);
      res.writeHead(200, {
        'content-type': 'application/x-git-receive-pack-result',
        'cache-control': 'no-cache',
      });
      res.end(pushReport(head.updates, head.capabilities, error, say));
    });

  const take = async (
    byToken: RunByToken,
    updates: readonly RefUpdate[],
    body: FileHandle,
  ): Promise<Report> => {
    const named = updates[0]?.ref ?? '';
    const refs = checkRefs(updates, byToken);
    if (refs.kind === 'refuse') return refuse(byToken, named, refs.reason);
    // Of an answer that is no report git would show no more than its number.
    let mirror: string;
    try {
      mirror = await places.refreshMirror(byToken);
    } catch (err) {
      const words = `the repository ${byToken.repo} could not be read: ${lastLine(err)}`;
      return refuse(byToken, named, words, { error: words, say: `mainloop: ${words}` });
    }
    const dir = await places.freshQuarantine(byToken, mirror);
    const failed = await unpack(dir, OWN_ENV, body);
    const update = updates[0]!;
    if (failed !== null || (await tipOf(dir, `refs/heads/${byToken.branch}`)) !== update.newSha)
      return { error: failed ?? 'the push did not apply', say: '' };
    const seen = await lookAt(db, dir, byToken, update);
    if (typeof seen === 'string') return refuse(byToken, update.ref, `this push is ${seen}`);
    const stopped =
      (await refusedByGuardrail(db, byToken, seen.guarded)) ??
      (await ofCiFiles(byToken, update, seen.look.ci)) ??
      (await ofOthers(byToken, update, dir)) ??
      (await heldByGuardrail(db, byToken, seen.guarded, seen.pushed));
    return stopped ?? forward(byToken, update, dir, seen.look);
  };

  /** @returns why a push with this change to CI files is not passed on; null when it is */
  const ofCiFiles = async (
    byToken: RunByToken,
    update: RefUpdate,
    change: CiChange,
  ): Promise<Report | null> => {
    if (change.kind === 'none') return null;
    if (change.kind === 'behind')
      return refuse(
        byToken,
        update.ref,
        `the CI files of ${byToken.default_branch} have changed since this branch began: merge origin/${byToken.default_branch} into it first, then push again`,
      );
    const said = await ciAnswer(db, byToken, change.digest);
    if (said === 'deny')
      return refuse(
        byToken,
        update.ref,
        'the reader refused this change to CI files: take it out, then push again',
      );
    if (said === 'allow' && change.refusal === null) return null;
    const tooMany = await hold(db, byToken, change);
    if (tooMany !== null)
      return { error: 'too much waits for the reader already', say: `mainloop: ${tooMany}` };
    const names = change.files.slice(0, 10).join(', ');
    return {
      error: 'held until the reader agrees',
      say: `mainloop: this push changes CI files (${names}), which run with secrets. It is held until the reader agrees. End your turn now; you are woken with the answer, then push again.`,
    };
  };

  /** @returns why a push that would lose a commit of somebody else is not passed on; null when it loses none */
  const ofOthers = async (byToken: RunByToken, update: RefUpdate, dir: string): Promise<Report | null> => {
    const dropped = await droppedOf(git, dir, byToken, update, await listPushed(db, byToken.task_id));
    if (dropped === null) return null;
    return refuse(
      byToken,
      update.ref,
      `this push would drop ${dropped}, which is not yours: git fetch origin, git merge origin/${byToken.branch}, then push again without force`,
    );
  };

  const forward = async (
    byToken: RunByToken,
    update: RefUpdate,
    dir: string,
    look: Look,
  ): Promise<Report> => {
    // Whatever befalls us from here on: what stands on the forge under this name is the agent's.
    await git(
      dir,
      update.oldSha === ZERO ? ['update-ref', '-d', REPLACED] : ['update-ref', REPLACED, update.oldSha],
    );
    await git(dir, ['update-ref', FORWARDED, update.newSha]);
    hit('gateway.push.before');
    try {
      await places.towardsForge(byToken, (env) =>
        ensurePushed((args) => git(dir, args, env), byToken, update),
      );
    } catch (err) {
      return notForwarded(byToken, update, err);
    }
    hit('gateway.push.after');
    places.forget(byToken);
    await record(byToken, update, look);
    return { error: null, say: '' };
  };

  const notForwarded = async (byToken: RunByToken, update: RefUpdate, err: unknown): Promise<Report> => {
    if (isForgeAway(stderrOf(err)))
      return refuse(byToken, update.ref, `the forge could not be reached: ${lastLine(err)}`, {
        error: 'the forge is away',
        say: 'mainloop: the forge cannot be reached. Nothing is wrong with this push: wait a minute, then push again.',
      });
    const words = forgeWords(stderrOf(err)) || lastLine(err);
    return refuse(byToken, update.ref, `the forge refused the push: ${words}`, {
      error: words.split('\n').at(-1)!,
      say: `mainloop: the forge refused the push:\n${words}`,
    });
  };

  /**
   * A push that reached the forge while we died before writing it down: git would say "up to date" and nobody
   * would know.
   */
  const catchUp = async (byToken: RunByToken, mirror: string): Promise<void> => {
    const tip = await tipOf(mirror, `refs/heads/${byToken.branch}`);
    const pushed = await listPushed(db, byToken.task_id);
    if (tip === '' || pushed.includes(tip)) return;
    const own = places.quarantineOf(byToken);
    // Nothing was forwarded from here, or it replaced nothing.
    const kept = async (ref: string): Promise<string> => (existsSync(own) ? tipOf(own, ref) : '');
    const isOurs = (await kept(FORWARDED)) === tip;
    // Somebody else's stays theirs. Before the first push of a task there is nobody else on its branch.
    if (pushed.length > 0 && !isOurs) return;
    const update: RefUpdate = {
      oldSha: (isOurs && (await kept(REPLACED))) || ZERO,
      newSha: tip,
      ref: `refs/heads/${byToken.branch}`,
    };
    await record(byToken, update, await inspect(OWN_ENV, mirror, byToken, update));
  };

  /** Writes down what the gateway before this one had forwarded and no more: its agent may never push again. */
  const finishPushes = async (): Promise<void> => {
    for (const name of existsSync(places.quarantines) ? readdirSync(places.quarantines) : []) {
      const byToken = await findLastRun(db, name.replace(/\.git$/, ''));
      if (byToken === null) continue;
      await places.inTurn(byToken.task_id, async () => {
        // Nothing was forwarded from here.
        const forwarded = await tipOf(places.quarantineOf(byToken), FORWARDED);
        if (forwarded !== '' && !(await listPushed(db, byToken.task_id)).includes(forwarded))
          await catchUp(byToken, await places.refreshMirror(byToken));
      });
    }
  };

  return { receive, catchUp, finishPushes };
}

/** @returns what is to be known of a push before it is passed on; or why it can't be looked at, as the end of a sentence */
async function lookAt(
  db: Db,
  dir: string,
  run: RunByToken,
  update: RefUpdate,
): Promise<{ look: Look; guarded: Guarded; pushed: Pushed } | string> {
  try {
    const look = await inspect(OWN_ENV, dir, run, update);
    const pushed: Pushed = {
      env: OWN_ENV,
      at: ['--git-dir', dir, ...PLAIN],
      main: `refs/heads/${run.default_branch}`,
      sha: update.newSha,
      files: look.files,
      lines: look.additions + look.deletions,
    };
    return { look, guarded: await guard(pushed, await rulesOf(db, run)), pushed };
  } catch (err) {
    if (!(err instanceof GitFailed)) throw err;
    return `too large or too odd to be looked at: ${lastLine(err)}`;
  }
}

const UNPACK_MS = 5 * 60_000;

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
