// Walking a task through the built-in story, as a person would, over the api.
import type { Answer } from '@mainloop/models/contracts/routes';
import type { Decision } from '@mainloop/models/flow/workflow';
import { Client, Connection } from '@temporalio/client';
import { until, type Stack } from './stack.ts';

/** As the api gives them. */
export type Item = Answer<'listInbox'>[number];
export type Task = Answer<'getTask'>;
export type TaskEvent = Answer<'listEvents'>[number];

/** Says the story's sentence and confirms the card. @returns the task's id */
export async function spawnTask(
  stack: Stack,
  text = 'Splitting 10.00 three ways loses a cent.',
): Promise<string> {
  const before = new Set((await stack.call('listProposals')).map((p) => p.id));
  await stack.call('sendMessage', { body: { text } });
  const proposal = await until('a proposal', async () =>
    (await stack.call('listProposals')).find((x) => !before.has(x.id)),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}

/** What a person answers to an item to get on with the story, or null where only trouble would be answered. */
export function answerTo(item: Pick<Item, 'kind' | 'options'>): { decision: Decision; text: string } | null {
  switch (item.kind) {
    case 'question':
      return { decision: 'answer', text: item.options[0]?.label ?? 'yes' };
    case 'plan':
      return { decision: 'approve', text: '' };
    case 'review':
      return { decision: 'merge', text: '' };
    case 'ci_files':
    case 'guardrail':
      return { decision: 'allow', text: '' };
    default:
      return null;
  }
}

/** Answers the first thing that the task asks, if it asks something. */
export async function answerFirst(stack: Stack, taskId: string): Promise<void> {
  const item = (await stack.call('listInbox')).find((x) => x.taskId === taskId);
  const answer = item ? answerTo(item) : null;
  if (item && answer) await stack.call('decide', { id: item.id, body: answer });
}

/** A card that says what went wrong may be gone a moment later; one that stays is what a person would have to fix. */
const TROUBLE_MS = 30_000;

/**
 * Answers whatever the task asks until it has ended. An answer that is lost on the way is given again, as a
 * person would.
 * @param fixes which trouble the test has made and fixes with Retry, or lets through, by its title; any other
 * is an error
 */
export async function walkToEnd(stack: Stack, taskId: string, fixes?: RegExp): Promise<Task> {
  const since = new Map<string, number>();
  const walked = await until(
    `task ${taskId} to end`,
    async () => {
      const task = await stack.call('getTask', { id: taskId });
      if (['done', 'cancelled'].includes(task.state)) return { task };
      for (const i of (await stack.call('listInbox')).filter((x) => x.taskId === taskId)) {
        const answer =
          answerTo(i) ??
          (fixes?.test(i.title)
            ? { decision: i.kind === 'gate' ? ('allow' as const) : ('retry' as const), text: '' }
            : null);
        if (answer === null) {
          const seen = since.get(i.id) ?? since.set(i.id, Date.now()).get(i.id)!;
          if (Date.now() - seen > TROUBLE_MS)
            return { trouble: [`${i.kind}: ${i.title}`, i.body].join('\n') };
          continue;
        }
        // The story's colleague reviews a moment after "ready"; a person would not merge within that second either.
        if (i.kind === 'review') await new Promise((r) => setTimeout(r, 2_500));
        await stack.call('decide', { id: i.id, body: answer }).catch(() => undefined);
      }
      return null;
    },
    400_000,
    300,
  );
  if ('trouble' in walked) throw new Error(`task ${taskId} needs to be fixed: ${walked.trouble}`);
  return walked.task;
}

/**
 * The built-in story told again where it was merged before: it writes the same test file anew, with fewer
 * tests. It is let through.
 */
export const TOLD_BEFORE = /the change removes or skips tests/;
/** The sentence of a change that no CI has looked at; it is let through. */
export const NO_CI = /^This repository has no CI/;

/**
 * What has just been said on the forge was heard and came to nothing: by the workflow's own history the task
 * has looked at it, and waits for the next word again. A pause would only prove that it is slow.
 * @param activity which looks: `readReview` or `readPlanAnswer`
 */
export async function looksInVain(stack: Stack, taskId: string, activity: string): Promise<void> {
  const connection = await Connection.connect({ address: stack.temporal });
  const handle = new Client({ connection }).workflow.getHandle(`task/${taskId}`);
  const looked = async (): Promise<{ times: number; waits: boolean }> => {
    const events = (await handle.fetchHistory()).events ?? [];
    const looks = new Set(
      events
        .filter((e) => e.activityTaskScheduledEventAttributes?.activityType?.name === activity)
        .map((e) => String(e.eventId)),
    );
    const ends = events.map((event) =>
      looks.has(String(event.activityTaskCompletedEventAttributes?.scheduledEventId)),
    );
    return {
      times: ends.filter(Boolean).length,
      waits: events.slice(ends.lastIndexOf(true)).some((e) => e.timerStartedEventAttributes),
    };
  };
  try {
    // One may be on its way already.
    const enough = (await looked()).times + 2;
    await until(`task ${taskId} to have looked`, async () => {
      const now = await looked();
      return now.times >= enough && now.waits;
    });
  } finally {
    await connection.close();
  }
}
