// Verbs of the conversation.
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { Refused } from '../client.ts';
import { foundText, proposalText } from '../show.ts';
import { plainLines } from '../terminal.ts';

/**
 * `chat` waits for the reply, `search` looks through all that was said.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerChat(program: Command, { api, out }: Context): void {
  program
    .command('chat')
    .description('say something and wait for the reply')
    .argument('<text...>')
    .action(async (words: string[]) => {
      const { turnId } = await api().call('sendMessage', { body: { text: words.join(' ') } });
      const reply = await until(
        async () =>
          (await api().call('listMessages')).find((m) => m.turnId === turnId && m.role === 'assistant'),
        180_000,
        'The reply takes longer than three minutes. It will be in the chat.',
      );
      const cards = await api().call('listProposals');
      out(
        { reply: reply.text, proposals: cards },
        [plainLines(reply.text), ...cards.map(proposalText)].join('\n\n'),
      );
    });

  program
    .command('search')
    .description('find what was said and which tasks there were, however long ago')
    .argument('<words...>')
    .option('--from <day>', 'said on this day or later, as 2026-11-26')
    .option('--to <day>', 'said on this day or earlier')
    .action(async (words: string[], options: { from?: string; to?: string }) => {
      const found = await api().call('search', { query: { q: words.join(' '), ...options } });
      out(found, foundText(found));
    });
}

async function until<T>(look: () => Promise<T | undefined>, ms: number, late: string): Promise<T> {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((r) => setTimeout(r, 200));
  }
  throw new Refused(late);
}
