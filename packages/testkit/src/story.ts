// Walking a task through the built-in story, as a person would, over the api.
import { until, type Stack } from './stack.ts';

export interface Item {
  id: string;
  kind: string;
  taskId: string;
  title: string;
  options: { label: string }[];
}
export interface Task {
  id: string;
  state: string;
  statusLine: string;
  issueNumber: number | null;
  prNumber: number | null;
}

/** Says the story's sentence and confirms the card. @returns the task's id */
export async function spawnTask(s: Stack, text = 'Splitting 10.00 three ways loses a cent.'): Promise<string> {
  const before = new Set((await s.call<{ id: string }[]>('GET', '/api/proposals')).map((p) => p.id));
  await s.call('POST', '/api/chat', { text });
  const p = await until('a proposal', async () =>
    (await s.call<{ id: string; digest: string }[]>('GET', '/api/proposals')).find((x) => !before.has(x.id)),
  );
  return (await s.call<{ taskId: string }>('POST', `/api/proposals/${p.id}/confirm`, { digest: p.digest })).taskId;
}

/** What a person answers to an item to get on with the story, or null where only trouble would be answered. */
export function answerTo(i: Pick<Item, 'kind' | 'options'>): { decision: string; text: string } | null {
  switch (i.kind) {
    case 'question':
      return { decision: 'answer', text: i.options[0]?.label ?? 'yes' };
    case 'plan':
      return { decision: 'approve', text: '' };
    case 'review':
      return { decision: 'merge', text: '' };
    case 'ci_files':
      return { decision: 'allow', text: '' };
    default:
      return null;
  }
}

/** Answers the first thing that the task asks, if it asks something. */
export async function answerFirst(s: Stack, taskId: string): Promise<void> {
  const item = (await s.call<Item[]>('GET', '/api/inbox')).find((x) => x.taskId === taskId);
  const answer = item ? answerTo(item) : null;
  if (item && answer) await s.call('POST', `/api/inbox/${item.id}`, answer);
}

/** Answers whatever the task asks until it has ended. Losing a race or a connection is tried again, as a person would. */
export async function walkToEnd(s: Stack, taskId: string, ms = 180_000): Promise<Task> {
  return until(
    `task ${taskId} to end`,
    async () => {
      const t = await s.call<Task>('GET', `/api/tasks/${taskId}`);
      if (['done', 'cancelled', 'failed'].includes(t.state)) return t;
      for (const i of (await s.call<Item[]>('GET', '/api/inbox')).filter((x) => x.taskId === taskId)) {
        const answer = answerTo(i) ?? { decision: 'retry', text: '' };
        // The story's colleague reviews a moment after "ready"; a person would not merge within that second either.
        if (i.kind === 'review') await new Promise((r) => setTimeout(r, 2_500));
        await s.call('POST', `/api/inbox/${i.id}`, answer).catch(() => undefined);
      }
      return null;
    },
    ms,
    300,
  );
}
