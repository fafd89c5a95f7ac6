// Whether a push may leave the sandbox. Pure: sees the ref updates, says yes or no.
import type { Phase } from '@mainloop/models/flow/states';
import type { RefUpdate } from './pkt.ts';
import { ZERO } from './pkt.ts';

export type PushVerdict = { readonly kind: 'forward' } | { readonly kind: 'refuse'; readonly reason: string };

export const MAX_PUSH_BYTES = 100 * 1024 * 1024;

/**
 * Whether a push touches nothing but the task's branch, and comes from an agent that may change it.
 * @param run `branch`: without `refs/heads/`
 * @returns the reason of a refusal, in words for the agent
 */
export function checkRefs(
  updates: readonly RefUpdate[],
  run: { readonly branch: string; readonly phase: Phase },
): PushVerdict {
  const { branch, phase } = run;
  if (phase === 'second_look')
    return {
      kind: 'refuse',
      reason: 'a second look changes nothing: say what you found with `mainloop find`',
    };
  const wrong = updates.find((u) => u.ref !== `refs/heads/${branch}`);
  if (wrong)
    return {
      kind: 'refuse',
      reason: `this task may only push to ${branch}, not ${wrong.ref.replace('refs/heads/', '')}`,
    };
  if (updates.length !== 1) return { kind: 'refuse', reason: 'push one branch at a time' };
  if (updates[0]!.newSha === ZERO) return { kind: 'refuse', reason: 'this task may not delete its branch' };
  return { kind: 'forward' };
}
