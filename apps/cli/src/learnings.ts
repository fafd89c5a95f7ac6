// Verbs about what agents learn, which do what the page of it and the campfire do.
import type { Answer } from '@mainloop/models/contracts/routes';
import { NOT_NOW_WORDS } from '@mainloop/models/flow/learnings/campfire';
import { usedWords } from '@mainloop/models/flow/learnings/citations';
import type { StandsOn } from '@mainloop/models/flow/learnings/fading';
import type { LearningDecision } from '@mainloop/models/flow/learnings/learnings';
import type { Command } from 'commander';
import { Refused } from './client.ts';
import type { Context } from './context.ts';
import { plainLine } from './terminal.ts';
import { projectIdOf } from './work/find.ts';

type Learning = Answer<'listLearnings'>[number];

interface Text {
  readonly why?: string;
  readonly path?: string;
}
interface NewText extends Text {
  readonly project?: string;
}

/** In the order in which they are shown. */
const GROUPS: readonly (readonly [string, string])[] = [
  ['proposed', 'Waiting for you'],
  ['approved', 'Agents go by'],
  ['noted', 'Said once'],
  ['retired', 'No more'],
  ['rejected', 'Never'],
];

/** @returns all rules by what became of them, with what to type for those that wait */
function learningsText(all: readonly Learning[]): string {
  const groups = GROUPS.flatMap(([state, title]) => {
    const here = all.filter((l) => l.state === state);
    return here.length === 0 ? [] : [`${title}\n${here.map(learningText).join('\n')}`];
  });
  return groups.length === 0 ? 'Nothing was learned yet.' : groups.join('\n\n');
}

/** Why agents are not given one that was approved, and what can be done. */
const FADED: Readonly<Record<StandsOn, (id: string) => string>> = {
  files: () => 'faded: the files it is about are gone, so agents no longer get it',
  comments: (id) => `faded: the comments it came from were deleted   mainloop learnings keep ${id}`,
};

function learningText(l: Learning): string {
  const about = [l.author, l.project ?? 'all projects', ...(l.path === null ? [] : [l.path])];
  const lines = [`  ${plainLine(l.id)}  ${plainLine(l.rule)}`, `      ${about.map(plainLine).join(' · ')}`];
  if (l.state === 'approved' && l.faded !== null) lines.push(`      ${FADED[l.faded](plainLine(l.id))}`);
  const used = usedWords(l);
  if (l.state === 'approved' && used !== '') lines.push(`      ${used}`);
  if (l.state === 'approved' && l.always) lines.push('      every agent is told this');
  if (l.url !== null) lines.push(`      ${plainLine(l.url)}`);
  if (l.sameAs !== null)
    lines.push(
      `      the same as ${plainLine(l.sameAs)}?   mainloop learnings same ${plainLine(l.id)}   or   apart`,
    );
  if (l.against.length > 0) lines.push(`      says the opposite of ${l.against.map(plainLine).join(', ')}`);
  if (l.state === 'proposed')
    lines.push(`      mainloop learnings approve ${plainLine(l.id)}   or   later, never`);
  return lines.join('\n');
}

/** Two rules that say the opposite, once. */
const pairsOf = (all: readonly Learning[]): (readonly [Learning, Learning])[] =>
  all.flatMap((one, i) =>
    all.slice(i + 1).flatMap((other) => (one.against.includes(other.id) ? [[one, other] as const] : [])),
  );

function pairText([one, other]: readonly [Learning, Learning]): string {
  const lines = [one, other].flatMap((l) => {
    const goes = l.state === 'approved' ? 'retire' : 'never';
    return [
      `  ${plainLine(l.id)}  ${plainLine(l.rule)}`,
      `      ${l.state === 'approved' ? 'agents go by it' : 'waits for you'}   without it: mainloop learnings ${goes} ${plainLine(l.id)}`,
    ];
  });
  return [
    ...lines,
    `      both hold: mainloop learnings apart ${plainLine(one.id)} ${plainLine(other.id)}`,
  ].join('\n');
}

/** `learnings`, and its `add`, `approve`, `edit`, `later`, `never`, `retire`, `restore`. */
export function registerLearnings(program: Command, { api, out }: Context): void {
  const learnings = program
    .command('learnings')
    .description('what agents learned, and which rules they go by')
    .action(async () => {
      const all = await api().call('listLearnings');
      out(all, learningsText(all));
    });
  learnings
    .command('add')
    .description('write a rule; it counts at once')
    .argument('<rule...>')
    .option('--why <why>', 'its reason')
    .option('--path <pattern>', 'of the files that it is about')
    .option('--project <project>', 'owner/name; otherwise of all projects')
    .action(async (words: string[], { project, ...text }: NewText) => {
      const projectId = project === undefined ? null : await projectIdOf(api(), project);
      const body = { rule: words.join(' '), projectId, ...text };
      out(await api().call('addLearning', { body }), 'Agents go by it from now on.');
    });
  const verb = (name: string, decision: LearningDecision, says: string, done: string): void =>
    void learnings
      .command(name)
      .description(says)
      .argument('<rule>', 'as mainloop learnings lists it')
      .action(async (id: string) =>
        out(await api().call('decideLearning', { id, body: { decision } }), done),
      );
  learnings
    .command('approve')
    .description('agents go by it from now on, in other words if you say some')
    .argument('<rule>', 'as mainloop learnings lists it')
    .argument('[words...]')
    .action(async (id: string, words: string[]) => {
      const rule = words.join(' ');
      const body = { decision: 'approve', ...(rule === '' ? {} : { rule }) } as const;
      out(await api().call('decideLearning', { id, body }), 'Approved. Agents go by it from now on.');
    });
  learnings
    .command('edit')
    .description('say it in other words; whether it counts stays as it is')
    .argument('<rule>', 'as mainloop learnings lists it')
    .argument('<words...>')
    .option('--why <why>', 'its reason')
    .option('--path <pattern>', 'of the files that it is about')
    .action(async (id: string, words: string[], text: Text) => {
      const body = { decision: 'edit', rule: words.join(' '), ...text } as const;
      out(await api().call('decideLearning', { id, body }), 'Changed.');
    });
  verb('always', 'always', 'tell it to every agent, whatever it is about to do', 'Every agent is told it.');
  verb('sometimes', 'sometimes', 'give it where it fits', 'Agents are given it where it fits.');
  verb('keep', 'edit', 'stand for one that faded with its comments', 'Kept. Agents go by it again.');
  verb('later', 'later', 'not now', NOT_NOW_WORDS);
  verb('never', 'reject', 'it is no rule, and the like of it is not asked about again', 'Never.');
  verb('retire', 'retire', 'agents go by it no more', 'Agents go by it no more.');
  registerReading(learnings, { api, out });
  const ofTwo = (name: 'same' | 'apart', says: string, done: string): void =>
    void learnings
      .command(name)
      .description(says)
      .argument('<rule>', 'as mainloop learnings lists it')
      .argument('[other]', 'the other one; without it, the one that is named there')
      .action(async (id: string, to: string | undefined) => {
        const body = { decision: name, ...(to === undefined ? {} : { to }) };
        out(await api().call('decideLearning', { id, body }), done);
      });
  ofTwo('same', 'another rule says it already, so it counts for that', 'It counts for the other one.');
  ofTwo('apart', 'it is not the same as another rule, or no opposite of it: both hold', 'They stay two.');
  learnings
    .command('restore')
    .description('make it what it was before its last decision, or before another one')
    .argument('<rule>', 'as mainloop learnings lists it')
    .option('--version <number>', 'counted from 0, the oldest')
    .action(async (id: string, options: { version?: string }) => {
      const version = options.version === undefined ? undefined : Number(options.version);
      if (version !== undefined && !Number.isInteger(version))
        throw new Refused('A version is a number, like 0.');
      const body = { decision: 'restore', ...(version === undefined ? {} : { version }) } as const;
      out(await api().call('decideLearning', { id, body }), 'It is what it was.');
    });
}

/** `learnings mine` and `opposites`. */
function registerReading(learnings: Command, { api, out }: Pick<Context, 'api' | 'out'>): void {
  learnings
    .command('mine')
    .description('read old reviews of a project for rules: its newest 300 comments on lines, without a model')
    .argument('<project>', 'owner/name')
    .action(async (project: string) => {
      const id = (await projectIdOf(api(), project))!;
      const body = await api().call('mineReviews', { id });
      out(body, 'They are being read. What came up in two pull requests waits for you: mainloop learnings');
    });
  learnings
    .command('opposites')
    .description('pairs that say the opposite, until you keep one or say that both hold')
    .action(async () => {
      const all = await api().call('listLearnings');
      const pairs = pairsOf(all);
      out(pairs, pairs.length === 0 ? 'No two rules say the opposite.' : pairs.map(pairText).join('\n\n'));
    });
}
