// What is said of a cycle, on the page and in the terminal. Pure.
import type { CyclePhase, CycleReason, PhaseReport } from './cycle.ts';

export const PHASE_NAMES: Readonly<Record<CyclePhase, string>> = {
  gather: 'Gather',
  triage: 'Triage',
  narrate: 'Narrate',
  tend: 'Tend',
};

/** What a phase counts: of one, and of several. */
const DEEDS: ReadonlyMap<string, readonly [one: string, several: string]> = new Map([
  ['events', ['1 thing happened', 'things happened']],
  ['back', ['1 thing put off is back', 'things put off are back']],
  ['stuck', ['1 task is stuck', 'tasks are stuck']],
  ['told', ['you were told of 1', 'you were told of']],
  ['woken', ['1 task was told to look again', 'tasks were told to look again']],
  ['closed', ['1 is no longer stuck', 'are no longer stuck']],
  ['expired', ['1 proposal expired', 'proposals expired']],
  ['trains', ['1 place in a merge train was given up', 'places in merge trains were given up']],
  ['campfire', ['the campfire was lit', 'campfires were lit']],
  ['orphans', ['1 sandbox without a task was removed', 'sandboxes without a task were removed']],
]);

/** @returns what a phase did, in a few words; why it failed, where it did */
export function phaseWords({ did, trouble }: Pick<PhaseReport, 'did' | 'trouble'>): string {
  const words = Object.entries(did).flatMap(([name, count]) => {
    const [one, several] = DEEDS.get(name) ?? [`1 ${name}`, name];
    if (count === 0) return [];
    if (name === 'told' && count > 1) return `${several} ${count}`;
    return count === 1 ? one : `${count} ${several}`;
  });
  if (trouble !== '') words.push(`it failed: ${trouble}`);
  return words.length === 0 ? 'nothing to do' : words.join(', ');
}

/** @returns why it came, where that is not its clock; empty otherwise */
export function reasonWords(reason: CycleReason, missed: number): string {
  switch (reason) {
    case 'clock':
      return '';
    case 'news':
      return 'at once, for what happened';
    case 'asked':
      return 'you asked for it';
    case 'missed':
      return missed === 1 ? 'makes up for one that did not come' : `makes up for ${missed} that did not come`;
  }
}

/** @returns how many cycles had nothing to tell; empty where there were none */
export function quietWords(count: number): string {
  if (count === 0) return '';
  return count === 1 ? '1 cycle with nothing to tell' : `${count} cycles with nothing to tell`;
}
