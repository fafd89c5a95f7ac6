// Verbs of proposals. `decline` also refuses what is held back, whatever its kind.
import { PRIORITIES, type Priority } from '@mainloop/models/flow/runs/dispatch';
import type { Decision } from '@mainloop/models/flow/workflow';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { Refused } from '../client.ts';
import { proposalText } from '../show.ts';
import { plainLine } from '../terminal.ts';
import { kindOf } from './find.ts';

interface ProposeOptions {
  readonly title?: string;
  readonly justDoIt?: true;
  readonly priority?: Priority;
  readonly blockedBy?: string[];
}
const priorityOption = (): Option =>
  new Option('--priority <priority>', 'how urgent it is').choices([...PRIORITIES]);

/**
 * `proposals`, `confirm`, `decline`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerProposals(program: Command, { api, out }: Context): void {
  program
    .command('proposals')
    .description('proposals that wait for a yes or no')
    .action(async () => {
      const list = await api().call('listProposals');
      out(list, list.length === 0 ? 'No proposals are open.' : list.map(proposalText).join('\n\n'));
    });

  program
    .command('propose')
    .description('propose a task without asking the chat model; nothing runs before confirm')
    .argument('<project>', 'owner/name')
    .argument('<words...>', 'what should be done')
    .option('--title <title>')
    .option('--just-do-it', 'without a plan to approve')
    .addOption(priorityOption())
    .option('--blocked-by <task...>', 'tasks that have to end before it begins')
    .action(async (name: string, words: string[], options: ProposeOptions) => {
      const project = (await api().call('listProjects')).find((each) => each.name === name);
      if (!project) throw new Refused(`There is no project ${name}. mainloop projects lists them.`);
      const { proposalId } = await api().call('proposeTask', {
        body: {
          projectId: project.id,
          prompt: words.join(' '),
          ...(options.title === undefined ? {} : { title: options.title }),
          ...(options.justDoIt === undefined ? {} : { skipPlan: options.justDoIt }),
          ...(options.priority === undefined ? {} : { priority: options.priority }),
          ...(options.blockedBy === undefined ? {} : { blockedBy: options.blockedBy }),
        },
      });
      out({ proposalId }, `Proposed. It starts with:\n    mainloop confirm ${proposalId}`);
    });

  program
    .command('confirm')
    .description('start a proposed task')
    .argument('<proposal>')
    .addOption(priorityOption())
    .option('--blocked-by <task...>', 'tasks that have to end before it begins')
    .action(async (id: string, edits: Pick<ProposeOptions, 'priority' | 'blockedBy'>) => {
      const proposal = (await api().call('listProposals')).find((x) => x.id === id);
      if (!proposal) throw new Refused('This proposal is not open. mainloop proposals lists those that are.');
      const result = await api().call('confirmProposal', {
        id,
        body: { digest: proposal.digest, ...(Object.keys(edits).length === 0 ? {} : { edits }) },
      });
      out(result, `Started: ${plainLine(result.taskId)}`);
    });

  program
    .command('decline')
    .description('decline a proposal, refuse what is held back, or stop a task whose pull request was closed')
    .argument('<id>')
    .option('--keep-branch', 'of a task that is stopped')
    .action(async (id: string, options: { keepBranch?: boolean }) => {
      const kind = await kindOf(api(), id);
      const isProposal = kind === 'closed' && (await api().call('listProposals')).some((p) => p.id === id);
      if (isProposal) await api().call('declineProposal', { id });
      else
        await api().call('decide', {
          id,
          body: { decision: kind === 'pr_closed' ? stopped(options) : 'deny', via: 'cli' },
        });
      out({ ok: true }, DECLINED_WORDS.get(kind) ?? 'Declined.');
    });
}

const stopped = (options: { keepBranch?: boolean }): Decision =>
  options.keepBranch === true ? 'keep' : 'stop';

const DECLINED_WORDS: ReadonlyMap<string, string> = new Map([
  ['ci_files', 'Refused.'],
  ['guardrail', 'Refused.'],
  ['gate', 'Not allowed. Claude sees to it.'],
  ['permission', 'Refused. Claude tries another way.'],
  ['pr_closed', 'Stopped.'],
]);
