// Verbs of skills.
import { placesIn, usageOf } from '@mainloop/models/flow/conversation/skills';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { skillText } from '../show.ts';
import { projectIdOf } from './find.ts';

/**
 * `skill`, `skill run`, `skill save`, `skill remove`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerSkills(program: Command, { api, out }: Context): void {
  const skill = program
    .command('skill')
    .description('skills: prompts that are saved under a name')
    .action(async () => {
      const list = await api().call('listSkills');
      out(
        list,
        list.length === 0
          ? 'No skills yet. mainloop skill save NAME "what it does, with {{places}}".'
          : list.map(skillText).join('\n'),
      );
    });
  skill
    .command('run')
    .description('propose what a skill says: name=value, as in the chat behind /name')
    .argument('<name>')
    .argument('[given...]')
    .option('--project <project>', "owner/name, instead of the skill's own")
    .action(async (name: string, given: string[], options: { project?: string }) => {
      const body = {
        given: given.map(quoted).join(' '),
        projectId: await projectIdOf(api(), options.project),
      };
      const run = await api().call('runSkill', { name, body });
      out(run, `Proposed. mainloop confirm ${run.proposalId} starts it.`);
    });

  skill
    .command('save')
    .description('save a prompt under a name; each {{place}} in it becomes a parameter')
    .argument('<name>')
    .argument('<prompt>')
    .option('--project <project>', 'owner/name, where it works')
    .option('--default <name=value...>', 'what counts where nothing is given')
    .action(async (name: string, prompt: string, options: { project?: string; default?: string[] }) => {
      const fallbacks = new Map((options.default ?? []).map((pair) => splitAt(pair, '=')));
      const parameters = placesIn(prompt).map((place) => ({
        name: place,
        kind: 'text' as const,
        ...(fallbacks.has(place) ? { fallback: fallbacks.get(place) } : {}),
      }));
      const body = { name, prompt, parameters, projectId: await projectIdOf(api(), options.project) };
      const result = await api().call('saveSkill', { body });
      out(result, `Saved. Call it in the chat: ${usageOf({ name, parameters })}`);
    });

  skill
    .command('remove')
    .description('remove a skill')
    .argument('<name>')
    .action(async (name: string) => {
      await api().call('removeSkill', { name });
      out({ ok: true }, 'Removed.');
    });
}

/**
 * As `/name` takes it in the chat.
 * @param word one argument of the command line: a name, or `name=value`
 * @returns in quotes where it has blanks
 */
export const quoted = (word: string): string => {
  if (!/\s/.test(word)) return word;
  const [name, value] = splitAt(word, '=');
  return /^\w+$/.test(name) && value !== '' ? `${name}="${value}"` : `"${word}"`;
};

const splitAt = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};
