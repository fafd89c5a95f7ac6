// Which route a verb asks, where what it is given may be of two kinds: by what there is, never by how an id looks.
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import type { Api } from './client.ts';
import { registerWork } from './work.ts';

const THERE: Readonly<Record<string, unknown>> = {
  listProposals: [{ id: 'one' }],
  listInbox: [{ id: 't-two', kind: 'failure' }],
  getTask: {
    items: [
      { id: 'old', kind: 'failure', state: 'answered' },
      { id: 'its-item', kind: 'failure', state: 'open' },
    ],
  },
};

async function* none(): AsyncGenerator<string> {}

async function asked(...words: string[]): Promise<unknown[]> {
  const calls: unknown[] = [];
  const call: Api['call'] = (name, ...[sends]) => {
    if (!(name in THERE) || name === 'getTask')
      calls.push([name, (sends as { id?: string } | undefined)?.id]);
    return Promise.resolve((THERE[name] ?? {}) as never);
  };
  const program = new Command('mainloop').exitOverride();
  registerWork(program, {
    api: () => ({ call, lines: none, stream: () => Promise.resolve() }),
    out: () => undefined,
    say: () => undefined,
  });
  await program.parseAsync(words, { from: 'user' });
  return calls;
}

test.each([
  [['decline', 'one'], [['declineProposal', 'one']]],
  [['decline', 'p-held'], [['decide', 'p-held']]],
  [['retry', 't-two'], [['decide', 't-two']]],
  [['retry', 'three'], [['getTask', 'three'], ['decide', 'its-item']]], // prettier-ignore
])('mainloop %j', async (words, calls) => {
  expect(await asked(...words)).toEqual(calls);
});
