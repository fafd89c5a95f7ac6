// Verbs of guardrails: what no push may do, or only with a yes.
import { GuardrailSettings, resolveProjectSettings } from '@mainloop/models/contracts/settings';
import type { Guardrails } from '@mainloop/models/flow/guardrails/rules';
import { guardrailLines, triedWords } from '@mainloop/models/flow/guardrails/words';
import { Argument, type Command } from 'commander';
import { Refused } from '../client.ts';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { plainLine } from '../terminal.ts';
import { projectIdOf } from './find.ts';

const FIELDS = {
  never: 'neverPaths',
  ask: 'askPaths',
  files: 'changeFiles',
  lines: 'changeLines',
  over: 'overSize',
  secrets: 'secrets',
} as const satisfies Record<string, keyof Guardrails>;
type Field = keyof typeof FIELDS;

/** @param values as typed; `none` takes the rule away */
function typedAs(field: Field, values: readonly string[]): Partial<Record<keyof Guardrails, unknown>> {
  const name = FIELDS[field];
  const [first = ''] = values;
  switch (field) {
    case 'never':
    case 'ask':
      return { [name]: first === 'none' ? [] : values };
    case 'files':
    case 'lines':
      return { [name]: first === 'none' ? null : Number(first) };
    case 'over':
    case 'secrets':
      return { [name]: first === 'none' ? 'let' : first };
  }
}

/** @throws Refused with the sentence of what can't be taken */
function changeOf(field: Field, values: readonly string[]): z.infer<typeof GuardrailSettings> {
  const read = GuardrailSettings.safeParse(typedAs(field, values));
  if (!read.success) throw new Refused(read.error.issues[0]!.message);
  return read.data;
}

const saidOf = (of: string, rules: Guardrails): string =>
  [`${plainLine(of)}:`, ...guardrailLines(rules).map((line) => `  ${plainLine(line)}`)].join('\n');

/**
 * `guardrails` of all projects and of each, `guardrails set`, `guardrails dry-run`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerGuardrails(program: Command, { api, out }: Context): void {
  const guardrails = program
    .command('guardrails')
    .description('what no push of an agent may do, or only with a yes: of all projects, and of each')
    .action(async () => {
      const all = await api().call('getSettings');
      const projects = (await api().call('listProjects')).map(({ name, settings }) => ({
        name,
        rules: resolveProjectSettings(settings),
      }));
      const own = projects.filter(({ rules }) => guardrailLines(rules).length > 0);
      out(
        { all, projects },
        [saidOf('All projects', all), ...own.map((p) => saidOf(p.name, p.rules))].join('\n'),
      );
    });
  guardrails
    .command('set')
    .description('set one; the stricter of all projects and of the project itself counts')
    .addArgument(new Argument('<rule>').choices(Object.keys(FIELDS)))
    .argument('<values...>', 'paths such as infra/*, a number, ask or never; `none` takes it away')
    .option('--project <project>', 'owner/name; otherwise of all projects')
    .action(async (rule: Field, values: string[], options: { project?: string }) => {
      const body = changeOf(rule, values);
      const id = await projectIdOf(api(), options.project);
      if (id === null) await api().call('changeSettings', { body });
      else await api().call('changeProject', { id, body });
      out({ ok: true }, 'It counts from the next push on.');
    });
  guardrails
    .command('dry-run')
    .description('what those that are set would have stopped of the last pushes')
    .option('--project <project>', 'owner/name; otherwise of all projects')
    .option('--last <pushes>', 'how many pushes', '50')
    .action(async (options: { project?: string; last: string }) => {
      const id = await projectIdOf(api(), options.project);
      const body = { ...(id === null ? {} : { project: id }), last: Number(options.last) };
      const tried = await api().call('tryGuardrails', { body });
      const each = tried.stopped.map(({ title, sha, verdict, sentence }) =>
        plainLine(`${verdict === 'never' ? 'refused' : 'held'}  ${sha.slice(0, 7)}  ${title}: ${sentence}`),
      );
      out(tried, [triedWords(tried), ...each].join('\n'));
    });
}
