// A form whose words were kept, filled in again. Pure.
import { joined } from '@mainloop/models/flow/inbox/draft-versions';

/**
 * @param fields what stands in the form: what was typed before this page listened
 * @param kept what was kept of it
 * @param blank what it is with nothing of the person's
 * @returns the kept words, and behind them those that were typed meanwhile
 */
export function refilled<Fields extends object>(
  fields: Fields,
  kept: Readonly<Record<string, unknown>>,
  blank: Fields,
): Fields {
  const taken = Object.entries(fields).map(([name, now]: [string, unknown]) => {
    const was = kept[name];
    const unwritten = (blank as Record<string, unknown>)[name];
    if (was === undefined || was === null) return [name, now];
    return [
      name,
      typeof was === 'string' && typeof now === 'string' && now !== unwritten ? joined(was, now) : was,
    ];
  });
  return Object.fromEntries(taken) as Fields;
}
