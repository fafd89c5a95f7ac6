// Verbs of the comments on a change. A comment is a draft until the review is sent with `mainloop revise`.
import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { Refused } from '../client.ts';
import type { Context } from '../context.ts';
import { indent } from '../show.ts';
import { plainLine, plainLines } from '../terminal.ts';

interface Place {
  readonly file?: string;
  readonly line?: string;
  readonly side: 'old' | 'new';
}

/** `comments`, and `comments add`, `edit`, `drop`, `resolve`, `reopen`. */
export function registerComments(program: Command, { api, out }: Context): void {
  const comments = program
    .command('comments')
    .description('comments on the change of a task, and what the agent answered')
    .argument('<task>')
    .action(async (id: string) => {
      const all = await api().call('listComments', { id });
      const texts = all.map((c) => {
        const where = c.path === null ? 'all of it' : `${c.path}${c.line === null ? '' : `:${c.line}`}`;
        const answer = c.answer === null ? '' : `\n    ->\n${indent(plainLines(c.answer))}`;
        return `${plainLine(`${c.id}  ${c.state}  ${c.author}, ${where}`)}\n${indent(plainLines(c.body))}${answer}`;
      });
      out(all, texts.length === 0 ? 'Nobody has commented on it.' : texts.join('\n\n'));
    });
  comments
    .command('add')
    .description('comment on a change; a draft, until mainloop revise sends it')
    .argument('<task>')
    .argument('<text...>')
    .option('--file <path>', 'otherwise it is about all of the change')
    .option('--line <number>')
    .addOption(
      new Option('--side <side>', '`old`: the file before the change').choices(['old', 'new']).default('new'),
    )
    .action(async (id: string, words: string[], { file, line, side }: Place) => {
      if (line !== undefined && !/^[1-9]\d*$/.test(line)) throw new Refused('A line is a number, from 1.');
      const place = { path: file ?? null, line: line === undefined ? null : Number(line), side };
      await api().call('addComment', { id, body: { id: randomUUID(), text: words.join(' '), ...place } });
      out({ ok: true }, 'Kept as a draft. mainloop revise sends it with the review.');
    });
  comments
    .command('edit')
    .description('change the text of a draft')
    .argument('<comment>')
    .argument('<text...>')
    .action(async (id: string, words: string[]) => {
      await api().call('editComment', { id, body: { text: words.join(' ') } });
      out({ ok: true }, 'Changed.');
    });
  comments
    .command('drop')
    .description('take a draft back')
    .argument('<comment>')
    .action(async (id: string) => {
      await api().call('dropComment', { id });
      out({ ok: true }, 'Taken back.');
    });
  for (const [verb, resolved, done] of [
    ['resolve', true, 'Resolved.'],
    ['reopen', false, 'Open again.'],
  ] as const)
    comments
      .command(verb)
      .description(resolved ? 'resolve a thread' : 'open a thread again')
      .argument('<comment>')
      .action(async (id: string) => {
        await api().call('resolveComment', { id, body: { resolved } });
        out({ ok: true }, done);
      });
}
