// Verbs of automations.
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { automationText, ruleFileText } from '../show.ts';
import { plainLine } from '../terminal.ts';

const ALL_HELD = 'Everything is paused, and so is what they do: it waits. mainloop resume-all lets it go on.';

/** @param file `-` for what is piped in */
const readRule = (file: string): Promise<string> =>
  file === '-' ? textOf(process.stdin) : readFile(file, 'utf8');

/** `automations`, and its `list`, `add`, `dry-run`, `why`, `pause`, `resume`, `remove`. */
export function registerAutomations(program: Command, context: Context): void {
  const { api, out } = context;
  const list = async (): Promise<void> => {
    const [all, { since }] = await Promise.all([api().call('listAutomations'), api().call('getPause')]);
    const none = 'None yet. mainloop automations add rule.yaml.';
    const lines = all.length === 0 ? [none] : all.map(automationText);
    out(all, (since === null ? lines : [ALL_HELD, ...lines]).join('\n'));
  };
  const automations = program
    .command('automations')
    .description('when something happens, then do that')
    .action(list);
  automations.command('list').description('all of them, with their last times').action(list);
  automations
    .command('add')
    .description('make one of a file of YAML, or change the one of that name')
    .argument('<file>', '- reads it from the pipe')
    .action(async (file: string) => {
      const saved = await api().call('saveAutomation', { body: { text: await readRule(file) } });
      out(saved, `${plainLine(saved.sentence)}\nIt counts from now on: ${plainLine(saved.id)}`);
    });
  registerFiles(automations, context);
  registerDryRun(automations, context);
  registerWhy(automations, context);
  for (const [verb, paused, says] of [
    ['pause', true, 'Paused. mainloop automations resume lets it go on.'],
    ['resume', false, 'It goes on. What happened meanwhile is none of its business.'],
  ] as const)
    automations
      .command(verb)
      .description(`${verb} one`)
      .argument('<id>')
      .action(async (id: string) => {
        out(await api().call('pauseAutomation', { id, body: { paused } }), says);
      });
  automations
    .command('remove')
    .description('remove one; what it did stays')
    .argument('<id>')
    .action(async (id: string) => {
      out(await api().call('removeAutomation', { id }), 'Removed.');
    });
}

function registerFiles(automations: Command, { api, out }: Context): void {
  automations
    .command('files')
    .description('rules that stand in repositories, and whether each was approved')
    .action(async () => {
      const all = await api().call('listAutomationFiles');
      const none =
        'None. A rule of a repository is a file .mainloop/automations/name.yaml on its default branch.';
      out(all, all.length === 0 ? none : all.map(ruleFileText).join('\n'));
    });
  automations
    .command('approve')
    .description('approve a rule of a repository, exactly as `files` shows it')
    .argument('<digest>', 'as `files` says it')
    .action(async (digest: string) => {
      const saved = await api().call('approveAutomation', { body: { digest } });
      out(saved, `${plainLine(saved.sentence)}\nIt counts from now on: ${plainLine(saved.id)}`);
    });
}

function registerDryRun(automations: Command, { api, out }: Context): void {
  automations
    .command('dry-run')
    .description('what a file would have done in the last days; nothing is kept and nothing is done')
    .argument('<file>', '- reads it from the pipe')
    .option('--days <days>', 'how far back', '7')
    .action(async (file: string, { days }: { readonly days: string }) => {
      const body = { text: await readRule(file), days: Number(days) };
      const dry = await api().call('tryAutomation', { body });
      const times = dry.came.map(
        ({ seq, at, type, task }) =>
          `    ${String(seq)}  ${plainLine(at.slice(0, 16).replace('T', ' '))}  ${plainLine(type)}${task === null ? '' : `  ${plainLine(task)}`}`,
      );
      const looked = `Of ${dry.looked} events it would have come ${dry.times === 1 ? 'once' : `${dry.times} times`}.`;
      out(dry, [plainLine(dry.sentence), looked, ...times].join('\n'));
    });
}

function registerWhy(automations: Command, { api, out }: Context): void {
  automations
    .command('why')
    .description('why one came of an event, or did not')
    .argument('<id>')
    .argument('<event>', 'its number, as list and dry-run say it')
    .action(async (id: string, event: string) => {
      const why = await api().call('whyAutomation', { id, body: { seq: Number(event) } });
      // What stands before a line says within which other it is.
      const lines = why.lines.map((line) => `    ${' '.repeat(line.search(/\S|$/))}${plainLine(line)}`);
      out(why, [plainLine(why.says), ...lines].join('\n'));
    });
}
