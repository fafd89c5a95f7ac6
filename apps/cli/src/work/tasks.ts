// Verbs that show tasks and what their agents print.
import { spentOf, type Holds } from '@mainloop/models/flow/runs/holds';
import { isEnded, TASK_STATES, type TaskState } from '@mainloop/models/flow/states';
import { Option, type Command } from 'commander';
import type { Api } from '../client.ts';
import type { Context } from '../context.ts';
import { withEvidence } from './find.ts';
import { collisionLine, indent, itemText, knowsLine, outputLine, taskLine } from '../show.ts';
import { plainLine, plainLines } from '../terminal.ts';

/**
 * `tasks`, `task`, `logs`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerTasks(program: Command, context: Context): void {
  registerLists(program, context);
  registerLogs(program, context);
}

async function holdsNow(api: Api): Promise<Holds> {
  const [pause, accounts, queued] = await Promise.all([
    api.call('getPause'),
    api.call('listLimits'),
    api.call('listQueued'),
  ]);
  return { paused: pause.since != null, spent: spentOf(accounts), queued };
}

function registerLists(program: Command, { api, out }: Context): void {
  program
    .command('tasks')
    .description('list tasks')
    .addOption(new Option('--state <state>', 'only those in it').choices([...TASK_STATES]))
    .action(async (options: { state?: TaskState }) => {
      const list = await api().call('listTasks', { query: { state: options.state } });
      const holds = await holdsNow(api());
      out(
        list,
        list.length === 0
          ? 'No tasks yet. Say what you want with mainloop chat.'
          : list.map((task) => taskLine(task, holds)).join('\n'),
      );
    });

  program
    .command('task')
    .description('one task with its plan and open items')
    .argument('<task>')
    .action(async (id: string) => {
      const task = await api().call('getTask', { id });
      const open = task.items.filter((item) => item.state === 'open');
      const items = await Promise.all(open.map((item) => withEvidence(api(), item)));
      out(
        task,
        [
          taskLine(task, await holdsNow(api())),
          task.prUrl ? `    ${plainLine(task.prUrl)}` : '',
          ...task.collisions.map(collisionLine),
          knowsLine(task.knows),
          task.plan ? `\n${indent(plainLines(task.plan))}\n` : '',
          ...items.map((item) => itemText({ ...item, plan: null })),
        ]
          .filter(Boolean)
          .join('\n'),
      );
    });
}

function registerLogs(program: Command, { api, out }: Context): void {
  program
    .command('logs')
    .description("what a task's agent prints")
    .argument('<task>')
    .option('-f, --follow', 'go on as it prints')
    .action(async (id: string, options: { follow?: boolean }) => {
      const shown = new Map<string, number>();
      for (;;) {
        const task = await api().call('getTask', { id });
        for (const run of task.runs) await printRun(run.id, shown);
        if (!options.follow || isEnded(task.state)) return;
        await new Promise((res) => setTimeout(res, 700));
      }
    });
  const printRun = async (runId: string, shown: Map<string, number>): Promise<void> => {
    for (;;) {
      const from = shown.get(runId) ?? 0;
      const read = await api().call('readOutput', { id: runId, query: { from } });
      const whole = read.text.slice(0, read.text.lastIndexOf('\n') + 1);
      if (whole === '') return;
      shown.set(runId, from + Buffer.byteLength(whole));
      for (const line of whole.split('\n').filter(Boolean)) {
        const text = outputLine(line);
        if (text !== null) out(parsed(line), text);
      }
    }
  };
}

/** A line of output; one that is no JSON is data all the same. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A line that another program printed.
    return { text: line };
  }
}
