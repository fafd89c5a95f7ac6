// What was typed into the field of a setting, as it is kept: a form of one value, so that what another device
// wrote meanwhile stands beside it and not in its place. Pure.
import { formIn } from '@mainloop/models/flow/inbox/draft-versions';

/** @param typed empty: there is nothing to keep */
export const keptValue = (typed: string): string => (typed === '' ? '' : JSON.stringify({ value: typed }));

/** @param kept what `keptValue` gave, or the value itself as it was kept before @returns what was typed */
export function typedValue(kept: string): string {
  const value = formIn(kept)?.value;
  return typeof value === 'string' ? value : kept;
}
