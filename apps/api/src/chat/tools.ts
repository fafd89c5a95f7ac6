// What the chat model may do. It reads freely; the one way to work is a proposal, which does nothing by itself.
import type { ChatTool } from '@mainloop/adapters/model/port';
import { PROPOSAL_MINUTES } from '@mainloop/models/contracts/settings';
import { listSaidBetween, type FoundMessage } from '@mainloop/models/db/conversation/search';
import { listFiles } from '@mainloop/models/db/conversation/thread';
import { listOwnWords, pin } from '@mainloop/models/db/memory/pins';
import { decide } from '@mainloop/models/db/inbox/decide';
import { findFailure, listOpenOfTask } from '@mainloop/models/db/inbox/items';
import { withTx, type Db, type Queryable } from '@mainloop/models/db/pool';
import { findProjectOf } from '@mainloop/models/db/projects/projects';
import { propose, type ProposalDraft } from '@mainloop/models/db/conversation/proposals';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { readHolds } from '@mainloop/models/db/runs/holds';
import { findMissing } from '@mainloop/models/db/tasks/order';
import { findTask, findTaskToTell, listFacts } from '@mainloop/models/db/tasks/tasks';
import { MAX_BLOCKERS, PRIORITIES } from '@mainloop/models/flow/runs/dispatch';
import { optionWords, type AttachmentRef } from '@mainloop/models/flow/events';
import { actorWords, tokenOf } from '@mainloop/models/flow/actors';
import { dollars } from '@mainloop/models/flow/money/pricing';
import { refusal } from '@mainloop/models/flow/refusals';
import { isSaidIn } from '@mainloop/models/flow/memory/said';
import { dayAfter, excerptOf, wordsIn } from '@mainloop/models/flow/conversation/search';
import { holdOf } from '@mainloop/models/flow/runs/holds';
import { own } from '@mainloop/models/flow/look';
import { isEnded, nextSentence } from '@mainloop/models/flow/states';
import { cleanText } from '@mainloop/models/flow/text';
import type { NamedTask } from '@mainloop/models/flow/conversation/task-links';
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
  priority: z
    .enum(PRIORITIES)
    .optional()
    .describe('how urgent it is among tasks that wait for an agent, when the person said so'),
  after: z
    .array(z.string())
    .max(MAX_BLOCKERS)
    .optional()
    .describe('ids of tasks that have to end before it begins, of whichever project'),
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
  /** Who said the message that the turn answers, as the log names them. */
  readonly speaker: string;
  readonly name: string;
  readonly input: unknown;
}

interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
  /** What the person is shown cards of, beside the words of the model. */
  readonly tasks?: readonly NamedTask[];
}

const bad = (text: string): ToolResult => ({ text, isError: true });
const fine = (text: string, tasks: readonly NamedTask[] = []): ToolResult => ({
  text,
  isError: false,
  tasks,
});

interface Around {
  readonly db: Db;
  readonly call: ToolCall;
  readonly finder: Finder;
}

/** One for each of TOOLS. Throws zod's error when the call has another shape. */
const RUN: Readonly<Record<string, (around: Around) => Promise<ToolResult>>> = {
  spawn_task: spawnTask,
  tell_task: tellTask,
  list_tasks: listTasks,
  recall: async ({ db, call, finder }) =>
    fine(await recall(db, finder, call.ownerId, Recall.parse(call.input))),
  remember,
  inspect_task: inspectTask,
  answer_question: answerQuestion,
  retry_task: retryTask,
  cancel_task: async ({ call }) => {
    const { taskId } = TaskRef.parse(call.input);
    return fine(
      `Cancelling closes the pull request and the sandbox, so the person confirms it here: [Cancel the task](/task/${taskId}?confirm=cancel)`,
    );
  },
};

/** Tools that do at once what the person said. A program may say things; that it may decide nobody said. */
const PERSONAL: ReadonlySet<string> = new Set(['answer_question', 'retry_task', 'remember']);

/** @returns what the model is told; `isError` when the call could not be done */
export async function runTool(db: Db, call: ToolCall, finder: Finder): Promise<ToolResult> {
  const run = own(RUN, call.name);
  if (run === undefined) return bad(`There is no tool ${call.name}.`);
  if (PERSONAL.has(call.name) && tokenOf(call.speaker) !== null)
    return bad(
      `The person did not say that: ${actorWords(call.speaker)} did, for a program. Only the person decides; they find it in the inbox.`,
    );
  try {
    return await run({ db, call, finder });
  } catch (err) {
    if (err instanceof z.ZodError)
      return bad(`That call is not right: ${err.issues[0]?.path.join('.')} ${err.issues[0]?.message}`);
    throw err;
  }
}

/** The same call made twice shows one card. */
async function showCard({ db, call }: Around, draft: ProposalDraft): Promise<void> {
  const expires = new Date(Date.now() + PROPOSAL_MINUTES * 60_000);
  const key = `${call.turnId}/${call.index}`;
  await withTx(db, (tx) => propose(tx, call.ownerId, key, call.turnId, draft, expires));
}

async function spawnTask(around: Around): Promise<ToolResult> {
  const { db, call } = around;
  const input = SpawnTask.parse(call.input);
  const project = await findProjectOf(db, call.ownerId, input.project);
  if (!project) return bad(`There is no project ${input.project}. The person can add it under Projects.`);
  const blockedBy = [...new Set(input.after)];
  const missing = await findMissing(db, call.ownerId, blockedBy);
  if (missing !== null) return bad(`${refusal('no_blocker', missing).sentence} See list_tasks.`);
  const settings = resolveProjectSettings(project.settings);
  await showCard(around, {
    attachments: await filesFor(db, call),
    projectId: project.id,
    title: input.title,
    prompt: input.prompt,
    model: settings.model,
    budgetCents: settings.budgetCents,
    skipPlan: input.skipPlan ?? settings.skipPlan,
    ...(input.priority === undefined ? {} : { priority: input.priority }),
    ...(blockedBy.length === 0 ? {} : { blockedBy }),
  });
  return fine('The card is shown. Nothing has started; the person decides.');
}

async function tellTask(around: Around): Promise<ToolResult> {
  const { db, call } = around;
  const input = TellTask.parse(call.input);
  const task = await findTaskToTell(db, call.ownerId, input.taskId);
  if (!task) return bad('There is no such task.');
  if (task.endedAt) return bad('That task has ended. Propose a new one.');
  await showCard(around, {
    projectId: task.projectId,
    title: task.title,
    prompt: input.message,
    model: task.model,
    budgetCents: task.budgetCents,
    skipPlan: false,
    toTaskId: task.id,
  });
  return fine('The card is shown. Nothing was told yet; the person decides.');
}

async function listTasks({ db, call }: Around): Promise<ToolResult> {
  const tasks = await listFacts(db, call.ownerId);
  const holds = await readHolds(db, call.ownerId, Date.now());
  const lines = tasks.map((task) => {
    const next = nextSentence(task, holdOf(holds, task));
    return `${task.id} "${task.title}" (${task.repo}): ${next} ${dollars(task.costMicrousd)}`;
  });
  return fine(
    lines.length === 0 ? 'There are no tasks.' : lines.join('\n'),
    tasks.filter((task) => !isEnded(task.state)),
  );
}

async function remember({ db, call }: Around): Promise<ToolResult> {
  const { words } = Remember.parse(call.input);
  // Whatever else the model read may have told it to: an issue, a log, the answer of an agent.
  if (!isSaidIn(words, await listOwnWords(db, call.ownerId)))
    return bad('Only what the person said themselves is kept, in their own words. They never said that.');
  const from = {
    key: `${call.turnId}/${call.index}`,
    messageId: call.turnId.replace(/^turn-/, ''),
    actor: 'mainloop',
  };
  await pin(db, call.ownerId, cleanText(words, 1_000), from);
  return fine('It is kept, word for word. The person sees it under [Memory](/memory).');
}

async function inspectTask({ db, call }: Around): Promise<ToolResult> {
  const { taskId } = TaskRef.parse(call.input);
  const task = await findTask(db, call.ownerId, taskId);
  if (!task) return bad('There is no such task.');
  const items = await listOpenOfTask(db, taskId);
  const hold = holdOf(await readHolds(db, call.ownerId, Date.now()), task);
  const lines = [
    `"${task.title}" is ${task.state}. ${nextSentence(task, hold)}`,
    task.prUrl ?? '',
    ...items.map((i) => `Open ${i.kind} ${i.id}: ${i.title} [${i.options.map(optionWords).join(' | ')}]`),
    task.plan ? `Plan:\n${task.plan.slice(0, 4_000)}` : '',
  ];
  return fine(lines.filter(Boolean).join('\n'));
}

/** What the person says in the chat is decided as if they had tapped it in the inbox. */
const decideInChat = (
  { db, call }: Around,
  what: { itemId: string; decision: 'answer' | 'retry'; text: string },
): ReturnType<typeof decide> => decide(db, { ownerId: call.ownerId, ...what, via: 'chat', by: 'you' });

async function answerQuestion(around: Around): Promise<ToolResult> {
  const { itemId, answer } = Answer.parse(around.call.input);
  const result = await decideInChat(around, { itemId, decision: 'answer', text: answer });
  return result.ok ? fine('Passed on.') : bad(result.sentence);
}

async function retryTask(around: Around): Promise<ToolResult> {
  const { taskId } = TaskRef.parse(around.call.input);
  const itemId = await findFailure(around.db, around.call.ownerId, taskId);
  if (itemId === null) return bad('Nothing has failed in this task.');
  const result = await decideInChat(around, { itemId, decision: 'retry', text: '' });
  return result.ok ? fine('It goes on.') : bad(result.sentence);
}

/** How many messages a look back gives, and how much of each. */
const RECALLED = 20;
const RECALLED_CHARS = 1_500;

async function recall(
  database: Queryable,
  finder: Finder,
  ownerId: string,
  input: z.infer<typeof Recall>,
): Promise<string> {
  const words = wordsIn(input.words ?? '');
  const from = input.from === undefined ? undefined : new Date(input.from);
  // A first day alone is that day.
  const last = input.to ?? (words.length === 0 ? input.from : undefined);
  const to = last === undefined ? undefined : dayAfter(last);
  const found =
    words.length > 0
      ? await finder.find(ownerId, { asked: input.words ?? '', words, from, to, limit: RECALLED })
      : await listSaidBetween(database, ownerId, { from: from!, to: to!, limit: RECALLED + 1 });
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
      (message) =>
        `[${message.at.toISOString().slice(0, 16)}, ${WHO[message.role]}] ${excerptOf(message.text, words, RECALLED_CHARS).text}`,
    )
    .join('\n')}${more}`;
}

/** Files of the message that this turn answers, and of the few before it: what is talked about is rarely sent twice. */
async function filesFor(database: Queryable, call: ToolCall): Promise<AttachmentRef[]> {
  const taken = new Set<string>();
  return (await listFiles(database, call.ownerId)).slice(-20).map((attachment) => {
    // Two pasted pictures are both called image.png; side by side they need names of their own.
    let name = attachment.name;
    for (let n = 2; taken.has(name); n++)
      name = attachment.name.replace(/(\.[^.]*)?$/, (end) => `-${n}${end}`);
    taken.add(name);
    return { ...attachment, name };
  });
}
