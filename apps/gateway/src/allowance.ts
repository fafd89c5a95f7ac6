// The limits of a run at the gateway: over one, the sentence of it is the answer.
import { takeAllowance } from '@mainloop/models/db/runs/allowance';
import type { Tx } from '@mainloop/models/db/pool';
import type { Talk } from '@mainloop/models/flow/runs/limits';
import { Refused } from './http.ts';

/**
 * @returns how many of this kind the run has left in the log so far; refuses when that is enough, and with it
 * the transaction
 */
export async function allowed(
  tx: Tx,
  run: { readonly task_id: string; readonly started_at: Date | null },
  talk: Talk,
): Promise<number> {
  const verdict = await takeAllowance(tx, run, talk);
  if (!verdict.ok) throw new Refused(429, verdict.sentence);
  return verdict.n;
}
