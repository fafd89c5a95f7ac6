// git over HTTP through git's own http-backend; after a push the pull requests and CI are told.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { putWhole } from '@mainloop/adapters/sandbox/whole-file';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import type { Ctx } from './ctx.ts';
import { factsOf } from './desk.ts';
import { log } from './log.ts';
import * as shape from './shapes.ts';
import { nowIso, type Call, type Pushing, type Repo } from './store.ts';

const MAX_DIFF_CHARS = 20_000;

/**
 * Git's smart protocol, by git's own backend: https://git-scm.com/docs/git-http-backend
 * @param rest of the path, behind the repository
 * @param user null: nobody signed in, who may read alone
 */
export async function serveGit(
  context: Ctx,
  repo: Repo,
  rest: string,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  user: string | null,
): Promise<void> {
  const service = url.searchParams.get('service') ?? rest.slice(1);
  const writes = service === 'git-receive-pack';
  // Everything here is on loopback and public, so that `git pull` brings merged work back without a password.
  if (user === null && writes) {
    res.writeHead(401, { 'www-authenticate': 'Basic realm="local GitHub"' });
    return void res.end('Say who you are.');
  }
  const serve = async (): Promise<void> => {
    if (!writes || req.method !== 'POST')
      return void (await backend(context, repo, rest, req, res, url, user ?? 'reader'));
    context.hit('github.push.before');
    const pushing = context.store.insert('pushing', {
      repo: repo.full,
      user: user ?? '',
      before: [...(await context.bare.heads(repo.full))],
      state: 'taken',
    });
    const answer: Buffer[] = [];
    await backend(context, repo, rest, req, res, url, user ?? '', answer);
    try {
      if (await tellOf(context, repo, pushing)) context.hit('github.push.after');
    } catch (err) {
      // The branches have moved all the same, and whoever pushed is told so.
      log.error({ err, repo: repo.full }, 'what follows from a push could not be told');
    }
    res.end(Buffer.concat(answer));
  };
  return writes && req.method === 'POST' ? context.bare.serial(repo.full, serve) : serve();
}

/** What follows from a push. @returns whether it changed anything */
async function tellOf(context: Ctx, repo: Repo, pushing: Pushing): Promise<boolean> {
  const before = new Map(pushing.before);
  const after = await context.bare.heads(repo.full);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (branch) => before.get(branch) !== after.get(branch),
  );
  if (pushing.state === 'taken') {
    const notes = await Promise.all(
      changed.map((branch) =>
        noteOf(context, repo, branch, before.get(branch), after.get(branch), pushing.user),
      ),
    );
    for (const note of notes) context.store.insert('call', note);
    context.store.update('pushing', pushing, { state: 'noted' });
  }
  for (const branch of changed) {
    const sha = after.get(branch);
    if (sha !== undefined) await moved(context, repo, branch, before.get(branch) ?? null, sha, pushing.user);
  }
  context.store.update('pushing', pushing, { state: 'told' });
  return changed.length > 0;
}

/**
 * Pushes that a kill took between the branch and what follows from it.
 * @returns when all of them were told
 */
export async function finishPushes(context: Ctx): Promise<void> {
  for (const pushing of context.store.find('pushing', (x) => x.state !== 'told')) {
    const repo = context.store.one('repo', (x) => x.full === pushing.repo);
    if (repo !== undefined) await tellOf(context, repo, pushing);
  }
}

/** In the list of calls a push is told by what it changed: which branch, which commits, which lines. */
async function noteOf(
  context: Ctx,
  repo: Repo,
  branch: string,
  from: string | undefined,
  to: string | undefined,
  user: string,
): Promise<Omit<Call, 'id'>> {
  const git = (...args: string[]): Promise<string> => context.bare.git(repo.full, args);
  // No common history: it begins at itself.
  const base =
    to === undefined
      ? ''
      : (from ?? (await git('merge-base', `refs/heads/${repo.defaultBranch}`, to).catch(() => to)).trim());
  return {
    at: nowIso(),
    method: 'PUSH',
    path: `/${repo.full}/${branch}`,
    status: 200,
    user,
    body: {
      created: from === undefined,
      deleted: to === undefined,
      commits:
        to === undefined
          ? []
          : (await git('log', '--format=%s', '-n', '50', `${base}..${to}`)).split('\n').filter(Boolean),
      diff:
        to === undefined
          ? ''
          : (await git('diff', '--no-color', '--no-ext-diff', base, to)).slice(0, MAX_DIFF_CHARS),
    },
  };
}

/**
 * What follows from a branch that was moved: its pull requests are in step, the webhooks hear of it, CI
 * runs.
 * @param old null: the branch is new
 * @param user who moved it
 */
export async function moved(
  context: Ctx,
  repo: Repo,
  branch: string,
  old: string | null,
  sha: string,
  user: string,
): Promise<void> {
  for (const issue of context.store.find(
    'issue',
    (x) => x.repo === repo.full && x.state === 'open' && x.pr?.head === branch,
  )) {
    context.store.update('issue', issue, {
      updatedAt: nowIso(),
      pr: {
        ...issue.pr!,
        headSha: sha,
        baseSha: (
          await context.bare.git(repo.full, ['merge-base', `refs/heads/${issue.pr!.base}`, sha])
        ).trim(),
      },
    });
    context.hooks.send('pull_request', {
      action: 'synchronize',
      number: issue.number,
      before: old,
      after: sha,
      pull_request: shape.pull(issue, repo, await factsOf(context, issue)),
      repository: shape.repo(context.base, repo),
      sender: shape.user(context.base, user),
    });
    context.befell(repo, issue, 'synchronize');
  }
  context.hooks.send('push', {
    ref: `refs/heads/${branch}`,
    before: old ?? '0'.repeat(40),
    after: sha,
    repository: shape.repo(context.base, repo),
    sender: shape.user(context.base, user),
    commits: [],
  });
  context.pushed(repo, branch, sha, old);
}

/** @returns a folder with a hook that says these words and refuses */
function refusing(dir: string, words: string): string {
  const hooks = path.join(dir, 'refusing');
  mkdirSync(hooks, { recursive: true });
  putWhole(path.join(hooks, 'words'), words);
  putWhole(
    path.join(hooks, 'pre-receive'),
    '#!/bin/sh\ncat > /dev/null\ncat "$(dirname "$0")/words" >&2\nexit 1\n',
    0o755,
  );
  return hooks;
}

/**
 * git-http-backend(1) is a CGI program: headers first, then the body.
 * @param held takes the body, and whoever asked for it ends the answer; without it everything goes out as it comes
 */
function backend(
  context: Ctx,
  repo: Repo,
  rest: string,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  user: string,
  held?: Buffer[],
): Promise<void> {
  const send = (part: Buffer): void => void (held === undefined ? res.write(part) : held.push(part));
  return new Promise((resolve) => {
    const child = spawn(
      'git',
      ['-c', 'http.receivepack=true', '-c', 'core.bigFileThreshold=1m', 'http-backend'],
      {
        env: gitEnvironment({
          path: process.env.PATH,
          config:
            repo.rules?.refusesPushes === undefined
              ? []
              : [['core.hooksPath', refusing(context.bare.dir(repo.full), repo.rules.refusesPushes)]],
          more: {
            GIT_PROJECT_ROOT: context.bare.dir(repo.full),
            GIT_HTTP_EXPORT_ALL: '1',
            PATH_INFO: rest,
            QUERY_STRING: url.search.slice(1),
            REQUEST_METHOD: req.method ?? 'GET',
            CONTENT_TYPE: req.headers['content-type'] ?? '',
            CONTENT_LENGTH: req.headers['content-length'] ?? '',
            HTTP_CONTENT_ENCODING: String(req.headers['content-encoding'] ?? ''),
            GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
            REMOTE_USER: user,
            REMOTE_ADDR: '127.0.0.1',
          },
        }),
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    let head = Buffer.alloc(0);
    let headed = false;
    child.stdin.on('error', () => undefined);
    req.pipe(child.stdin);
    // Whoever leaves in the middle must not keep the repository: others wait for this one to end.
    req.once('close', () => {
      if (!req.complete) child.stdin.destroy();
    });
    child.stdout.on('data', (data: Buffer) => {
      if (headed) return send(data);
      head = Buffer.concat([head, data]);
      const at = head.indexOf('\r\n\r\n');
      if (at < 0) return;
      const headers = Object.fromEntries(
        head
          .toString('latin1', 0, at)
          .split('\r\n')
          .map((l) => l.split(/:\s*/, 2) as [string, string]),
      );
      const status = Number(headers.Status?.slice(0, 3) ?? 200);
      delete headers.Status;
      res.writeHead(status, headers);
      send(head.subarray(at + 4));
      headed = true;
    });
    // What did not start is closed at once, too.
    child.on('error', () => undefined);
    child.on('close', () => {
      if (!headed) res.writeHead(500);
      if (held === undefined) res.end();
      resolve();
    });
  });
}
