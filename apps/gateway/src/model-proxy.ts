// The model door: swaps the run's token for the real key, checks what is asked for, streams the answer unbuffered, meters it.
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { append } from '@mainloop/models/db/log';
import { one, withTx, type Db } from '@mainloop/models/db/pool';
import { findRunByToken, type RunByToken } from '@mainloop/models/db/runs';
import { getSettings, resolveProjectSettings } from '@mainloop/models/db/settings';
import { costMicrousd, dollars, reserveMicrousd } from '@mainloop/models/flow/pricing';
import { OWNER } from '@mainloop/models/flow/ids';
import type { GatewayConfig } from './config.ts';
import { readBody } from './http.ts';
import { refuseRequest, UsageMeter, type ModelRequest } from './model-rules.ts';

const MAX_BODY = 64 * 1024 * 1024;
const FORWARD = ['anthropic-version', 'anthropic-beta', 'content-type', 'accept', 'user-agent', 'x-app', 'anthropic-dangerous-direct-browser-access'];

export function modelProxy(c: GatewayConfig, db: Db) {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  /** Money promised to calls in flight, by task, so that parallel calls can't overspend together. */
  const promised = new Map<string, number>();

  return async (req: IncomingMessage, res: ServerResponse, url: URL, token: string): Promise<void> => {
    const run = token === c.chatToken ? null : await findRunByToken(db, token);
    if (!run && token !== c.chatToken) return apiError(res, 401, 'authentication_error', 'mainloop: this run has ended.');
    const raw = await readBody(req, MAX_BODY);
    let body: ModelRequest;
    try {
      body = JSON.parse(raw.toString('utf8')) as ModelRequest;
    } catch {
      return apiError(res, 400, 'invalid_request_error', 'mainloop: the request is not JSON.');
    }
    const why = refuseRequest(url.pathname, body, run ? [run.model] : 'any');
    if (why !== null) return apiError(res, 403, 'permission_error', why);
    const model = String(body.model);
    const reserved = run ? reserveMicrousd(model, raw.length, Number(body.max_tokens ?? 0)) : 0;
    if (run) {
      const left = (await budgetLeft(db, run)) - (promised.get(run.task_id) ?? 0);
      // 400 is the one answer Claude Code does not try again.
      if (left < reserved)
        return apiError(
          res,
          400,
          'invalid_request_error',
          `mainloop_budget: the budget of this task (${dollars(run.budget_cents * 10_000)}) is spent.`,
        );
      const all = await spentToday(db, run, (await getSettings(db, run.owner_id)).dayBudgetCents, null, reserved);
      if (all !== null) return apiError(res, 400, 'invalid_request_error', `mainloop_day_budget: today's limit for all agents (${all}) is spent.`);
      const own = await spentToday(db, run, resolveProjectSettings(run.project_settings).dayBudgetCents, run.project_id, reserved);
      if (own !== null)
        return apiError(res, 400, 'invalid_request_error', `mainloop_project_day_budget: today's limit for this project (${own}) is spent.`);
      promised.set(run.task_id, (promised.get(run.task_id) ?? 0) + reserved);
    }
    try {
      const used = await forward(c, agents, req, res, url, raw);
      if (used) await meter(db, run, model, used);
    } finally {
      if (run) promised.set(run.task_id, Math.max(0, (promised.get(run.task_id) ?? 0) - reserved));
    }
  };
}

async function budgetLeft(db: Db, run: RunByToken): Promise<number> {
  const t = await one<{ left: number }>(db, 'select budget_cents::bigint * 10000 - cost_microusd as left from tasks where id = $1', [run.task_id]);
  return t?.left ?? 0;
}

/**
 * Whether a limit for one day (UTC) leaves room for a call: of all agents, or of those of one project.
 * @param reserved millionths of a dollar
 * @returns the limit in words when it does not
 */
async function spentToday(db: Db, run: RunByToken, limitCents: number | null, projectId: string | null, reserved: number): Promise<string | null> {
  if (limitCents === null) return null;
  const spent = await one<{ n: number }>(
    db,
    `select coalesce(sum(microusd), 0)::bigint as n from cost_days
      where owner_id = $1 and day = (now() at time zone 'UTC')::date and ($2::text is null or project_id = $2)`,
    [run.owner_id, projectId],
  );
  return limitCents * 10_000 - spent!.n < reserved ? dollars(limitCents * 10_000) : null;
}

/** @returns the usage that passed, or null when the answer was an error */
function forward(
  c: GatewayConfig,
  agents: { http: http.Agent; https: https.Agent },
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  raw: Buffer,
): Promise<UsageMeter['usage'] | null> {
  const target = new URL(c.model.baseUrl + url.pathname + url.search);
  const secure = target.protocol === 'https:';
  const headers: Record<string, string | number> = { 'content-length': raw.length, 'accept-encoding': 'identity' };
  for (const h of FORWARD) if (typeof req.headers[h] === 'string') headers[h] = req.headers[h];
  if (c.model.apiKey !== null) headers['x-api-key'] = c.model.apiKey;
  else if (c.model.oauthToken !== null) {
    headers.authorization = `Bearer ${c.model.oauthToken}`;
    // Claude Code sends this itself when it holds the token; here it holds ours instead.
    headers['anthropic-beta'] = [...new Set([...String(headers['anthropic-beta'] ?? '').split(','), 'oauth-2025-04-20'])].filter(Boolean).join(',');
  }
  return new Promise((resolve) => {
    const up = (secure ? https : http).request(target, { method: req.method, headers, agent: secure ? agents.https : agents.http }, (answer) => {
      const type = String(answer.headers['content-type'] ?? '');
      const out: Record<string, string> = {};
      for (const [k, v] of Object.entries(answer.headers))
        if (typeof v === 'string' && /^(content-type|request-id|retry-after|anthropic-.*|x-should-retry)$/.test(k)) out[k] = v;
      res.writeHead(answer.statusCode ?? 502, out);
      const meter = new UsageMeter(type.includes('event-stream'));
      const ok = answer.statusCode === 200;
      answer.on('data', (d: Buffer) => {
        if (ok) meter.push(d);
        if (!res.write(d)) {
          answer.pause();
          res.once('drain', () => answer.resume());
        }
      });
      answer.on('end', () => {
        meter.end();
        res.end();
        resolve(ok ? meter.usage : null);
      });
      // A stream that was cut is cut for the agent too, or it would wait for the rest for ever. What was used still counts.
      answer.on('error', () => {
        res.destroy();
        resolve(ok ? meter.usage : null);
      });
    });
    up.on('error', (err) => {
      if (!res.headersSent) apiError(res, 502, 'api_error', `mainloop: the model at ${target.host} can't be reached (${err.message}).`);
      else res.destroy();
      resolve(null);
    });
    res.on('close', () => {
      if (!res.writableEnded) up.destroy();
    });
    up.end(raw);
  });
}

async function meter(db: Db, run: RunByToken | null, model: string, u: UsageMeter['usage']): Promise<void> {
  const microusd = costMicrousd(model, u);
  if (microusd === 0) return;
  await withTx(db, async (tx) => {
    await append(
      tx,
      [
        {
          type: 'cost.metered',
          taskId: run?.task_id ?? null,
          actor: 'gateway',
          payload: {
            runId: run?.id ?? null,
            model,
            microusd,
            inputTokens: u.input_tokens + u.cache_creation_input_tokens + u.cache_read_input_tokens,
            outputTokens: u.output_tokens,
          },
        },
      ],
      run?.owner_id ?? OWNER,
    );
    if (run) await tx.query('update runs set cost_microusd = cost_microusd + $2 where id = $1', [run.id, microusd]);
  });
}

function apiError(res: ServerResponse, status: number, type: string, message: string): void {
  const text = JSON.stringify({ type: 'error', error: { type, message } });
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), 'x-should-retry': 'false' });
  res.end(text);
}
