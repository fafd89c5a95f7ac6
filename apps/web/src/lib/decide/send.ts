// A decision on its way: what has to be done before it goes first, and only together with it.
import { act, type Result } from '../live/act.ts';
import type { Held } from './held.ts';

/**
 * Sends a decision.
 * @param decision what it is, and what has to be done before it
 * @returns what became of it; where what goes first is refused, that, and the decision is not sent
 */
export async function sendDecision(
  decision: Pick<Held, 'path' | 'body' | 'label' | 'says' | 'first' | 'onlyOnline'>,
): Promise<Result> {
  const first = decision.first === undefined ? null : await act(decision.first.path, decision.first.body);
  if (first !== null && !first.ok) return first;
  const { path, body, label, says, onlyOnline } = decision;
  return act(path, body, 'POST', onlyOnline ? undefined : { label, ...(says === undefined ? {} : { says }) });
}
