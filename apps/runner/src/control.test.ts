// What reaches the agent of what others say to it: once each, and with the name of who said it.
import { expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { Control } from './control.ts';

/** An agent that notes what it reads. */
function agent(): { readonly child: ChildProcess; readonly read: string[] } {
  const read: string[] = [];
  const write = (line: string): void =>
    void read.push((JSON.parse(line) as { message: { content: string } }).message.content);
  return { child: { stdin: { write }, kill: () => true } as unknown as ChildProcess, read };
}

test('what a person says and what mainloop tells is heard once, in order, by the name of who said it', () => {
  const control = new Control(() => undefined);
  const { child, read } = agent();
  control.obey(1, { type: 'steer', text: 'Keep the old name.' });
  control.obey(1, { type: 'steer', text: 'Keep the old name.' });
  expect(read).toEqual([]);
  control.attach(child);
  control.obey(2, { type: 'steer', by: 'mainloop', text: 'Another task changes a.ts.' });
  control.obey(1, { type: 'steer', text: 'Keep the old name.' });
  expect(read).toEqual([
    'The reader says:\nKeep the old name.',
    'mainloop tells you:\nAnother task changes a.ts.',
  ]);
});

test('what comes when its turn is over is for the next run', () => {
  const control = new Control(() => undefined);
  const { child, read } = agent();
  control.attach(child);
  control.deafen();
  control.obey(1, { type: 'steer', text: 'Too late.' });
  expect(read).toEqual([]);
});
