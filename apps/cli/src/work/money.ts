// Verbs of what work may cost.
import { PERIOD_FIELD, PERIODS, type Period } from '@mainloop/models/flow/money/money';
import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import { limitText } from '../show.ts';
import { projectIdOf } from './find.ts';

/**
 * `budget` of one task.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerBudget(program: Command, { api, out }: Context): void {
  program
    .command('budget')
    .description('what a task may cost at most, in dollars')
    .argument('<task>')
    .argument('<dollars>')
    .action(async (id: string, dollars: string) => {
      await api().call('setBudget', { id, body: { budgetCents: Math.round(Number(dollars) * 100) } });
      out({ ok: true }, 'It counts at once.');
    });
}

/**
 * `limits` of a day, a week and a month, and `limits set`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerLimits(program: Command, { api, out }: Context): void {
  const limits = program
    .command('limits')
    .description(
      'what all agents, and those of each project, may cost in a day, a week and a month, and what they did',
    )
    .action(async () => {
      const all = await api().call('listLimits');
      out(all, all.map(limitText).join('\n'));
    });
  limits
    .command('set')
    .description('set such a limit, in dollars; it counts at once, and what waits for it looks again')
    .addArgument(new Argument('<period>').choices(PERIODS))
    .argument('<dollars>', '`none` for no limit')
    .option('--project <project>', 'owner/name; otherwise of all agents')
    .action(async (period: Period, amount: string, options: { project?: string }) => {
      const cents = amount === 'none' ? null : Math.round(Number(amount) * 100);
      const body = { [PERIOD_FIELD[period]]: cents };
      const id = await projectIdOf(api(), options.project);
      if (id === null) await api().call('changeSettings', { body });
      else await api().call('changeProject', { id, body });
      out({ ok: true }, 'It counts at once.');
    });
}
