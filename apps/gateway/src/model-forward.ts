// Carries one call to the model and its answer back, unbuffered, with the real key in place of the run's token.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Usage } from '@mainloop/models/flow/money/pricing';
import type { GatewayConfig } from './config.ts';
import type { Answering } from './kept-answers.ts';
import { forwardedHeaders } from './model-rules.ts';
import { UsageMeter } from './usage-meter.ts';

/** A model that says nothing for so long, not even a ping, has gone away. */
const SILENCE_MS = 600_000;
/** So long a call that nobody waits for any more is kept, to hear from its beginning what it has read. */
const BEGINS_WITHIN_MS = 10_000;
const PASSED_BACK = /^(content-type|request-id|retry-after|anthropic-ratelimit-.*|x-should-retry)$/;

export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

export type Forwarded =
  /** It came whole, or was cut and costs what had come of it. */
  | { readonly kind: 'cost'; readonly used: Usage }
  /** The provider refused it or could not be reached. */
  | { readonly kind: 'free' };

/**
 * Takes money for an answer that has grown so long.
 * @returns how long it may get with that, or the sentence with which it is cut
 */
export type More = (
  outputTokens: number,
) => Promise<{ readonly paidOutput: number } | { readonly cut: string }>;

interface Carried {
  readonly path: string;
  readonly body: Buffer;
  readonly paidOutput: number;
  /** Asked whenever the answer grows past what was paid for; null when nobody wants to be asked. */
  readonly more: More | null;
  /** For the estimate of an answer that does not come whole. */
  readonly charsAToken: number;
}

/**
 * Resolves when it is over, in whatever way; it never rejects.
 * @param call the body as it is sent on, and what was reserved for its output
 * @returns how it ended and what it used
 */
export function forward(
  config: GatewayConfig,
  agents: Agents,
  call: Carried,
  req: IncomingMessage,
  res: Answering,
): Promise<Forwarded> {
  const target = new URL(config.model.baseUrl + call.path);
  const secure = target.protocol === 'https:';
  const headers: Record<string, string | number> = {
    ...forwardedHeaders(req.headers),
    'content-length': call.body.length,
  };
  if (config.model.apiKey !== null) headers['x-api-key'] = config.model.apiKey;
  else if (config.model.oauthToken !== null) {
    headers.authorization = `Bearer ${config.model.oauthToken}`;
    // Claude Code sends this itself when it holds the token; here it holds ours instead.
    headers['anthropic-beta'] = [
      ...new Set([...String(headers['anthropic-beta'] ?? '').split(','), 'oauth-2025-04-20']),
    ]
      .filter(Boolean)
      .join(',');
  }
  return new Promise((resolve) => {
    let sent = false;
    let answered = false;
    const up = (secure ? https : http).request(
      target,
      { method: 'POST', headers, agent: secure ? agents.https : agents.http },
      (answer) => {
        answered = true;
        carry(call, answer, up, res, resolve);
      },
    );
    up.setTimeout(SILENCE_MS, () => up.destroy(new Error('it says nothing any more')));
    up.on('finish', () => {
      sent = true;
    });
    up.on('error', (err) => {
      if (answered) return;
      const clientLeft = res.destroyed;
      if (res.headersSent) res.destroy();
      else if (!clientLeft)
        apiError(
          res,
          502,
          'api_error',
          `mainloop: the model at ${target.host} can't be reached (${err.message}).`,
        );
      // Whoever asks and hangs up before the answer begins has asked all the same.
      resolve(
        clientLeft && sent
          ? { kind: 'cost', used: new UsageMeter(true, call.charsAToken).bill(false, call.body.length) }
          : { kind: 'free' },
      );
    });
    const left = (): void => {
      if (res.writableFinished) return;
      const end = (): void => void up.destroy(new Error('nobody listens any more'));
      if (!sent) return end();
      // Whoever was asked has read it all. What that comes to stands at the beginning of the answer, and the
      // rest is not waited for.
      const late = setTimeout(end, BEGINS_WITHIN_MS);
      up.once('close', () => clearTimeout(late));
    };
    if (res.destroyed) left();
    else res.on('close', left);
    up.end(call.body);
  });
}

function carry(
  call: Carried,
  answer: IncomingMessage,
  up: http.ClientRequest,
  res: Answering,
  resolve: (forwarded: Forwarded) => void,
): void {
  const ok = answer.statusCode === 200;
  const streamed = String(answer.headers['content-type'] ?? '').includes('event-stream');
  const meter = new UsageMeter(streamed, call.charsAToken);
  const out = Object.fromEntries(
    Object.entries(answer.headers).filter(
      ([name, value]) => typeof value === 'string' && PASSED_BACK.test(name),
    ),
  );
  res.writeHead(answer.statusCode ?? 502, out);

  let over = false;
  const finish = (whole: boolean): void => {
    if (over) return;
    over = true;
    meter.end();
    resolve(ok ? { kind: 'cost', used: meter.bill(whole, call.body.length) } : { kind: 'free' });
  };
  let paid = call.paidOutput;
  let asking = false;
  let full = false;
  const goOn = (): void => {
    if (!asking && !full) answer.resume();
  };
  const takeMore = async (more: More): Promise<void> => {
    asking = true;
    answer.pause();
    // The agent is the one to know, and the sentence says it.
    const got = await more(meter.outputSoFar).catch(() => ({
      cut: 'mainloop: what is left of the budget could not be read, try again.',
    }));
    asking = false;
    if (over) return;
    if ('paidOutput' in got) {
      paid = got.paidOutput;
      return goOn();
    }
    up.destroy();
    finish(false);
    const error = JSON.stringify({
      type: 'error',
      error: { type: 'invalid_request_error', message: got.cut },
    });
    if (streamed) res.end(`event: error\ndata: ${error}\n\n`);
    else res.destroy();
  };
  const nobodyWaits = (): void => {
    if (over) return;
    full = false;
    if (!ok || meter.saysInput) up.destroy();
    else goOn();
  };
  if (res.destroyed) nobodyWaits();
  else res.once('close', nobodyWaits);
  answer.on('data', (data: Buffer) => {
    if (over) return;
    if (ok) meter.push(data);
    if (res.destroyed) return void (meter.saysInput && up.destroy());
    if (!res.write(data)) {
      full = true;
      answer.pause();
      res.once('drain', () => {
        full = false;
        goOn();
      });
    }
    if (ok && call.more !== null && !asking && meter.outputSoFar > paid) void takeMore(call.more);
  });
  answer.on('end', () => {
    finish(true);
    res.end();
  });
  // A stream that was cut is cut for the agent too, or it would wait for the rest for ever. What was used still counts.
  const cut = (): void => {
    finish(false);
    if (!res.writableEnded) res.destroy();
  };
  answer.on('error', cut);
  answer.on('close', cut);
}

/**
 * An error as the API of the model says it. It is never worth another try.
 * @param status HTTP's
 * @param type an error type of that API, as `rate_limit_error`
 */
export function apiError(res: Answering, status: number, type: string, message: string): void {
  const text = JSON.stringify({ type: 'error', error: { type, message } });
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-should-retry': 'false',
  });
  res.end(text);
}
