// What reaches a running workflow: human decisions, ended runs, and that there may be news to look for.
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import {
  SIGNALS,
  type HumanSignal,
  type RunEndedSignal,
  type WaitsFor,
} from '@mainloop/models/flow/workflow';

/** Thrown out of any wait when the person cancels. */
export class Cancelled extends Error {}

export interface Desk {
  /** Waits for a decision on one item. A decision that came before the wait counts. */
  decision(itemId: string): Promise<HumanSignal>;
  decided(itemId: string): HumanSignal | undefined;
  /**
   * Waits until `done()` or until `ms` milliseconds passed.
   * @param waitsFor what to tell who asks meanwhile
   * @returns false when time passed
   */
  until(done: () => boolean, ms: number, waitsFor: WaitsFor): Promise<boolean>;
  /** What it waits for right now, if it does. */
  waitsFor(): WaitsFor | null;
  /** How often it was asked to look again, by a signal that carries no news itself. */
  lookAgains(): number;
  /** How often the person said go on, where nothing was asked: with another model, before a limit is over. */
  goOns(): number;
  runEnded(runId: string): boolean;
  pending(): HumanSignal[];
}

/**
 * Takes signals from here on.
 * @param pending decisions that an earlier part of the same workflow had not looked at
 */
export function openDesk(pending: readonly HumanSignal[]): Desk {
  const humans = new Map<string, HumanSignal>(pending.map((h) => [h.id, h]));
  const ended = new Set<string>();
  let lookAgains = 0;
  let cancelled = pending.some((h) => h.kind === 'cancel');
  setHandler(defineSignal<[HumanSignal]>(SIGNALS.human), (human) => {
    humans.set(human.id, human);
    cancelled ||= human.kind === 'cancel';
  });
  setHandler(defineSignal<[RunEndedSignal]>(SIGNALS.runEnded), (r) => void ended.add(r.runId));
  setHandler(defineSignal<[unknown?]>(SIGNALS.lookAgain), () => void lookAgains++);

  let waiting: WaitsFor | null = null;
  const wait = async <T>(waitsFor: WaitsFor, act: () => Promise<T>): Promise<T> => {
    if (cancelled) throw new Cancelled();
    waiting = waitsFor;
    try {
      const result = await act();
      if (cancelled) throw new Cancelled();
      return result;
    } finally {
      waiting = null;
    }
  };
  return {
    until: (done, ms, waitsFor) => wait(waitsFor, () => condition(() => cancelled || done(), ms)),
    waitsFor: () => waiting,
    async decision(itemId) {
      await wait({ what: 'decision', itemId }, () => condition(() => cancelled || humans.has(itemId)));
      return humans.get(itemId)!;
    },
    decided: (itemId) => humans.get(itemId),
    lookAgains: () => lookAgains,
    goOns: () => [...humans.values()].filter((h) => h.kind === 'go_on').length,
    runEnded: (runId) => ended.has(runId),
    pending: () => [...humans.values()],
  };
}
