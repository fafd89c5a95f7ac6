// Verbs that steer what works: one task, or everything.
import { pausedWords } from '@mainloop/models/flow/runs/paused';
import type { Command } from 'commander';
import type { Context } from '../context.ts';

/**
 * `tell`, `pause`, `pause-all`, `resume-all`, `cancel`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerSteering(program: Command, { api, out }: Context): void {
  program
    .command('tell')
    .description('say something to a task; a running agent receives it before its next model call')
    .argument('<task>')
    .argument('<text...>')
    .action(async (id: string, words: string[]) => {
      const result = await api().call('steerTask', { id, body: { text: words.join(' ') } });
      out(
        result,
        result.heard === 'now'
          ? 'Said. The agent hears it before its next step.'
          : 'Kept. The next run of the agent starts with it.',
      );
    });

  program
    .command('pause')
    .description(
      'stop the running agent where it stands, or take out what waits to be merged; `retry` goes on',
    )
    .argument('<task>')
    .action(async (id: string) => {
      await api().call('pauseTask', { id });
      out(
        { ok: true },
        'Stopping. What it did is kept; `mainloop retry` goes on, and what waited to be merged is offered again.',
      );
    });

  program
    .command('pause-all')
    .description(
      'pause everything: agents stop within ten seconds and keep what they did; nothing starts or is merged',
    )
    .action(async () => {
      const now = await api().call('pauseAll', { body: { via: 'cli' } });
      out(now, `${pausedWords(now)} \`mainloop resume-all\` lets it go on.`);
    });

  program
    .command('resume-all')
    .description('resume everything: what pause-all stopped goes on, what waited starts')
    .action(async () => {
      const now = await api().call('resumeAll', { body: { via: 'cli' } });
      out(now, now.queued === 0 ? 'Resumed. Nothing was waiting.' : `Resumed. ${countWords(now.queued)} on.`);
    });

  program
    .command('model')
    .description('go on with another model; a task that waits for a usage limit goes on at once')
    .argument('<task>')
    .argument('<model>')
    .action(async (id: string, model: string) => {
      await api().call('changeModel', { id, body: { model } });
      out({ ok: true }, 'The next run goes on with it.');
    });

  program
    .command('cancel')
    .description('cancel a task: closes issue, pull request, branch and sandbox')
    .argument('<task>')
    .action(async (id: string) => {
      await api().call('cancelTask', { id });
      out({ ok: true }, 'Cancelling.');
    });
}

const countWords = (tasks: number): string => (tasks === 1 ? 'One task goes' : `${tasks} tasks go`);
