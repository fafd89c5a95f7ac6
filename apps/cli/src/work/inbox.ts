// Verbs of the inbox: what needs the user, and every decision about it.
import { minutesUntil } from '@mainloop/models/flow/inbox/later';
import { waitsWords } from '@mainloop/models/flow/inbox/waits';
import { pausedWords } from '@mainloop/models/flow/runs/paused';
import type { Decision } from '@mainloop/models/flow/workflow';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { Refused } from '../client.ts';
import { itemText, passedOver, passedText, proposalText } from '../show.ts';
import { kindOf, withEvidence } from './find.ts';

/**
 * `inbox`, `answer`, `approve`, `allow`, `deny`, `seen`, `later`, `take`, `revise`, `retry`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerInbox(program: Command, context: Context): void {
  registerList(program, context);
  registerAnswers(program, context);
  registerSeen(program, context);
  registerLater(program, context);
  registerNotNeeded(program, context);
  registerTake(program, context);
  registerAgain(program, context);
}

function registerList(program: Command, { api, out }: Context): void {
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
      const items = await Promise.all(list.map((item) => withEvidence(api(), item)));
      out(
        items,
        [paused, waitsWords(waiting), ...items.map(itemText), ...cards.map(proposalText)]
          .filter((line) => line !== '')
          .join('\n\n'),
      );
    });
}

async function decide(
  { api, out }: Context,
  id: string,
  decision: Decision,
  text: string,
  done: string,
): Promise<void> {
  const result = await api().call('decide', { id, body: { decision, text, via: 'cli' } });
  out(result, done);
}

function registerAnswers(program: Command, context: Context): void {
  const { api } = context;
  program
    .command('answer')
    .description('answer a question')
    .argument('<item>')
    .argument('<text...>')
    .action((id: string, words: string[]) => decide(context, id, 'answer', words.join(' '), 'Answered.'));
  program
    .command('approve')
    .description(
      'approve a plan, merge a reviewed pull request, allow a held change to CI files, what a gate holds back, or open a closed pull request again',
    )
    .argument('<item>')
    .action(async (id: string) => {
      const kind = await kindOf(api(), id);
      await decide(context, id, APPROVED.get(kind) ?? 'approve', '', APPROVED_WORDS.get(kind) ?? 'Approved.');
    });
  program
    .command('allow')
    .description('allow what an agent asks for, a held change to CI files, or what a gate holds back')
    .argument('<item>')
    .option('--task', 'for as long as this task goes on')
    .option('--project', 'for every task of this project')
    .action(async (id: string, options: { task?: boolean; project?: boolean }) => {
      if (options.task && options.project) throw new Refused('Say --task or --project, not both.');
      if (options.project) return decide(context, id, 'allow_project', '', 'Allowed for this project.');
      if (options.task) return decide(context, id, 'allow_task', '', 'Allowed for this task.');
      return decide(context, id, 'allow', '', 'Allowed.');
    });
  program
    .command('deny')
    .description('refuse what an agent asks for; it reads why not, or what to do instead')
    .argument('<item>')
    .argument('[why...]')
    .action((id: string, why: string[]) => decide(context, id, 'deny', why.join(' '), 'Refused.'));
}

function registerSeen(program: Command, context: Context): void {
  program
    .command('seen')
    .description('let go of what only wants to be read')
    .argument('<item>')
    .action((id: string) => decide(context, id, 'seen', '', 'Seen.'));
}

function registerLater(program: Command, { api, out }: Context): void {
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
}

function registerNotNeeded(program: Command, { api, out }: Context): void {
  program
    .command('not-needed')
    .description('say that an item did not need you; it stays open')
    .argument('<item>')
    .action(async (id: string) => {
      await api().call('noteNotNeeded', { id });
      out({ ok: true }, 'Noted.');
    });
}

function registerTake(program: Command, { api, out }: Context): void {
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
}

function registerAgain(program: Command, context: Context): void {
  const { api } = context;
  program
    .command('revise')
    .description('say what to change in a plan or a pull request')
    .argument('<item>')
    .argument('<text...>')
    .action(async (id: string, words: string[]) =>
      decide(
        context,
        id,
        (await kindOf(api(), id)) === 'review' ? 'changes' : 'revise',
        words.join(' '),
        'Passed on.',
      ),
    );
  program
    .command('retry')
    .description('go on with what failed')
    .argument('<item or task>')
    .action(async (id: string) => {
      const isItem = (await kindOf(api(), id)) !== 'closed';
      const item = isItem
        ? id
        : (await api().call('getTask', { id })).items.find((i) => i.kind === 'failure' && i.state === 'open')
            ?.id;
      if (item === undefined) throw new Refused('Nothing has failed in this task.');
      await decide(context, item, 'retry', '', 'It goes on from where it failed.');
    });
}

/** What a yes is called, where it is not "approve". */
const APPROVED: ReadonlyMap<string, Decision> = new Map<string, Decision>([
  ['review', 'merge'],
  ['ci_files', 'allow'],
  ['guardrail', 'allow'],
  ['gate', 'allow'],
  ['permission', 'allow'],
  ['pr_closed', 'reopen'],
]);
/** What follows from a yes and from a no, where it is more than that. */
const APPROVED_WORDS: ReadonlyMap<string, string> = new Map([
  ['plan', 'Approved. Claude starts.'],
  ['review', 'Merging.'],
  ['ci_files', 'Allowed.'],
  ['guardrail', 'Allowed.'],
  ['gate', 'Allowed. It stays on the review.'],
  ['permission', 'Allowed. Claude goes on.'],
  ['pr_closed', 'Opened again. It picks up where it was.'],
]);
