// The model proxy: understands what is asked for, takes the money for it, has it carried, and pays.
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { isSecret } from '@mainloop/network/secrets';
import { addIds, type Logger } from '@mainloop/logs/log';
import { newCallId, release, reserve, settle, type ModelCall } from '@mainloop/models/db/money/budget';
import type { Db } from '@mainloop/models/db/pool';
import { isAllPaused } from '@mainloop/models/db/runs/pause';
import { findRunByToken } from '@mainloop/models/db/runs/epochs';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { getSettings, resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { OWNER } from '@mainloop/models/flow/ids';
import {
  limitsIn,
  NO_LIMITS,
  PERIODS,
  type MoneyLimits,
  type SpentLimit,
} from '@mainloop/models/flow/money/money';
import {
  costMicrousd,
  dollars,
  inputTokensOf,
  OUTPUT_STEP_TOKENS,
  reserveMicrousd,
} from '@mainloop/models/flow/money/pricing';
import type { GatewayConfig } from './config.ts';
import { idsOfRun, readBody } from './http.ts';
import { KeptAnswers, onceKey } from './kept-answers.ts';
import { apiError, forward, type Forwarded, type More } from './model-forward.ts';
import { CHARS_A_TOKEN, CHARS_A_TOKEN_AT_LEAST } from './usage-meter.ts';
import { MODEL_PATHS, readRequest, type ModelPath } from './model-rules.ts';

/** The API's own limit for a request. */
const MAX_BODY = 32 * 1024 * 1024;
/** More than Claude Code ever has in flight; each holds its body in memory. */
const MAX_CALLS_A_RUN = 16;

export interface ModelProxy {
  handle(req: IncomingMessage, res: ServerResponse, url: URL, token: string): Promise<void>;
  /** Resolves when nothing that was carried is left unpaid. */
  idle(): Promise<void>;
}

/** @param gateway names this process among the gateways */
export function modelProxy(config: GatewayConfig, db: Db, gateway: string, log: Logger): ModelProxy {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  const once = new KeptAnswers();
  const inFlight = new Map<string, number>();
  /** Calls that are carried, and those that are being paid for. */
  const underWay = new Set<Promise<void>>();
  const keep = (work: Promise<void>): Promise<void> => {
    underWay.add(work);
    const done = (): void => void underWay.delete(work);
    work.then(done, done);
    return work;
  };

  const carry = async (
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    run: RunByToken | null,
  ): Promise<void> => {
    const path = url.pathname as ModelPath;
    // It is being stopped; a call that goes out meanwhile would be paid for and thrown away. Claude Code
    // tries it again.
    if (run && (await isAllPaused(db, run.owner_id)))
      return apiError(res, 529, 'overloaded_error', 'mainloop: everything is paused.');
    const settings = run ? getSettings(db, run.owner_id) : null;
    // Awaited below; an error before that must not end the process.
    settings?.catch(() => undefined);
    const read = readRequest(
      path,
      url.searchParams,
      await readBody(req, MAX_BODY),
      run ? [run.model] : 'any',
    );
    if (read.kind === 'refuse') {
      log.warn({ why: read.why }, 'a model request was refused');
      return apiError(
        res,
        read.status,
        read.status === 403 ? 'permission_error' : 'invalid_request_error',
        read.why,
      );
    }
    const { body, request } = read;
    const target = path + url.search;
    if (MODEL_PATHS[path] === 'count')
      return void (await forward(
        config,
        agents,
        { path: target, body, paidOutput: Number.POSITIVE_INFINITY, more: null, charsAToken: CHARS_A_TOKEN },
        req,
        res,
      ));
    const maxTokens = request.max_tokens ?? 0;
    const call: ModelCall = {
      id: newCallId(),
      ownerId: run?.owner_id ?? OWNER,
      projectId: run?.project_id ?? '',
      taskId: run?.task_id ?? null,
      runId: run?.id ?? null,
      gateway,
      model: request.model,
      inputTokens: inputTokensOf(body.length),
    };
    const first = reserveMicrousd(request.model, body.length, maxTokens);
    if (!run) {
      const key = onceKey(req.headers, body);
      if (key !== null && once.follow(key, res)) return;
      // No limit stops the owner's own chat, so nothing waits for this. It is there in case that we die
      // before it is paid for.
      const carried = forward(
        config,
        agents,
        { path: target, body, paidOutput: Number.POSITIVE_INFINITY, more: null, charsAToken: CHARS_A_TOKEN },
        req,
        key === null ? res : once.begin(key, res),
      );
      await reserve(db, call, first, { owner: NO_LIMITS, project: NO_LIMITS }).catch((err: unknown) =>
        log.error({ err }, 'a call of the chat could not be noted'),
      );
      return pay(call, await carried);
    }
    const limits: MoneyLimits = {
      owner: limitsIn(await settings!),
      project: limitsIn(resolveProjectSettings(run.project_settings)),
    };
    const spent = await reserve(db, call, first, limits);
    if (spent !== null) return apiError(res, 400, 'invalid_request_error', spentSentence(spent, run, limits));
    let reservedOutput = Math.min(maxTokens, OUTPUT_STEP_TOKENS);
    const more: More = async (outputTokens) => {
      // It writes no more than it was asked for, so the rest is our estimate being high.
      if (reservedOutput >= maxTokens) return { paidOutput: Number.POSITIVE_INFINITY };
      const step = Math.min(maxTokens, outputTokens + OUTPUT_STEP_TOKENS) - reservedOutput;
      const full = await reserve(db, call, costMicrousd(request.model, { output_tokens: step }), limits);
      if (full !== null) return { cut: spentSentence(full, run, limits) };
      reservedOutput += step;
      return { paidOutput: reservedOutput };
    };
    pay(
      call,
      await forward(
        config,
        agents,
        { path: target, body, paidOutput: reservedOutput, more, charsAToken: CHARS_A_TOKEN_AT_LEAST },
        req,
        res,
      ),
    );
  };

  /** Not waited for by whoever asked, and finished before the process goes. */
  const pay = (call: ModelCall, went: Forwarded): void => {
    const paid = went.kind === 'free' ? release(db, call.id) : settle(db, call, went.used);
    // The lease of the reservation runs out, and then it is paid for by whoever sees it.
    void keep(
      paid.catch((err: unknown) => log.error({ err, call: call.id }, 'a call could not be paid for now')),
    );
  };

  const handle = async (
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    token: string,
  ): Promise<void> => {
    const chat = isSecret(token, config.chatToken);
    const run = chat ? null : await findRunByToken(db, token);
    addIds(run ? idsOfRun(run) : { ownerId: OWNER });
    if (!run && !chat) return apiError(res, 401, 'authentication_error', 'mainloop: this run has ended.');
    if (!run) return keep(carry(req, res, url, null));
    const calls = inFlight.get(run.id) ?? 0;
    if (calls >= MAX_CALLS_A_RUN)
      return apiError(
        res,
        429,
        'rate_limit_error',
        `mainloop: this run has ${MAX_CALLS_A_RUN} calls under way. Wait for one to end.`,
      );
    inFlight.set(run.id, calls + 1);
    try {
      await keep(carry(req, res, url, run));
    } finally {
      const left = inFlight.get(run.id)! - 1;
      if (left > 0) inFlight.set(run.id, left);
      else inFlight.delete(run.id);
    }
  };

  return {
    handle,
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/** The marker at the head is how the runner knows the limit again (packages/adapters/src/agent). */
function spentSentence(spent: SpentLimit, run: RunByToken, limits: MoneyLimits): string {
  const cents = (n: number | null): string => dollars((n ?? 0) * 10_000);
  if (spent === 'task')
    return `mainloop_budget: the budget of this task (${cents(run.budget_cents)}) is spent.`;
  const ofOwner = PERIODS.find((period) => period === spent);
  const period = ofOwner ?? PERIODS.find((name) => `project_${name}` === spent) ?? 'day';
  const [limit, of] =
    ofOwner === undefined ? [limits.project[period], 'this project'] : [limits.owner[period], 'all agents'];
  return `mainloop_${spent}_budget: ${WHOSE[period]} limit for ${of} (${cents(limit)}) is spent.`;
}
const WHOSE = { day: "today's", week: "this week's", month: "this month's" } as const;
