// What another program may ask of mainloop by MCP, as a table: the routes that the page and the command line
// use, under names a model understands, each with the words in which its person is asked first.
import type { Call } from '@mainloop/models/contracts/client';
import { Decide } from '@mainloop/models/contracts/inbox';
import type { Answer } from '@mainloop/models/contracts/routes';
import { dollars } from '@mainloop/models/flow/money/pricing';
import { MAX_BLOCKERS, PRIORITIES } from '@mainloop/models/flow/runs/dispatch';
import { TASK_STATES } from '@mainloop/models/flow/states';
import { z } from 'zod';

/** What the person is asked before a tool does anything. */
export interface Question {
  readonly message: string;
  /** What the answer is bound to; comes back with it. */
  readonly about?: string;
}

export interface Tool<Input extends z.ZodObject = z.ZodObject> {
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  /**
   * `reads`: changes nothing. `says`: adds words or a card that nothing happens by. `acts`: only after the
   * person said yes to `ask`, however the client's model came to call it.
   */
  readonly kind: 'reads' | 'says' | 'acts';
  /** @returns what the person is asked. @throws the api's refusal, when there is nothing to be done */
  ask?(input: z.output<Input>, call: Call): Promise<Question>;
  /** @param about what the person's yes is bound to */
  run(input: z.output<Input>, call: Call, about: string | undefined): Promise<unknown>;
}

/** Keeps the type of its input between a tool's own parts. */
const tool = <Input extends z.ZodObject>(made: Tool<Input>): Tool => made;

const None = z.object({});
const TaskId = z.string().min(1).max(80).describe('As list_tasks gives it');
const OfTask = z.object({ taskId: TaskId });
const Day = z.iso.date('A day is written 2026-11-26').optional();

const brief = (task: Answer<'listTasks'>[number]): object => ({
  id: task.id,
  title: task.title,
  project: task.project,
  state: task.state,
  now: task.statusLine,
  cost: dollars(task.costMicrousd),
  pullRequest: task.prUrl,
  stoppedBy: task.failure?.sentence ?? null,
});

const card = (item: Answer<'listInbox'>[number]): object => ({
  id: item.id,
  kind: item.kind,
  title: item.title,
  body: item.body,
  options: item.options,
  taskId: item.taskId,
  task: item.taskTitle,
  project: item.project,
});

/** @throws Error when it does not wait any more */
async function openItem(id: string, call: Call): Promise<Answer<'listInbox'>[number]> {
  const item = (await call('listInbox')).find((each) => each.id === id);
  if (item === undefined) throw new Error('That does not wait for an answer (any more). See list_inbox.');
  return item;
}

const named = async (taskId: string, call: Call): Promise<string> => {
  const task = await call('getTask', { id: taskId });
  return `“${task.title}” in ${task.project}`;
};

/** In the order in which they are listed. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  list_inbox: tool({
    title: 'What waits for the person',
    description: 'Questions, plans, changes to review and failures that wait for the person, oldest first.',
    input: None,
    kind: 'reads',
    run: async (_, call) => (await call('listInbox')).map(card),
  }),
  list_tasks: tool({
    title: 'Tasks',
    description: 'Tasks, open ones first, and what each does or waits for.',
    input: z.object({ state: z.enum(TASK_STATES).optional() }),
    kind: 'reads',
    run: async ({ state }, call) =>
      (await call('listTasks', state === undefined ? {} : { query: { state } })).map(brief),
  }),
  get_task: tool({
    title: 'One task',
    description: 'One task: what was asked, its plan, its runs and what it waits for.',
    input: OfTask,
    kind: 'reads',
    run: async ({ taskId }, call) => {
      const task = await call('getTask', { id: taskId });
      return {
        ...brief(task),
        prompt: task.prompt,
        plan: task.plan,
        branch: task.branch,
        checks: task.ci,
        items: task.items.map(card),
        runs: task.runs.map((run) => ({ id: run.id, phase: run.phase, state: run.state })),
      };
    },
  }),
  get_story: tool({
    title: 'The story of a task',
    description: 'What happened to a task, event by event, the newest at the end.',
    input: z.object({ taskId: TaskId, last: z.int().min(1).max(1_000).default(50) }),
    kind: 'reads',
    run: async ({ taskId, last }, call) =>
      (await call('listEvents', { id: taskId }))
        .slice(-last)
        .map(({ at, actor, type, payload }) => ({ at, actor, type, payload })),
  }),
  get_evidence: tool({
    title: 'What a change is judged by',
    description:
      'What was done for a task and what was asked, what was checked on its newest commit and what was not, and what of the change is risky. Look at it before the person is asked to merge.',
    input: OfTask,
    kind: 'reads',
    run: ({ taskId }, call) => call('getEvidence', { id: taskId }),
  }),
  list_projects: tool({
    title: 'Projects',
    description: 'The repositories that tasks can be proposed for.',
    input: None,
    kind: 'reads',
    run: async (_, call) =>
      (await call('listProjects')).map(({ id, name, defaultBranch }) => ({ id, name, defaultBranch })),
  }),
  search: tool({
    title: 'Search',
    description: 'Finds what was said and which tasks there were, however long ago.',
    input: z.object({ words: z.string().min(1).max(500), from: Day, to: Day }),
    kind: 'reads',
    run: ({ words, from, to }, call) =>
      call('search', {
        query: { q: words, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
      }),
  }),
  list_proposals: tool({
    title: 'Proposals',
    description: 'Proposed tasks that wait for a yes or no.',
    input: None,
    kind: 'reads',
    run: (_, call) => call('listProposals'),
  }),
  list_limits: tool({
    title: 'Money',
    description: 'What may be spent by day, week and month, and what was.',
    input: None,
    kind: 'reads',
    run: (_, call) => call('listLimits'),
  }),
  propose_task: tool({
    title: 'Propose a task',
    description:
      'Puts a card with a task into the inbox and gives its id at once. Nothing runs before the person starts it, there or by start_task.',
    input: z.object({
      project: z.string().describe('As list_projects calls it'),
      prompt: z.string().min(1).max(20_000).describe('Everything that the engineer needs to know'),
      title: z.string().min(1).max(200).optional(),
      skipPlan: z.boolean().optional().describe('Without a plan to approve'),
      priority: z.enum(PRIORITIES).optional().describe('Among tasks that wait for an agent'),
      after: z
        .array(TaskId)
        .max(MAX_BLOCKERS)
        .optional()
        .describe('Tasks that have to end before it begins, of whichever project'),
    }),
    kind: 'says',
    run: async ({ project, after, ...wish }, call) => {
      const found = (await call('listProjects')).find((each) => each.name === project);
      if (found === undefined) throw new Error(`There is no project ${project}. See list_projects.`);
      return call('proposeTask', {
        body: { projectId: found.id, ...wish, ...(after === undefined ? {} : { blockedBy: after }) },
      });
    },
  }),
  send_message: tool({
    title: 'Say something in the chat',
    description: 'Says something in the conversation. The reply comes later; read_chat shows it.',
    input: z.object({ text: z.string().min(1).max(20_000) }),
    kind: 'says',
    run: ({ text }, call) => call('sendMessage', { body: { text } }),
  }),
  read_chat: tool({
    title: 'Read the chat',
    description: 'The newest messages of the conversation, oldest first.',
    input: z.object({ last: z.int().min(1).max(100).default(20) }),
    kind: 'reads',
    run: async ({ last }, call) =>
      (await call('listMessages'))
        .slice(-last)
        .map(({ at, role, text, turnId }) => ({ at, role, text, turnId })),
  }),
  pause_task: tool({
    title: 'Pause a task',
    description: 'Stops its agent where it stands. What it did is kept.',
    input: OfTask,
    kind: 'says',
    run: ({ taskId }, call) => call('pauseTask', { id: taskId }),
  }),
  pause_all: tool({
    title: 'Pause everything',
    description: 'Stops every agent within ten seconds and starts none, until the person resumes.',
    input: None,
    kind: 'says',
    run: (_, call) => call('pauseAll', { body: { via: 'cli' } }),
  }),
  start_task: tool({
    title: 'Start a proposed task',
    description: 'Starts what was proposed, after the person said yes. Spends money.',
    input: z.object({ proposalId: z.string().min(1).max(80) }),
    kind: 'acts',
    ask: async ({ proposalId }, call) => {
      const found = (await call('listProposals')).find((each) => each.id === proposalId);
      if (found === undefined) throw new Error('This proposal is not open (any more). See list_proposals.');
      const order = [
        ...(found.priority === 'normal' ? [] : [`, ${found.priority} in priority`]),
        ...(found.blockedBy.length === 0 ? [] : [`, after ${found.blockedBy.join(', ')}`]),
      ].join('');
      return {
        message: `Start “${found.title}” in ${found.project}, for at most $${(found.budgetCents / 100).toFixed(2)}${order}?\n\n${found.prompt}`,
        about: found.digest,
      };
    },
    run: ({ proposalId }, call, about) =>
      call('confirmProposal', { id: proposalId, body: { digest: about ?? '' } }),
  }),
  decide: tool({
    title: 'Decide what waits',
    description:
      "Relays the person's decision on an item of the inbox, after they said yes to it: answer a question, approve or revise a plan, merge, ask for changes, retry, allow or deny.",
    input: z.object({
      itemId: z.string().min(1).max(80).describe('As list_inbox gives it'),
      decision: Decide.shape.decision,
      text: z.string().max(20_000).default('').describe('The answer, or what should be different'),
    }),
    kind: 'acts',
    ask: async ({ itemId, decision, text }, call) => {
      const item = await openItem(itemId, call);
      const words = text === '' ? '' : `\n\n“${text}”`;
      return { message: `“${item.title}” (${item.taskTitle}, ${item.project}): ${decision}?${words}` };
    },
    run: ({ itemId, decision, text }, call) =>
      call('decide', { id: itemId, body: { decision, text, via: 'cli' } }),
  }),
  tell_task: tool({
    title: 'Tell a task something',
    description:
      'A running agent hears it before its next model call, after the person said yes to the words.',
    input: z.object({ taskId: TaskId, text: z.string().min(1).max(20_000) }),
    kind: 'acts',
    ask: async ({ taskId, text }, call) => ({
      message: `Tell ${await named(taskId, call)}?\n\n“${text}”`,
    }),
    run: ({ taskId, text }, call) => call('steerTask', { id: taskId, body: { text } }),
  }),
  cancel_task: tool({
    title: 'Cancel a task',
    description: 'Closes its issue, pull request, branch and sandbox, after the person said yes.',
    input: OfTask,
    kind: 'acts',
    ask: async ({ taskId }, call) => ({
      message: `Cancel ${await named(taskId, call)}? Its issue, pull request and branch are closed.`,
    }),
    run: ({ taskId }, call) => call('cancelTask', { id: taskId }),
  }),
  resume_all: tool({
    title: 'Resume everything',
    description: 'Lets everything that was paused go on, after the person said yes.',
    input: None,
    kind: 'acts',
    ask: async () => ({ message: 'Let everything go on? Agents start again and cost money.' }),
    run: (_, call) => call('resumeAll', { body: { via: 'cli' } }),
  }),
};
