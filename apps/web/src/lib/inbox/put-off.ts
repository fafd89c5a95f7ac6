// Putting an item off, and bringing it back. Loaded when it is wanted.
import { act } from '../live/act.ts';
import { laterTimes } from '../kit/days.ts';
import { later } from './later.svelte.ts';
import { notes } from '../kit/notes.svelte.ts';
import { backAt, serverNow } from '../kit/format.ts';

/**
 * Tells when it comes back, and offers other times.
 * @param until null: it comes back now
 * @returns why not, for the person; '' when it was done
 */
export async function putOff(id: string, until: Date | null): Promise<string> {
  const minutes = until === null ? 0 : Math.max(1, Math.round((until.getTime() - serverNow()) / 60_000));
  const r = await act(`/api/inbox/${id}/snooze`, { minutes });
  if (!r.ok) return r.sentence;
  if (until === null) return '';
  const others = laterTimes(new Date(serverNow())).filter((time) => time.at.getTime() !== until.getTime());
  notes.tell(
    `${backAt(until)}.`,
    8_000,
    ...others.slice(0, 2).map((time) => ({
      label: time.label,
      // Its card has gone: what is refused is told where the offer was.
      run: () => void putOff(id, time.at).then((why) => void (why !== '' && notes.tell(why))),
    })),
    { label: 'Other…', run: () => later.ask(id) },
  );
  return '';
}
