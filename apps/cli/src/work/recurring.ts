// Verbs of skills that come by themselves.
import { readArguments } from '@mainloop/models/flow/conversation/skills';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { recurringText } from '../show.ts';
import { plainLine } from '../terminal.ts';
import { projectIdOf } from './find.ts';
import { quoted } from './skills.ts';

interface SaveOptions {
  readonly id?: string;
  readonly zone?: string;
  readonly project?: string;
  readonly start?: string;
}

/**
 * `recurring`, and its `save`, `pause`, `resume`, `seen`, `remove`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerRecurring(program: Command, context: Context): void {
  const { api, out } = context;
  const recurring = program
    .command('recurring')
    .description('skills that come by themselves')
    .action(async () => {
      const list = await api().call('listRecurring');
      out(
        list,
        list.length === 0
          ? 'None yet. mainloop recurring save SKILL "30 9 * * 1-5".'
          : list.map(recurringText).join('\n'),
      );
    });
  registerSave(recurring, context);
  for (const [verb, paused, says] of [
    ['pause', true, 'Paused. mainloop recurring resume lets it go on.'],
    ['resume', false, 'It goes on. What was due meanwhile is not made up.'],
  ] as const)
    recurring
      .command(verb)
      .description(`${verb} one`)
      .argument('<id>')
      .action(async (id: string) => {
        out(await api().call('pauseRecurring', { id, body: { paused } }), says);
      });
  recurring
    .command('seen')
    .description('you have read that one did not happen')
    .argument('<id>')
    .action(async (id: string) => {
      out(await api().call('seeRecurring', { id }), 'Noted.');
    });
  recurring
    .command('remove')
    .description('remove one; what it proposed stays')
    .argument('<id>')
    .action(async (id: string) => {
      out(await api().call('removeRecurring', { id }), 'Removed.');
    });
}

function registerSave(recurring: Command, { api, out }: Context): void {
  recurring
    .command('save')
    .description('let a skill come by itself: five fields as cron has them, then what it is given')
    .argument('<skill>')
    .argument('<cron>')
    .argument('[given...]', 'name=value')
    .option('--id <id>', 'change this one')
    .option('--zone <zone>', 'as Europe/Berlin; otherwise your own')
    .option('--project <project>', "owner/name, instead of the skill's own")
    .option('--start <dollars>', 'start without a tap, for at most so much each time')
    .action(async (skill: string, cron: string, given: string[], options: SaveOptions) => {
      const parameters = (await api().call('listSkills')).find((s) => s.name === skill)?.parameters ?? [];
      const saved = await api().call('saveRecurring', {
        body: {
          id: options.id ?? null,
          skill,
          cron,
          given: { ...readArguments(given.map(quoted).join(' '), parameters) },
          zone: options.zone ?? null,
          projectId: await projectIdOf(api(), options.project),
          startCents: options.start === undefined ? null : Math.round(Number(options.start) * 100),
        },
      });
      const next = saved.next.map((at) => plainLine(at.slice(0, 16).replace('T', ' ')));
      out(saved, `Planned. It comes at (UTC): ${next.join(', ')}`);
    });
}
