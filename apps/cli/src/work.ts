// Verbs about the work: chat, proposals, tasks, inbox.
import { minutesUntil } from '@mainloop/models/flow/later';
import { lookWords, projectAt, pullWords } from '@mainloop/models/flow/folders';
import { waitsWords } from '@mainloop/models/flow/waits';
import { PERIOD_FIELD, PERIODS, type Period } from '@mainloop/models/flow/money';
import { placesIn, usageOf } from '@mainloop/models/flow/skills';
import { pausedWords } from '@mainloop/models/flow/paused';
import { isEnded, TASK_STATES, type TaskState } from '@mainloop/models/flow/states';
import { TEMPLATE_PARTS } from '@mainloop/models/flow/template';
import type { Decision } from '@mainloop/models/flow/workflow';
import type { Answer, Sends } from '@mainloop/models/contracts/routes';
import { Argument, Option, type Command } from 'commander';
import type { Context } from './context.ts';
import { Refused } from './client.ts';
import {
  foundText,
  itemText,
  limitText,
  outputLine,
  passedOver,
  passedText,
  proposalText,
  skillText,
  taskLine,
} from './show.ts';
import { plainLines } from './terminal.ts';

export function registerWork(program: Command, { api, out }: Context): void {
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

  program
    .command('proposals')
    .description('proposals that wait for a yes or no')
    .action(async () => {
      const list = await api().call('listProposals');
      out(list, list.length === 0 ? 'No proposals are open.' : list.map(proposalText).join('\n\n'));
    });

  program
    .command('confirm')
    .description('start a proposed task')
    .argument('<proposal>')
    .action(async (id: string) => {
      const proposal = (await api().call('listProposals')).find((x) => x.id === id);
      if (!proposal) throw new Refused('This proposal is not open. mainloop proposals lists those that are.');
      const result = await api().call('confirmProposal', { id, body: { digest: proposal.digest } });
      out(result, `Started: ${result.taskId}`);
    });

  program
    .command('decline')
    .description('decline a proposal, refuse what is held back, or stop a task whose pull request was closed')
    .argument('<id>')
    .option('--keep-branch', 'of a task that is stopped')
    .action(async (id: string, options: { keepBranch?: boolean }) => {
      const kind = await kindOf(id);
      const isProposal = kind === 'closed' && (await api().call('listProposals')).some((p) => p.id === id);
      if (isProposal) await api().call('declineProposal', { id });
      else
        await api().call('decide', {
          id,
          body: { decision: kind === 'pr_closed' ? stopped(options) : 'deny', via: 'cli' },
        });
      out({ ok: true }, DECLINED_WORDS.get(kind) ?? 'Declined.');
    });

  const projects = program
    .command('projects')
    .description('list projects')
    .action(async () => {
      const list = await api().call('listProjects');
      out(
        list,
        list.length === 0
          ? 'No projects yet. mainloop projects add owner/name, or the path of a git folder.'
          : list.map((p) => (p.localPath === null ? p.name : `${p.name}\n    ${p.localPath}`)).join('\n'),
      );
    });
  projects
    .command('add')
    .description('add a GitHub repository (owner/name), a folder of one, or a git folder of this machine')
    .argument('<source>')
    .option('--folder <folder>', 'of the repository, when the project is only that: several may share one')
    .action(async (source: string, options: { folder?: string }) => {
      const { resolve } = await import('node:path');
      const project = await api().call('addProject', {
        body: {
          source: /^[/~.]/.test(source)
            ? resolve(source.replace(/^~(?=\/|$)/, process.env.HOME ?? '~'))
            : source,
          ...(options.folder === undefined ? {} : { folder: options.folder }),
        },
      });
      const said = [
        lookWords(project.name, project.look ?? { outcome: 'added', commits: 0 }),
        project.unreadable ?? '',
      ]
        .filter((x) => x !== '')
        .join(' ');
      out(
        project,
        project.localPath === null
          ? said
          : `${said} Merged work comes back with:\n    mainloop pull ${project.name}`,
      );
    });
  program
    .command('pull')
    .description('bring merged work back into the folder that a project is, with your own git')
    .argument('[project]', 'owner/name; otherwise the folder that you are in')
    .action(async (repo: string | undefined) => {
      const { realpathSync } = await import('node:fs');
      const { spawnSync } = await import('node:child_process');
      const folders = (await api().call('listProjects')).filter((p) => p.localPath !== null);
      const project =
        repo === undefined ? projectAt(realpathSync('.'), folders) : folders.find((x) => x.name === repo);
      if (!project)
        throw new Refused(
          repo === undefined
            ? 'The folder that you are in is no project. mainloop projects lists those that are.'
            : `There is no folder of this machine called ${repo}. mainloop projects lists them.`,
        );
      const [git, ...words] = pullWords(project);
      const { status, error } = spawnSync(git!, words, { stdio: ['inherit', 2, 2] });
      if (error) throw new Refused(`git could not be started: ${error.message}`);
      if (status !== 0)
        throw new Refused('git did not bring it back. What it said stands above; nothing of yours was lost.');
      out(project, `${project.localPath} has what was merged.`);
    });

  program
    .command('init-repo')
    .description(
      'propose CI, a linter, a preview of each pull request and a database for it, as one pull request',
    )
    .argument('<project>', 'owner/name, or owner/name/folder')
    .addOption(new Option('--only <parts...>', 'some of them').choices([...TEMPLATE_PARTS]))
    .action(async (repo: string, options: { only?: Sends<'initProject'>['body']['parts'] }) => {
      const project = (await api().call('listProjects')).find((p) => p.name === repo);
      if (!project) throw new Error(`There is no project ${repo}. mainloop projects add ${repo} adds it.`);
      const result = await api().call('initProject', {
        id: project.id,
        body: options.only ? { parts: options.only } : {},
      });
      out(
        result,
        `Proposed. Look at it with mainloop proposals, start it with mainloop confirm ${result.proposalId}`,
      );
    });

  program
    .command('tasks')
    .description('list tasks')
    .addOption(new Option('--state <state>', 'only those in it').choices([...TASK_STATES]))
    .action(async (options: { state?: TaskState }) => {
      const list = await api().call('listTasks', { query: { state: options.state } });
      out(
        list,
        list.length === 0
          ? 'No tasks yet. Say what you want with mainloop chat.'
          : list.map(taskLine).join('\n'),
      );
    });

  program
    .command('task')
    .description('one task with its plan and open items')
    .argument('<task>')
    .action(async (id: string) => {
      const task = await api().call('getTask', { id });
      out(
        task,
        [
          taskLine(task),
          task.prUrl ? `    ${task.prUrl}` : '',
          task.plan ? `\n${plainLines(task.plan)}\n` : '',
          ...task.items.filter((i) => i.state === 'open').map((i) => itemText({ ...i, plan: null })),
        ]
          .filter(Boolean)
          .join('\n'),
      );
    });

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

  program
    .command('inbox')
    .description('what needs you')
    .action(async () => {
      const [list, cards, { waiting }] = await Promise.all([
        api().call('listInbox'),
        api().call('listProposals'),
        api().call('countWaiting'),
      ]);
      const paused = pausedWords(await api().call('getPause'));
      out(
        list,
        [paused, waitsWords(waiting), ...list.map(itemText), ...cards.map(proposalText)]
          .filter((line) => line !== '')
          .join('\n\n'),
      );
    });

  const decide = async (id: string, decision: Decision, text: string, done: string): Promise<void> => {
    const result = await api().call('decide', { id, body: { decision, text, via: 'cli' } });
    out(result, done);
  };
  const kindOf = async (id: string): Promise<Answer<'listInbox'>[number]['kind'] | 'closed'> =>
    (await api().call('listInbox')).find((i) => i.id === id)?.kind ?? 'closed';
  program
    .command('answer')
    .description('answer a question')
    .argument('<item>')
    .argument('<text...>')
    .action((id: string, words: string[]) => decide(id, 'answer', words.join(' '), 'Answered.'));
  program
    .command('approve')
    .description(
      'approve a plan, merge a reviewed pull request, allow a held change to CI files, what a gate holds back, or open a closed pull request again',
    )
    .argument('<item>')
    .action(async (id: string) => {
      const kind = await kindOf(id);
      await decide(id, APPROVED.get(kind) ?? 'approve', '', APPROVED_WORDS.get(kind) ?? 'Approved.');
    });
  program
    .command('allow')
    .description('allow what an agent asks for, a held change to CI files, or what a gate holds back')
    .argument('<item>')
    .option('--task', 'for as long as this task goes on')
    .option('--project', 'for every task of this project')
    .action(async (id: string, options: { task?: boolean; project?: boolean }) => {
      if (options.task && options.project) throw new Refused('Say --task or --project, not both.');
      if (options.project) return decide(id, 'allow_project', '', 'Allowed for this project.');
      if (options.task) return decide(id, 'allow_task', '', 'Allowed for this task.');
      return decide(id, 'allow', '', 'Allowed.');
    });
  program
    .command('deny')
    .description('refuse what an agent asks for; it reads why not, or what to do instead')
    .argument('<item>')
    .argument('[why...]')
    .action((id: string, why: string[]) => decide(id, 'deny', why.join(' '), 'Refused.'));
  program
    .command('later')
    .description('put an item off; it comes back by itself')
    .argument('<item>')
    .argument('[hours]', 'for how long', '3')
    .option('--until <time>', 'until then, like 2027-01-31 or "2027-01-31 08:30"')
    .option('--ci', 'until CI of its task is done')
    .action(async (id: string, hours: string, options: { until?: string; ci?: boolean }) => {
      if (options.ci === true) {
        await api().call('snooze', { id, body: { minutes: 7 * 24 * 60, untilCi: true } });
        return out({ ok: true }, 'It comes back when CI is done.');
      }
      if (options.until !== undefined) {
        const minutes = minutesUntil(options.until, new Date());
        if (minutes === null)
          throw new Refused(
            'That is no time to come, within three months. Say it like 2027-01-31 or "2027-01-31 08:30".',
          );
        await api().call('snooze', { id, body: { minutes } });
        return out({ ok: true }, `It comes back on ${options.until}.`);
      }
      const minutes = Math.round(Number(hours) * 60);
      if (!(minutes >= 1)) throw new Refused('Hours should be a number, like 3 or 0.5.');
      await api().call('snooze', { id, body: { minutes } });
      out({ ok: true }, `It comes back in ${hours} h.`);
    });
  program
    .command('take')
    .description(
      'make a request of a comment on GitHub that started nothing; without a comment it lists those',
    )
    .argument('<task>')
    .argument('[comment]')
    .action(async (id: string, comment: string | undefined) => {
      if (comment === undefined) {
        const passed = passedOver(await api().call('listEvents', { id }));
        return out(
          passed,
          passed.length === 0 ? 'No comment was passed over.' : passed.map(passedText).join('\n\n'),
        );
      }
      await api().call('takeComment', { id: comment });
      out({ ok: true }, 'Taken as a request.');
    });
  program
    .command('revise')
    .description('say what to change in a plan or a pull request')
    .argument('<item>')
    .argument('<text...>')
    .action(async (id: string, words: string[]) =>
      decide(id, (await kindOf(id)) === 'review' ? 'changes' : 'revise', words.join(' '), 'Passed on.'),
    );
  program
    .command('retry')
    .description('go on with what failed')
    .argument('<item or task>')
    .action(async (id: string) => {
      const isItem = (await kindOf(id)) !== 'closed';
      const item = isItem
        ? id
        : (await api().call('getTask', { id })).items.find((i) => i.kind === 'failure' && i.state === 'open')
            ?.id;
      if (item === undefined) throw new Refused('Nothing has failed in this task.');
      await decide(item, 'retry', '', 'It goes on from where it failed.');
    });
  program
    .command('budget')
    .description('what a task may cost at most, in dollars')
    .argument('<task>')
    .argument('<dollars>')
    .action(async (id: string, dollars: string) => {
      await api().call('setBudget', { id, body: { budgetCents: Math.round(Number(dollars) * 100) } });
      out({ ok: true }, 'It counts at once.');
    });
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
      const body = { given: given.map(quoted).join(' '), projectId: await projectIdOf(options.project) };
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
      const body = { name, prompt, parameters, projectId: await projectIdOf(options.project) };
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
  const projectIdOf = async (name: string | undefined): Promise<string | null> => {
    if (name === undefined) return null;
    const found = (await api().call('listProjects')).find((p) => p.name === name);
    if (!found) throw new Refused('There is no such project. mainloop projects lists them.');
    return found.id;
  };
  const limits = program
    .command('limits')
    .description(
      'what all agents, and those of each project, may cost in a day, a week and a month, and what they did',
    )
    .action(async () => {
      const all = await api().call('listLimits');
      out(all, all.map(limitText).join('\n'));
    });
  limits
    .command('set')
    .description('set such a limit, in dollars; it counts at once, and what waits for it looks again')
    .addArgument(new Argument('<period>').choices(PERIODS))
    .argument('<dollars>', '`none` for no limit')
    .option('--project <project>', 'owner/name; otherwise of all agents')
    .action(async (period: Period, amount: string, options: { project?: string }) => {
      const cents = amount === 'none' ? null : Math.round(Number(amount) * 100);
      const body = { [PERIOD_FIELD[period]]: cents };
      const id = await projectIdOf(options.project);
      if (id === null) await api().call('changeSettings', { body });
      else await api().call('changeProject', { id, body });
      out({ ok: true }, 'It counts at once.');
    });
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
    .command('cancel')
    .description('cancel a task: closes issue, pull request, branch and sandbox')
    .argument('<task>')
    .action(async (id: string) => {
      await api().call('cancelTask', { id });
      out({ ok: true }, 'Cancelling.');
    });
}

/** As `/name` takes it in the chat. */
const quoted = (word: string): string => {
  if (!/\s/.test(word)) return word;
  const [name, value] = splitAt(word, '=');
  return /^\w+$/.test(name) && value !== '' ? `${name}="${value}"` : `"${word}"`;
};
const splitAt = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

const countWords = (tasks: number): string => (tasks === 1 ? 'One task goes' : `${tasks} tasks go`);

const stopped = (options: { keepBranch?: boolean }): Decision =>
  options.keepBranch === true ? 'keep' : 'stop';

/** What a yes is called, where it is not "approve". */
const APPROVED: ReadonlyMap<string, Decision> = new Map<string, Decision>([
  ['review', 'merge'],
  ['ci_files', 'allow'],
  ['gate', 'allow'],
  ['permission', 'allow'],
  ['pr_closed', 'reopen'],
]);
/** What follows from a yes and from a no, where it is more than that. */
const APPROVED_WORDS: ReadonlyMap<string, string> = new Map([
  ['plan', 'Approved. Claude starts.'],
  ['review', 'Merging.'],
  ['ci_files', 'Allowed.'],
  ['gate', 'Allowed. It stays on the review.'],
  ['permission', 'Allowed. Claude goes on.'],
  ['pr_closed', 'Opened again. It picks up where it was.'],
]);
const DECLINED_WORDS: ReadonlyMap<string, string> = new Map([
  ['ci_files', 'Refused.'],
  ['gate', 'Not allowed. Claude sees to it.'],
  ['permission', 'Refused. Claude tries another way.'],
  ['pr_closed', 'Stopped.'],
]);

/** A line of output; one that is no JSON is data all the same. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A line that another program printed.
    return { text: line };
  }
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
