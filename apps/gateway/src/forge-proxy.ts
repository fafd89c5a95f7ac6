// What an agent asks of the forge besides git: it reads its own repository, and speaks on what belongs to its task.
// The forge's token stays here.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { githubApp } from '@mainloop/network/github-app';
import { ForgeComment } from '@mainloop/models/contracts/runner';
import { append, lockLog } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { agentSaid } from '@mainloop/models/events/runs';
import { agentQuote } from '@mainloop/models/flow/forge/text';
import { AppRefused } from '@mainloop/models/flow/forge/github-app';
import { marker } from '@mainloop/models/flow/ids';
import { cleanText, spellOut } from '@mainloop/models/flow/text';
import { allowed } from './allowance.ts';
import type { GatewayConfig } from './config.ts';
import { readOf, withoutOpeners } from './forge-reads.ts';
import { readJson, Refused, sendJson } from './http.ts';

const ANSWER_MS = 30_000;
/** Of one answer; a log is given from its end. */
const MAX_BYTES = 8 * 1024 * 1024;
/** What it needs of an App. */
const ONLY = ['metadata', 'contents', 'pull_requests', 'issues', 'checks', 'statuses', 'actions'];
const NAMES = { pull: 'pull request', issue: 'issue' } as const;

/** @returns the proxy, for one run at a time */
export function forgeProxy(config: GatewayConfig, db: Db) {
  const { forge } = config;
  const app = forge.kind === 'app' ? githubApp({ ...forge, apiUrl: config.githubApiUrl, only: ONLY }) : null;
  const tokenFor = async (repo: string): Promise<string> => {
    if (forge.kind === 'token') return forge.token;
    try {
      return await app!.tokenFor(repo);
    } catch (err) {
      throw err instanceof AppRefused ? new Refused(502, err.message) : err;
    }
  };
  const ask = async (
    run: RunByToken,
    method: 'GET' | 'POST',
    path: string,
    { accept = 'application/vnd.github+json', body }: { accept?: string; body?: object } = {},
  ): Promise<Response> => {
    const token = await tokenFor(run.repo);
    const response = await fetch(config.githubApiUrl.replace(/\/$/, '') + path, {
      method,
      headers: {
        authorization: `token ${token}`,
        accept,
        'user-agent': 'mainloop',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch(() => {
      throw new Refused(502, 'The forge cannot be reached. Try again in a minute.');
    });
    if (response.status === 401) app?.forget(run.repo, token);
    if (response.ok) return response;
    // Whatever stands before the forge may answer with no JSON; the status is told all the same.
    const said = ((await response.json().catch(() => ({}))) as { message?: string }).message ?? '';
    const status = [403, 404, 422].includes(response.status) ? response.status : 502;
    throw new Refused(status, `The forge answers ${response.status}: ${spellOut(said).slice(0, 500)}`);
  };

  const read = async (res: ServerResponse, url: URL, run: RunByToken): Promise<void> => {
    const search = new URLSearchParams(url.search);
    const wantsDiff = search.get('mainloop-diff') === 'yes';
    search.delete('mainloop-diff');
    const query = search.size === 0 ? '' : `?${search}`;
    const wanted = readOf(run.repo, url.pathname.slice('/forge/rest/'.length), query, wantsDiff);
    if (wanted.kind === 'refused') throw new Refused(403, wanted.why);
    const response = await ask(
      run,
      'GET',
      wanted.path,
      wanted.kind === 'text' ? { accept: wanted.accept } : {},
    );
    const bytes = await endOf(response, wanted.kind === 'text');
    if (wanted.kind === 'json') {
      const next = response.headers.get('link')?.includes('rel="next"') === true;
      res.setHeader('x-mainloop-more', next ? 'yes' : 'no');
      return sendJson(res, 200, withoutOpeners(JSON.parse(bytes.toString('utf8')) as unknown));
    }
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    res.end(bytes);
  };

  const comment = async (req: IncomingMessage, res: ServerResponse, run: RunByToken): Promise<void> => {
    const { on, text } = ForgeComment.parse(await readJson(req, 64 * 1024));
    const number = on === 'pull' ? run.pr_number : run.issue_number;
    if (number === null)
      throw new Refused(409, `This task has no ${NAMES[on]} yet, so there is nothing to comment on.`);
    const words = cleanText(spellOut(text), 4_000);
    await withTx(db, async (tx) => {
      await lockLog(tx);
      await allowed(tx, run, 'says');
      const payload = { runId: run.id, text: `On the ${NAMES[on]}: ${words}` };
      await append(tx, [agentSaid.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
    });
    const mark = marker(
      run.task_id,
      `comment-${createHash('sha256').update(words).digest('hex').slice(0, 12)}`,
    );
    const where = `/repos/${run.repo}/issues/${number}/comments`;
    const since = run.started_at === null ? '' : `&since=${run.started_at.toISOString()}`;
    const there = (await (await ask(run, 'GET', `${where}?per_page=100${since}`)).json()) as {
      body?: string;
    }[];
    // An answer that was lost on its way is asked for again.
    if (!there.some((one) => one.body?.includes(mark) === true))
      await ask(run, 'POST', where, { body: { body: `${agentQuote(words)}\n\n${mark}` } });
    return sendJson(res, 200, { say: `Commented on the ${NAMES[on]}, #${number}.` });
  };

  return (req: IncomingMessage, res: ServerResponse, url: URL, run: RunByToken): Promise<void> => {
    if (url.pathname === '/forge/about')
      return Promise.resolve(
        sendJson(res, 200, {
          repo: run.repo,
          branch: run.branch,
          base: run.default_branch,
          pull: run.pr_number,
          issue: run.issue_number,
        }),
      );
    if (url.pathname === '/forge/comment') return comment(req, res, run);
    return read(res, url, run);
  };
}

/** @param tail whether of more than there is room for the end is kept, as of a log; anything else is refused then */
async function endOf(response: Response, tail: boolean): Promise<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(Buffer.from(part));
    size += part.length;
    if (size <= MAX_BYTES) continue;
    if (!tail)
      throw new Refused(413, 'The forge answers with more than an agent is given. Ask for less of it.');
    parts = [Buffer.concat(parts).subarray(-MAX_BYTES / 2)];
    size = parts[0]!.length;
  }
  return Buffer.concat(parts);
}
