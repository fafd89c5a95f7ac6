// What the chat model may do. It reads freely; the one way to work is a proposal, which does nothing by itself.
import type { ChatTool } from '@mainloop/adapters/model/port';
import { PROPOSAL_MINUTES } from '@mainloop/models/contracts/settings';
import { listSaidBetween, type FoundMessage } from '@mainloop/models/db/conversation/search';
import { listFiles } from '@mainloop/models/db/conversation/thread';
import { pin } from '@mainloop/models/db/memory/pins';
import { decide } from '@mainloop/models/db/inbox/decide';
import { findFailure, listOpenOfTask } from '@mainloop/models/db/inbox/items';
import { withTx, type Db, type Queryable } from '@mainloop/models/db/pool';
import { findProjectOf } from '@mainloop/models/db/projects/projects';
import { propose } from '@mainloop/models/db/conversation/proposals';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { findTask, findTaskToTell, listFacts } from '@mainloop/models/db/tasks/tasks';
import { optionWords, type AttachmentRef } from '@mainloop/models/flow/events';
import { dollars } from '@mainloop/models/flow/pricing';
import { dayAfter, excerptOf, wordsIn } from '@mainloop/models/flow/search';
import { isEnded, nextSentence } from '@mainloop/models/flow/states';
import { cleanText } from '@mainloop/models/flow/text';
import type { NamedTask } from '@mainloop/models/flow/task-links';
import { z } from 'zod';
import type { Finder } from './finder.ts';

const schema = (s: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(s) as Record<string, unknown>;
  return rest;
};

const SpawnTask = z.object({
  project: z
    .string()
    .describe('one of the projects, as it is called above: owner/name, or owner/name/folder'),
  title: z.string().min(1).max(200),
  prompt: z.string().min(1).max(20_000).describe('everything the engineer needs to know'),
  skipPlan: z.boolean().optional().describe('true when the person said "just do it"'),
});
const TellTask = z.object({
  taskId: z.string(),
  message: z.string().min(1).max(20_000).describe('what the task should hear, in the words of the person'),
});
const Day = z.iso.date('A day is written 2026-11-26').optional();
const Recall = z
  .object({
    words: z
      .string()
      .max(500)
      .optional()
      .describe(
        'what was said, in a few telling words or as a question; leave it out for everything of a time',
      ),
    from: Day.describe('the first day, as 2026-11-26'),
    to: Day.describe('the last day, as 2026-11-26; the same as the first for one day'),
  })
  .refine((i) => i.from !== undefined || wordsIn(i.words ?? '').length > 0, 'give words or a first day');
const Remember = z.object({
  words: z.string().min(1).max(1_000).describe('what to remember, in the words of the person'),
});
const TaskRef = z.object({ taskId: z.string() });
const Answer = z.object({
  itemId: z.string(),
  answer: z.string().min(1).max(10_000).describe("the person's answer, in their words"),
});

export const TOOLS: readonly ChatTool[] = [
  {
    name: 'spawn_task',
    description: 'Propose a task. Shows a card with Start; nothing runs before the person confirms.',
    inputSchema: schema(SpawnTask),
  },
  {
    name: 'tell_task',
    description:
      'Offer a message to a task that is open. Shows a card; nothing is told before the person taps.',
    inputSchema: schema(TellTask),
  },
  {
    name: 'list_tasks',
    description:
      'All tasks that are open, and the newest that ended. The person is shown a card of each open one below your reply: do not list them again.',
    inputSchema: schema(z.object({})),
  },
  {
    name: 'recall',
    description:
      'What was said in this conversation before what you are shown: the messages themselves, with their times in UTC. By words, by day, or both. Use it before you say that you do not know or that something was never said.',
    inputSchema: schema(Recall),
  },
  {
    name: 'remember',
    description:
      'Keep something word for word, because the person asked to remember it. They see it on the page Memory and can change it there.',
    inputSchema: schema(Remember),
  },
  {
    name: 'inspect_task',
    description: 'One task: plan, questions, what happened last.',
    inputSchema: schema(TaskRef),
  },
  {
    name: 'answer_question',
    description: 'Relay the answer that the person just gave in this chat to a question in the inbox.',
    inputSchema: schema(Answer),
  },
  {
    name: 'retry_task',
    description: 'Go on with a task that failed, when the person asked for it.',
    inputSchema: schema(TaskRef),
  },
  {
    name: 'cancel_task',
    description: 'Offer to cancel a task. Gives a link on which the person confirms.',
    inputSchema: schema(TaskRef),
  },
];

export interface ToolCall {
  readonly turnId: string;
  readonly index: number;
  readonly ownerId: string;
  readonly name: string;
  readonly input: unknown;
}

interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
  /** What the person is shown cards of, beside the words of the model. */
  readonly tasks?: readonly NamedTask[];
}

/** @returns what the model is told; `isError` when the call could not be done */
export async function runTool(db: Db, c: ToolCall, finder: Finder): Promise<ToolResult> {
  const bad = (text: string): ToolResult => ({ text, isError: true });
  const fine = (text: string, tasks: readonly NamedTask[] = []): ToolResult => ({
    text,
    isError: false,
    tasks,
  });
  try {
    switch (c.name) {
      case 'spawn_task': {
        const i = SpawnTask.parse(c.input);
        const p = await findProjectOf(db, c.ownerId, i.project);
        if (!p) return bad(`There is no project ${i.project}. The person can add it under Projects.`);
        const s = resolveProjectSettings(p.settings);
        const expires = new Date(Date.now() + PROPOSAL_MINUTES * 60_000);
        const attachments = await filesFor(db, c);
        await withTx(db, (tx) =>
          propose(
            tx,
            c.ownerId,
            `${c.turnId}/${c.index}`,
            c.turnId,
            {
              attachments,
              projectId: p.id,
              title: i.title,
              prompt: i.prompt,
              model: s.model,
              budgetCents: s.budgetCents,
              skipPlan: i.skipPlan ?? s.skipPlan,
            },
            expires,
          ),
        );
        return fine('The card is shown. Nothing has started; the person decides.');
      }
      case 'tell_task': {
        const i = TellTask.parse(c.input);
        const t = await findTaskToTell(db, c.ownerId, i.taskId);
        if (!t) return bad('There is no such task.');
        if (t.endedAt) return bad('That task has ended. Propose a new one.');
        const expires = new Date(Date.now() + PROPOSAL_MINUTES * 60_000);
        await withTx(db, (tx) =>
          propose(
            tx,
            c.ownerId,
            `${c.turnId}/${c.index}`,
            c.turnId,
            {
              projectId: t.projectId,
              title: t.title,
              prompt: i.message,
              model: t.model,
              budgetCents: t.budgetCents,
              skipPlan: false,
              toTaskId: t.id,
            },
            expires,
          ),
        );
        return fine('The card is shown. Nothing was told yet; the person decides.');
      }
      case 'list_tasks': {
        const rows = await listFacts(db, c.ownerId);
        return fine(
          rows.length === 0
            ? 'There are no tasks.'
            : rows
                .map((t) => `${t.id} "${t.title}" (${t.repo}): ${nextSentence(t)} ${dollars(t.costMicrousd)}`)
                .join('\n'),
          rows.filter((t) => !isEnded(t.state)),
        );
      }
      case 'recall':
        return fine(await recall(db, finder, c.ownerId, Recall.parse(c.input)));
      case 'remember': {
        const { words } = Remember.parse(c.input);
        const from = {
          key: `${c.turnId}/${c.index}`,
          messageId: c.turnId.replace(/^turn-/, ''),
          actor: 'mainloop',
        };
        await pin(db, c.ownerId, cleanText(words, 1_000), from);
        return fine('It is kept, word for word. The person sees it under [Memory](/memory).');
      }
      case 'inspect_task': {
        const { taskId } = TaskRef.parse(c.input);
        const t = await findTask(db, c.ownerId, taskId);
        if (!t) return bad('There is no such task.');
        const items = await listOpenOfTask(db, taskId);
        return fine(
          [
            `"${t.title}" is ${t.state}. ${nextSentence(t)}`,
            t.prUrl ?? '',
            ...items.map(
              (i) => `Open ${i.kind} ${i.id}: ${i.title} [${i.options.map(optionWords).join(' | ')}]`,
            ),
            t.plan ? `Plan:\n${t.plan.slice(0, 4_000)}` : '',
          ]
            .filter(Boolean)
            .join('\n'),
        );
      }
      case 'answer_question': {
        const i = Answer.parse(c.input);
        const r = await decide(db, {
          ownerId: c.ownerId,
          itemId: i.itemId,
          decision: 'answer',
          text: i.answer,
          via: 'chat',
          by: 'you',
        });
        return r.ok ? fine('Passed on.') : bad(r.sentence);
      }
      case 'retry_task': {
        const { taskId } = TaskRef.parse(c.input);
        const itemId = await findFailure(db, c.ownerId, taskId);
        if (itemId === null) return bad('Nothing has failed in this task.');
        const r = await decide(db, {
          ownerId: c.ownerId,
          itemId,
          decision: 'retry',
          text: '',
          via: 'chat',
          by: 'you',
        });
        return r.ok ? fine('It goes on.') : bad(r.sentence);
      }
      case 'cancel_task': {
        const { taskId } = TaskRef.parse(c.input);
        return fine(
          `Cancelling closes the pull request and the sandbox, so the person confirms it here: [Cancel the task](/task/${taskId}?confirm=cancel)`,
        );
      }
      default:
        return bad(`There is no tool ${c.name}.`);
    }
  } catch (err) {
    if (err instanceof z.ZodError)
      return bad(`That call is not right: ${err.issues[0]?.path.join('.')} ${err.issues[0]?.message}`);
    throw err;
  }
}

/** How many messages a look back gives, and how much of each. */
const RECALLED = 20;
const RECALLED_CHARS = 1_500;

async function recall(
  q: Queryable,
  finder: Finder,
  ownerId: string,
  i: z.infer<typeof Recall>,
): Promise<string> {
  const words = wordsIn(i.words ?? '');
  const from = i.from === undefined ? undefined : new Date(i.from);
  // A first day alone is that day.
  const last = i.to ?? (words.length === 0 ? i.from : undefined);
  const to = last === undefined ? undefined : dayAfter(last);
  const found =
    words.length > 0
      ? await finder.find(ownerId, { asked: i.words ?? '', words, from, to, limit: RECALLED })
      : await listSaidBetween(q, ownerId, { from: from!, to: to!, limit: RECALLED + 1 });
  if (found.length === 0) return 'Nothing found. Try other words.';
  const more =
    words.length === 0 && found.length > RECALLED
      ? '\n(More was said in that time: look for words, or for fewer days.)'
      : '';
  const WHO: Readonly<Record<FoundMessage['role'], string>> = {
    user: 'the person',
    assistant: 'you',
    note: 'mainloop noted',
  };
  return `${found
    .slice(0, RECALLED)
    .toSorted((a, b) => a.seq - b.seq)
    .map(
      (m) =>
        `[${m.at.toISOString().slice(0, 16)}, ${WHO[m.role]}] ${excerptOf(m.text, words, RECALLED_CHARS).text}`,
    )
    .join('\n')}${more}`;
}

/** Files of the message that this turn answers, and of the few before it: what is talked about is rarely sent twice. */
async function filesFor(q: Queryable, c: ToolCall): Promise<AttachmentRef[]> {
  const taken = new Set<string>();
  return (await listFiles(q, c.ownerId)).slice(-20).map((a) => {
    // Two pasted pictures are both called image.png; side by side they need names of their own.
    let name = a.name;
    for (let n = 2; taken.has(name); n++) name = a.name.replace(/(\.[^.]*)?$/, (end) => `-${n}${end}`);
    taken.add(name);
    return { ...a, name };
  });
}
