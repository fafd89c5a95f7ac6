// What the revision of 2026-07-28 asks of every answer on a connection, and the SDK leaves out: a request of a version
// that is not served is refused whenever it comes, and what does not fit a method is the caller's error and not ours.
// Source: https://modelcontextprotocol.io/specification/2026-07-28/schema
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  isJSONRPCErrorResponse,
  isJSONRPCRequest,
  PROTOCOL_VERSION_META_KEY,
  UnsupportedProtocolVersionError,
  type JSONRPCErrorResponse,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** Those whose requests say which they are of. Older ones agree on theirs when they connect. */
const SERVED = ['2026-07-28'];

const Claiming = z.object({ _meta: z.object({ [PROTOCOL_VERSION_META_KEY]: z.string() }) });

const versionOf = (message: JSONRPCMessage): string | null => {
  const claiming = isJSONRPCRequest(message) ? Claiming.safeParse(message.params) : null;
  return claiming?.success === true ? claiming.data._meta[PROTOCOL_VERSION_META_KEY] : null;
};

/**
 * Pure.
 * @param isSaid requests of this connection say which version they are of
 * @returns why a message is answered without being passed on; null for all others
 */
function refusedAtOnce(message: JSONRPCMessage, isSaid: boolean): JSONRPCErrorResponse | null {
  if (!isJSONRPCRequest(message)) return null;
  const requested = versionOf(message);
  if (requested === null && isSaid) {
    const says = `A request says its version in _meta, as ${PROTOCOL_VERSION_META_KEY}.`;
    return { jsonrpc: '2.0', id: message.id, error: { code: INVALID_PARAMS, message: says } };
  }
  if (requested === null || SERVED.includes(requested)) return null;
  const { code, data, message: says } = new UnsupportedProtocolVersionError({ supported: SERVED, requested });
  return { jsonrpc: '2.0', id: message.id, error: { code, message: says, data } };
}

const Issues = z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }));

const COMPLAINING: ReadonlySet<number> = new Set([INTERNAL_ERROR, INVALID_PARAMS]);

/** Pure. @returns the answer as it goes out: what a schema complains of is named in a sentence */
function answerOf(message: JSONRPCMessage): JSONRPCMessage {
  if (!isJSONRPCErrorResponse(message) || !COMPLAINING.has(message.error.code)) return message;
  const issue = issuesIn(message.error.message)[0];
  if (issue === undefined) return message;
  const where = issue.path.filter((part) => part !== 'params').join('.');
  return {
    ...message,
    error: { code: INVALID_PARAMS, message: `${where === '' ? 'The params' : where}: ${issue.message}` },
  };
}

function issuesIn(text: string): z.output<typeof Issues> {
  try {
    return Issues.parse(JSON.parse(text.slice(text.indexOf('['))));
  } catch {
    // Another error of ours: it has words of its own.
    return [];
  }
}

/** @param inner how messages come and go @returns the same, held to the revision */
export function strict(inner: Transport): Transport {
  const outer: Transport = {
    start: () => inner.start(),
    close: () => inner.close(),
    send: (message, options) => inner.send(answerOf(message), options),
  };
  let isSaid = false;
  inner.onmessage = (message, extra) => {
    const refused = refusedAtOnce(message, isSaid);
    isSaid ||= versionOf(message) !== null;
    if (refused === null) outer.onmessage?.(message, extra);
    else inner.send(refused).catch((error: Error) => outer.onerror?.(error));
  };
  inner.onclose = () => outer.onclose?.();
  inner.onerror = (error) => outer.onerror?.(error);
  return outer;
}
