// Verbs of the cycle.
import { phaseWords, PHASE_NAMES, quietWords, reasonWords } from '@mainloop/models/flow/cycle/words';
import type { Command } from 'commander';
import type { Answer } from '@mainloop/models/contracts/routes';
import type { Context } from '../context.ts';
import { plainLine } from '../terminal.ts';

type Cycle = Answer<'getCycle'>;

const timeOf = (at: string): string => plainLine(at.slice(0, 16).replace('T', ' '));

function oneText({ startedAt, reason, missed, quietBefore, phases, said }: Cycle['cycles'][number]): string {
  return [
    [`${timeOf(startedAt)}`, reasonWords(reason, missed)].filter(Boolean).join('  '),
    ...said.map((words) => `    ${plainLine(words)}`),
    ...phases.map(
      (p) => `    ${PHASE_NAMES[p.phase] ?? plainLine(p.phase)}, ${p.ms} ms: ${plainLine(phaseWords(p))}`,
    ),
    ...(quietBefore === 0 ? [] : [`    before it: ${quietWords(quietBefore)}`]),
  ].join('\n');
}

/** @returns how often it comes, when it last did, and what it did in the last day */
function cycleText({ everyMinutes, lastAt, isLate, quiet, cycles }: Cycle): string {
  const last = lastAt === null ? 'None has ended yet.' : `The last ended at ${timeOf(lastAt)} (UTC).`;
  return [
    `Every ${everyMinutes} min. ${last}`,
    ...(isLate && lastAt !== null ? ['It is late. mainloop doctor says whether the worker runs.'] : []),
    ...(quiet === 0 ? [] : [`Since then: ${quietWords(quiet)}.`]),
    ...(cycles.length === 0 ? ['In the last day there was nothing to tell.'] : cycles.map(oneText)),
  ].join('\n');
}

/**
 * `cycle` and `cycle now`.
 * @param program gets these verbs
 */
export function registerCycle(program: Command, { api, out }: Context): void {
  const cycle = program
    .command('cycle')
    .description('what mainloop looks after by itself, and what it did in the last day')
    .action(async () => {
      const found = await api().call('getCycle');
      out(found, cycleText(found));
    });
  cycle
    .command('now')
    .description('have the next cycle come now')
    .action(async () => {
      out(await api().call('askCycle'), 'It comes now. mainloop cycle shows what it did.');
    });
}
