// Verbs of the order in which tasks get their agents.
import { PRIORITIES, type Priority } from '@mainloop/models/flow/runs/dispatch';
import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import { plainLine } from '../terminal.ts';

/** `queue`, `priority`, `blocked-by`. */
export function registerOrder(program: Command, { api, out }: Context): void {
  program
    .command('queue')
    .description('why each task waits whose agent has not started yet')
    .action(async () => {
      const queued = await api().call('listQueued');
      out(
        queued,
        queued.length === 0
          ? 'No task waits for an agent.'
          : queued.map(({ taskId, sentence }) => `${plainLine(taskId)}  ${plainLine(sentence)}`).join('\n'),
      );
    });
  program
    .command('priority')
    .description('how urgent a task is; the more urgent gets the next agent')
    .argument('<task>')
    .addArgument(new Argument('<priority>').choices(PRIORITIES))
    .action(async (id: string, priority: Priority) => {
      await api().call('setPriority', { id, body: { priority } });
      out({ ok: true }, 'It counts at once.');
    });
  program
    .command('blocked-by')
    .description('which tasks have to end before an agent works on this one; without any it waits for none')
    .argument('<task>')
    .argument('[others...]')
    .action(async (id: string, blockedBy: string[]) => {
      await api().call('setBlockers', { id, body: { blockedBy } });
      out(
        { ok: true },
        blockedBy.length === 0 ? 'It waits for no other task.' : 'It waits until they have ended.',
      );
    });
}
