// What to do when an error reached nobody. Pure.

/** So many in a minute are no accident of one request. */
const MANY = 20;
const MINUTE_MS = 60_000;

/** After these the process itself is not to be trusted: it has no memory left, or Node's own state is wrong. */
const UNSOUND = new Set([
  'ERR_INTERNAL_ASSERTION',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
  'ENOMEM',
]);

/**
 * Going on is right as a rule: no decision lives in the memory of a gateway. Money, holds, tokens and leases
 * are in Postgres, and each request reads them anew, so what one request broke is that request. Whoever could
 * end the process by a request would end it for every run.
 * @param before when the earlier ones were, in milliseconds
 */
export function afterUncaught(err: unknown, before: readonly number[], nowMs: number): 'go_on' | 'end' {
  const thrown = (typeof err === 'object' && err !== null ? err : {}) as {
    code?: unknown;
    name?: unknown;
    message?: unknown;
  };
  if (UNSOUND.has(String(thrown.code))) return 'end';
  if (thrown.name === 'RangeError' && /allocation|Invalid string length/i.test(String(thrown.message)))
    return 'end';
  return before.filter((at) => nowMs - at < MINUTE_MS).length >= MANY ? 'end' : 'go_on';
}
