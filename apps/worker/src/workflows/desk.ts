// What reaches a running workflow: human decisions, ended runs, and pokes that only say "look again".
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { SIGNALS, type HumanSignal, type RunEndedSignal } from '@mainloop/models/flow/workflow';

/** Thrown out of any wait when the person cancels. */
export class Cancelled extends Error {}

export interface Desk {
  /** Waits for a decision on one item. A decision that came before the wait counts. */
  decision(itemId: string): Promise<HumanSignal>;
  decided(itemId: string): HumanSignal | undefined;
  /** Waits until `done()` or until something happened or `ms` passed; false when time passed. */
  until(done: () => boolean, ms: number): Promise<boolean>;
  pokes(): number;
  /** How often the person said go on, where nothing was asked: with another model, before a limit is over. */
  goOns(): number;
  runEnded(runId: string): boolean;
  pending(): HumanSignal[];
}

export function openDesk(pending: readonly HumanSignal[]): Desk {
  const humans = new Map<string, HumanSignal>(pending.map((h) => [h.id, h]));
  const ended = new Set<string>();
  let pokes = 0;
  let cancelled = pending.some((h) => h.kind === 'cancel');
  setHandler(defineSignal<[HumanSignal]>(SIGNALS.human), (h) => {
    humans.set(h.id, h);
    cancelled ||= h.kind === 'cancel';
  });
  setHandler(defineSignal<[RunEndedSignal]>(SIGNALS.runEnded), (r) => void ended.add(r.runId));
  setHandler(defineSignal<[unknown?]>(SIGNALS.poke), () => void pokes++);

  const until = async (done: () => boolean, ms: number): Promise<boolean> => {
    if (cancelled) throw new Cancelled();
    const woke = await condition(() => cancelled || done(), ms);
    if (cancelled) throw new Cancelled();
    return woke;
  };
  return {
    until,
    async decision(itemId) {
      if (cancelled) throw new Cancelled();
      await condition(() => cancelled || humans.has(itemId));
      if (cancelled) throw new Cancelled();
      return humans.get(itemId)!;
    },
    decided: (itemId) => humans.get(itemId),
    pokes: () => pokes,
    goOns: () => [...humans.values()].filter((h) => h.kind === 'go_on').length,
    runEnded: (runId) => ended.has(runId),
    pending: () => [...humans.values()],
  };
}
