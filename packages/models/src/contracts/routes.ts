// Every route of the api, as data. Controllers take path, status and schemas from here
// (apps/api/src/http/route.ts), the command line calls by these names (client.ts), and docs/openapi.json is
// printed from it (openapi.ts).
import { z } from 'zod';
import { TASK_STATES } from '../flow/states.ts';
import type { RefusalCode } from '../flow/refusals.ts';
import {
  Attachment,
  CaughtUp,
  ConfirmProposal,
  Message,
  OfTask,
  Proposal,
  ProposeTask,
  Search,
  SendMessage,
  Sent,
} from './conversation.ts';
import { Device, DeviceLink, KeptDevice, PushDevice, PushKey, SignIn, ToldDevice } from './devices.ts';
import { Draft, KeepDraft, KeptDraft } from './drafts.ts';
import { Done } from './fields.ts';
import { TriedGuardrails, TryGuardrails } from './guardrails.ts';
import { Forget, ForgottenCount, MemoryKept, Month, PinId, PinWords, SummaryWords } from './memory.ts';
import { Decide, Decided, Item, Seen, Snooze, TaskSeen, Waiting } from './inbox.ts';
import { MoneyLimit } from './money.ts';
import { PauseAll, Paused } from './pause.ts';
import { AddedProject, AddProject, InitRepo, Project, Proposed } from './projects.ts';
import {
  AskWhy,
  ApproveAutomation,
  Automation,
  AutomationFile,
  DryRun,
  PauseAutomation,
  SaveAutomation,
  SavedAutomation,
  TryAutomation,
  WhyAutomation,
} from './automations.ts';
import { Cycle } from './cycle.ts';
import { PauseRecurring, Recurring, SavedRecurring, SaveRecurring } from './recurring.ts';
import { Comment, EditComment, Evidence, Looked, NewComment, ResolveComment } from './review.ts';
import { DecideLearning, Learning, NewLearning } from './learnings.ts';
import { Output } from './runs.ts';
import { OwnerSettings, ProjectSettings, Settings } from './settings.ts';
import { RunSkill, SavedSkill, SaveSkill, Skill } from './skills.ts';
import { Check, Health } from './status.ts';
import {
  ChangeBlockers,
  ChangeModel,
  ChangePriority,
  Event,
  QueuedTask,
  RaiseBudget,
  Steer,
  Steered,
  Task,
  TaskDetail,
} from './tasks.ts';
import { MadeToken, NewToken, Token } from './tokens.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As OpenAPI writes it: `{id}` is a parameter. */
  readonly path: `/${string}`;
  readonly topic:
    | 'chat'
    | 'devices'
    | 'health'
    | 'learnings'
    | 'projects'
    | 'push'
    | 'review'
    | 'stream'
    | 'webhooks'
    | 'work';
  readonly summary: string;
  /** Of an answer that refuses nothing. */
  readonly status: 200 | 201 | 202;
  readonly query?: z.ZodObject;
  /** JSON, where `sends` names nothing else. */
  readonly body?: z.ZodType;
  /** The type of a body that is no JSON. */
  readonly sends?: string;
  /** JSON, where `gives` names nothing else. */
  readonly answer: z.ZodType;
  /** The type of an answer that is no JSON. */
  readonly gives?: string;
  /** Besides those that any request may meet, see COMMON_REFUSALS. */
  readonly refusals: readonly RefusalCode[];
}

/**
 * What any request may be refused with: by the listener, for want of a sign-in, for what it is, or because
 * nothing works just now.
 */
export const COMMON_REFUSALS = [
  'no_host',
  'foreign_host',
  'forwarded',
  'foreign_origin',
  'signed_out',
  'wrong_token',
  'token_expired',
  'scope_missing',
  'copied_session',
  'not_owner',
  'foreign_page',
  'other_person',
  'invalid',
  'no_json',
  'too_big',
  'disk_full',
  'not_ready',
] as const satisfies readonly RefusalCode[];

/** The answer is written by hand, and not as JSON. */
const ByHand = z.void();
const ofTask = ['no_task', 'task_ended'] as const;

export const ROUTES = {
  // The conversation.
  sendMessage: {
    method: 'POST',
    path: '/api/chat',
    topic: 'chat',
    summary: 'Say something. The reply streams as deltas and ends as a message',
    status: 202,
    body: SendMessage,
    answer: Sent,
    refusals: [],
  },
  stopReply: {
    method: 'POST',
    path: '/api/chat/stop',
    topic: 'chat',
    summary: 'Stop the reply that is being given. What was said of it stays',
    status: 200,
    answer: Done,
    refusals: [],
  },
  listMessages: {
    method: 'GET',
    path: '/api/chat/messages',
    topic: 'chat',
    summary: 'The thread, newest 200, oldest first; earlier ones page by page',
    status: 200,
    query: z.object({
      before: z.coerce
        .number<string | number | undefined>('A message is before a place in the event log.')
        .int()
        .min(1)
        .optional()
        .describe('Only what was said before this place in the event log'),
    }),
    answer: z.array(Message),
    refusals: [],
  },
  search: {
    method: 'GET',
    path: '/api/search',
    topic: 'chat',
    summary: 'What was said and done, by its words, however long ago',
    status: 200,
    query: z.object({
      q: z.string('Say what to look for: ?q=').max(500, 'Look for less than 500 characters.'),
      from: z.iso
        .date('A day is written 2026-11-26.')
        .optional()
        .describe('Messages said on this day (UTC) or later'),
      to: z.iso
        .date('A day is written 2026-11-26.')
        .optional()
        .describe('Messages said on this day (UTC) or earlier'),
    }),
    answer: Search,
    refusals: [],
  },
  keepAttachment: {
    method: 'POST',
    path: '/api/attachments',
    topic: 'chat',
    summary: 'Keep a file for a message. Its kind is told from its bytes, not from its name',
    status: 200,
    query: z.object({ name: z.string().optional().describe("The file's name") }),
    body: z.unknown(),
    sends: 'application/octet-stream',
    answer: Attachment,
    refusals: ['file_empty', 'file_no_image'],
  },
  readAttachment: {
    method: 'GET',
    path: '/api/attachments/{id}',
    topic: 'chat',
    summary: 'A file that came with a message',
    status: 200,
    answer: ByHand,
    gives: 'application/octet-stream',
    refusals: ['no_file'],
  },
  getMemory: {
    method: 'GET',
    path: '/api/memory',
    topic: 'chat',
    summary: 'What the chat model is told now, what is remembered word for word, and the summaries',
    status: 200,
    query: z.object({
      month: Month.optional().describe('The summaries of that month instead, with its days'),
    }),
    answer: MemoryKept,
    refusals: [],
  },
  pin: {
    method: 'POST',
    path: '/api/memory/pins',
    topic: 'chat',
    summary: 'Remember something word for word',
    status: 201,
    body: PinWords,
    answer: PinId,
    refusals: [],
  },
  editPin: {
    method: 'PATCH',
    path: '/api/memory/pins/{id}',
    topic: 'chat',
    summary: 'Change the words of what is remembered',
    status: 200,
    body: PinWords,
    answer: Done,
    refusals: ['no_pin'],
  },
  unpin: {
    method: 'DELETE',
    path: '/api/memory/pins/{id}',
    topic: 'chat',
    summary: 'No longer remember it word for word',
    status: 200,
    answer: Done,
    refusals: ['no_pin'],
  },
  editSummary: {
    method: 'PATCH',
    path: '/api/memory/summaries/{id}',
    topic: 'chat',
    summary: 'Write a summary anew. The old copy is kept, and what stands on it is written anew',
    status: 200,
    body: SummaryWords,
    answer: Done,
    refusals: ['no_summary'],
  },
  forget: {
    method: 'POST',
    path: '/api/memory/forget',
    topic: 'chat',
    summary:
      'Delete messages for good: some, those of a time, or all. Summaries that stood on them are written anew',
    status: 200,
    body: Forget,
    answer: ForgottenCount,
    refusals: [],
  },
  exportMemory: {
    method: 'GET',
    path: '/api/memory/export',
    topic: 'chat',
    summary: 'All messages, summaries and pins, as JSON Lines',
    status: 200,
    answer: ByHand,
    gives: 'application/x-ndjson',
    refusals: [],
  },
  listProposals: {
    method: 'GET',
    path: '/api/proposals',
    topic: 'chat',
    summary: 'Proposals that wait for a yes or no, oldest first',
    status: 200,
    answer: z.array(Proposal),
    refusals: [],
  },
  proposeTask: {
    method: 'POST',
    path: '/api/proposals',
    topic: 'chat',
    summary: 'Propose a task: a card, as if it had been asked for in the chat; nothing runs before a yes',
    status: 201,
    body: ProposeTask,
    answer: Proposed,
    refusals: ['no_project', 'no_blocker'],
  },
  confirmProposal: {
    method: 'POST',
    path: '/api/proposals/{id}/confirm',
    topic: 'chat',
    summary: 'Start the proposed task. The digest is what the card showed; a double tap makes one task',
    status: 200,
    body: ConfirmProposal,
    answer: OfTask,
    refusals: [
      'no_proposal',
      'proposal_altered',
      'proposal_declined',
      'proposal_expired',
      'no_project',
      'no_blocker',
      ...ofTask,
    ],
  },
  declineProposal: {
    method: 'POST',
    path: '/api/proposals/{id}/decline',
    topic: 'chat',
    summary: 'Not now',
    status: 200,
    answer: Done,
    refusals: ['proposal_closed'],
  },
  catchUp: {
    method: 'POST',
    path: '/api/caught-up',
    topic: 'work',
    summary: 'Note until which event you know what happened; the next greeting starts there',
    status: 200,
    body: CaughtUp,
    answer: Done,
    refusals: [],
  },

  // Saved prompts.
  listSkills: {
    method: 'GET',
    path: '/api/skills',
    topic: 'chat',
    summary: 'Skills: prompts that are saved under a name, with parameters',
    status: 200,
    answer: z.array(Skill),
    refusals: [],
  },
  saveSkill: {
    method: 'POST',
    path: '/api/skills',
    topic: 'chat',
    summary: 'Keep a skill; one of that name is changed',
    status: 200,
    body: SaveSkill,
    answer: SavedSkill,
    refusals: ['skill_wrong', 'no_project'],
  },
  removeSkill: {
    method: 'DELETE',
    path: '/api/skills/{name}',
    topic: 'chat',
    summary: 'Remove a skill; what it proposed stays',
    status: 200,
    answer: Done,
    refusals: ['no_skill'],
  },
  runSkill: {
    method: 'POST',
    path: '/api/skills/{name}/run',
    topic: 'chat',
    summary: 'Propose what a skill says: a card, as if it had been asked for in the chat',
    status: 201,
    body: RunSkill,
    answer: Proposed,
    refusals: ['no_skill', 'skill_wrong', 'skill_nowhere', 'no_project'],
  },

  // Skills that come by themselves.
  listRecurring: {
    method: 'GET',
    path: '/api/recurring',
    topic: 'chat',
    summary: 'Plans of skills, each with its next five times and what became of the last five',
    status: 200,
    answer: z.array(Recurring),
    refusals: [],
  },
  saveRecurring: {
    method: 'POST',
    path: '/api/recurring',
    topic: 'chat',
    summary: 'Let a skill come by itself, or change a plan; it counts from now',
    status: 200,
    body: SaveRecurring,
    answer: SavedRecurring,
    refusals: ['plan_wrong', 'no_skill', 'skill_wrong', 'skill_nowhere', 'no_project', 'no_recurring'],
  },
  pauseRecurring: {
    method: 'POST',
    path: '/api/recurring/{id}/pause',
    topic: 'chat',
    summary: 'Pause a plan, or let it go on from now; what was due meanwhile is not made up',
    status: 200,
    body: PauseRecurring,
    answer: Done,
    refusals: ['no_recurring'],
  },
  seeRecurring: {
    method: 'POST',
    path: '/api/recurring/{id}/seen',
    topic: 'chat',
    summary: 'Note that you have read that a plan did not happen',
    status: 200,
    answer: Done,
    refusals: ['no_recurring'],
  },
  removeRecurring: {
    method: 'DELETE',
    path: '/api/recurring/{id}',
    topic: 'chat',
    summary: 'Remove a plan; what it proposed stays',
    status: 200,
    answer: Done,
    refusals: ['no_recurring'],
  },

  // The cycle.
  getCycle: {
    method: 'GET',
    path: '/api/cycle',
    topic: 'chat',
    summary: 'What looks after everything that goes on: how often, and what it did in the last day',
    status: 200,
    answer: Cycle,
    refusals: [],
  },
  askCycle: {
    method: 'POST',
    path: '/api/cycle/now',
    topic: 'chat',
    summary: 'Have the next cycle come now; one that is under way is the one',
    status: 200,
    answer: Done,
    refusals: [],
  },

  // Automations.
  listAutomations: {
    method: 'GET',
    path: '/api/automations',
    topic: 'chat',
    summary: 'Automations, with their last times',
    status: 200,
    answer: z.array(Automation),
    refusals: [],
  },
  saveAutomation: {
    method: 'POST',
    path: '/api/automations',
    topic: 'chat',
    summary: 'Make an automation, or change the one of that name; it is about what happens from now on',
    status: 200,
    body: SaveAutomation,
    answer: SavedAutomation,
    refusals: ['rule_wrong'],
  },
  listAutomationFiles: {
    method: 'GET',
    path: '/api/automations/files',
    topic: 'chat',
    summary: 'Rules that stand in repositories, and whether each was approved',
    status: 200,
    answer: z.array(AutomationFile),
    refusals: [],
  },
  approveAutomation: {
    method: 'POST',
    path: '/api/automations/approve',
    topic: 'chat',
    summary: 'Approve a rule of a repository exactly as it was looked at; a change has to be approved again',
    status: 200,
    body: ApproveAutomation,
    answer: SavedAutomation,
    refusals: ['rule_changed', 'rule_wrong'],
  },
  tryAutomation: {
    method: 'POST',
    path: '/api/automations/dry-run',
    topic: 'chat',
    summary: 'What an automation would have done in the last days; nothing is kept and nothing is done',
    status: 200,
    body: TryAutomation,
    answer: DryRun,
    refusals: ['rule_wrong'],
  },
  whyAutomation: {
    method: 'POST',
    path: '/api/automations/{id}/why',
    topic: 'chat',
    summary: 'Why an automation came of an event, or did not',
    status: 200,
    body: AskWhy,
    answer: WhyAutomation,
    refusals: ['no_automation', 'no_event'],
  },
  pauseAutomation: {
    method: 'POST',
    path: '/api/automations/{id}/pause',
    topic: 'chat',
    summary: 'Pause an automation, or let it go on from now',
    status: 200,
    body: PauseAutomation,
    answer: Done,
    refusals: ['no_automation'],
  },
  removeAutomation: {
    method: 'DELETE',
    path: '/api/automations/{id}',
    topic: 'chat',
    summary: 'Remove an automation; what it did stays',
    status: 200,
    answer: Done,
    refusals: ['no_automation'],
  },

  // What waits for a person.
  listInbox: {
    method: 'GET',
    path: '/api/inbox',
    topic: 'work',
    summary: 'What needs you, oldest first, 500 at most',
    status: 200,
    answer: z.array(Item),
    refusals: [],
  },
  countWaiting: {
    method: 'GET',
    path: '/api/waiting',
    topic: 'work',
    summary: 'How many things are stopped on you: the number on every badge',
    status: 200,
    answer: Waiting,
    refusals: [],
  },
  decide: {
    method: 'POST',
    path: '/api/inbox/{id}',
    topic: 'work',
    summary: 'Decide an item. The first decision counts, wherever it came from',
    status: 200,
    body: Decide,
    answer: Decided,
    refusals: [
      'no_item',
      'item_answered',
      'item_closed',
      'wrong_decision',
      'gate_unseen',
      'not_shown_whole',
      'rule_too_long',
      'nothing_said',
    ],
  },
  noteSeen: {
    method: 'POST',
    path: '/api/inbox/{id}/seen',
    topic: 'work',
    summary: 'Note for the attention ledger that an item was shown, or opened',
    status: 200,
    body: Seen,
    answer: Done,
    refusals: [],
  },
  noteNotNeeded: {
    method: 'POST',
    path: '/api/inbox/{id}/not-needed',
    topic: 'work',
    summary: 'Say that an item did not need you',
    status: 200,
    answer: Done,
    refusals: [],
  },
  snooze: {
    method: 'POST',
    path: '/api/inbox/{id}/snooze',
    topic: 'work',
    summary: 'Look at an item later',
    status: 200,
    body: Snooze,
    answer: Done,
    refusals: ['no_ci'],
  },

  // What was written and not sent yet.
  listDrafts: {
    method: 'GET',
    path: '/api/drafts',
    topic: 'work',
    summary: 'Words that were begun on any device and not sent yet',
    status: 200,
    answer: z.array(Draft),
    refusals: [],
  },
  keepDraft: {
    method: 'POST',
    path: '/api/drafts',
    topic: 'work',
    summary: 'Keep words until they are sent. What another device wrote meanwhile is kept with them',
    status: 200,
    body: KeepDraft,
    answer: KeptDraft,
    refusals: [],
  },

  // The one switch over all work.
  getPause: {
    method: 'GET',
    path: '/api/pause',
    topic: 'work',
    summary: 'Whether everything is paused, and how many agents work or wait',
    status: 200,
    answer: Paused,
    refusals: [],
  },
  pauseAll: {
    method: 'POST',
    path: '/api/pause',
    topic: 'work',
    summary:
      'Pause everything: agents keep what they did and stop within ten seconds, and nothing starts or is merged until it is resumed',
    status: 200,
    body: PauseAll,
    answer: Paused,
    refusals: [],
  },
  resumeAll: {
    method: 'POST',
    path: '/api/resume',
    topic: 'work',
    summary: 'Resume everything: what was stopped goes on, what waited starts',
    status: 200,
    body: PauseAll,
    answer: Paused,
    refusals: [],
  },

  // Tasks and their runs.
  listTasks: {
    method: 'GET',
    path: '/api/tasks',
    topic: 'work',
    summary: 'Tasks, open ones first, newest 200',
    status: 200,
    query: z.object({
      state: z
        .enum(TASK_STATES, `A state is one of ${TASK_STATES.join(', ')}.`)
        .optional()
        .describe('Only those in it'),
    }),
    answer: z.array(Task),
    refusals: [],
  },
  getTask: {
    method: 'GET',
    path: '/api/tasks/{id}',
    topic: 'work',
    summary: 'One task with its plan, items and runs',
    status: 200,
    answer: TaskDetail,
    refusals: ['no_task'],
  },
  listEvents: {
    method: 'GET',
    path: '/api/tasks/{id}/events',
    topic: 'work',
    summary: 'The story of a task: its newest thousand events, oldest first',
    status: 200,
    answer: z.array(Event),
    refusals: [],
  },
  getEvidence: {
    method: 'GET',
    path: '/api/tasks/{id}/evidence',
    topic: 'review',
    summary: 'What the change of a task can be judged by: what was done, what was checked, what is risky',
    status: 200,
    answer: Evidence,
    refusals: ['no_task'],
  },
  listQueued: {
    method: 'GET',
    path: '/api/queue',
    topic: 'work',
    summary: 'Why each task waits whose agent has not started yet, the longest first',
    status: 200,
    answer: z.array(QueuedTask),
    refusals: [],
  },
  setPriority: {
    method: 'POST',
    path: '/api/tasks/{id}/priority',
    topic: 'work',
    summary: 'How urgent a task is; the next slot goes by that',
    status: 200,
    body: ChangePriority,
    answer: Done,
    refusals: ofTask,
  },
  setBlockers: {
    method: 'POST',
    path: '/api/tasks/{id}/blockers',
    topic: 'work',
    summary: 'Which tasks have to end before an agent works on this one. A circle is refused with its path',
    status: 200,
    body: ChangeBlockers,
    answer: Done,
    refusals: [...ofTask, 'no_blocker', 'blockers_circle'],
  },
  cancelTask: {
    method: 'POST',
    path: '/api/tasks/{id}/cancel',
    topic: 'work',
    summary: 'Cancel: closes issue, pull request, branch and sandbox',
    status: 200,
    answer: Done,
    refusals: ofTask,
  },
  steerTask: {
    method: 'POST',
    path: '/api/tasks/{id}/say',
    topic: 'work',
    summary: 'Say something to a task: a running agent hears it before its next model call',
    status: 200,
    body: Steer,
    answer: Steered,
    refusals: ofTask,
  },
  noteTaskLooked: {
    method: 'POST',
    path: '/api/tasks/{id}/seen',
    topic: 'work',
    summary: 'Note that the page of a task was looked at, so that nothing of it is new on any device',
    status: 200,
    body: TaskSeen,
    answer: Done,
    refusals: [],
  },
  pauseTask: {
    method: 'POST',
    path: '/api/tasks/{id}/pause',
    topic: 'work',
    summary:
      'Stop the running agent where it stands, and Retry goes on; what waits to be merged is taken out and offered again',
    status: 200,
    answer: Done,
    refusals: [...ofTask, 'no_agent'],
  },
  setBudget: {
    method: 'POST',
    path: '/api/tasks/{id}/budget',
    topic: 'work',
    summary: 'What a task may cost at most; counts at once',
    status: 200,
    body: RaiseBudget,
    answer: Done,
    refusals: ofTask,
  },
  changeModel: {
    method: 'POST',
    path: '/api/tasks/{id}/model',
    topic: 'work',
    summary: 'Go on with another model; a task that waits for a usage limit goes on at once',
    status: 200,
    body: ChangeModel,
    answer: Done,
    refusals: ofTask,
  },
  readOutput: {
    method: 'GET',
    path: '/api/runs/{id}/output',
    topic: 'work',
    summary: "A run's output from an offset: JSON lines as the agent printed them",
    status: 200,
    query: z.object({
      from: z.coerce
        .number<string | number | undefined>('Output begins at a number of bytes.')
        .int()
        .min(0)
        .default(0)
        .describe('Bytes'),
    }),
    answer: Output,
    refusals: ['no_run'],
  },

  // The review of a change.
  listComments: {
    method: 'GET',
    path: '/api/tasks/{id}/comments',
    topic: 'review',
    summary:
      'Comments on the change of a task, made here or on GitHub, with what the agent answered; oldest first, a thousand at most',
    status: 200,
    answer: z.array(Comment),
    refusals: [],
  },
  addComment: {
    method: 'POST',
    path: '/api/tasks/{id}/comments',
    topic: 'review',
    summary: 'Comment on lines. A draft, until the review is sent by deciding the review item with "changes"',
    status: 200,
    body: NewComment,
    answer: Done,
    refusals: ['no_task', 'review_ended', 'too_many_drafts'],
  },
  editComment: {
    method: 'PATCH',
    path: '/api/comments/{id}',
    topic: 'review',
    summary: 'Change the text of a draft',
    status: 200,
    body: EditComment,
    answer: Done,
    refusals: ['no_comment', 'comment_sent'],
  },
  dropComment: {
    method: 'DELETE',
    path: '/api/comments/{id}',
    topic: 'review',
    summary: 'Take a draft back',
    status: 200,
    answer: Done,
    refusals: ['no_comment', 'comment_sent'],
  },
  resolveComment: {
    method: 'POST',
    path: '/api/comments/{id}/resolve',
    topic: 'review',
    summary: 'Resolve a thread, or open it again',
    status: 200,
    body: ResolveComment,
    answer: Done,
    refusals: ['no_comment', 'comment_unsent'],
  },
  takeComment: {
    method: 'POST',
    path: '/api/comments/{id}/take',
    topic: 'review',
    summary: 'Make a request of a comment on GitHub that was not taken as one',
    status: 200,
    answer: Done,
    refusals: ['no_comment', 'review_ended'],
  },
  noteLooked: {
    method: 'POST',
    path: '/api/tasks/{id}/looked',
    topic: 'review',
    summary: 'Note that a push was looked at; the next look can start there',
    status: 200,
    body: Looked,
    answer: Done,
    refusals: ['no_push'],
  },

  // Projects and settings.
  // What agents learn.
  listLearnings: {
    method: 'GET',
    path: '/api/learnings',
    topic: 'learnings',
    summary: 'Rules that agents learned or a person wrote, newest first',
    status: 200,
    answer: z.array(Learning),
    refusals: [],
  },
  addLearning: {
    method: 'POST',
    path: '/api/learnings',
    topic: 'learnings',
    summary: 'Write a rule. It counts at once',
    status: 200,
    body: NewLearning,
    answer: Done,
    refusals: ['no_rule', 'no_project'],
  },
  decideLearning: {
    method: 'POST',
    path: '/api/learnings/{id}',
    topic: 'learnings',
    summary:
      'Approve, reject, retire, edit or put off a rule, tell it to every agent, say whether it is the same as another, or make it what it was',
    status: 200,
    body: DecideLearning,
    answer: Done,
    refusals: ['no_learning', 'no_rule', 'no_version', 'learning_decided', 'too_much_for_all'],
  },
  mineReviews: {
    method: 'POST',
    path: '/api/projects/{id}/mine',
    topic: 'learnings',
    summary:
      'Read the newest 300 comments on lines of its pull requests for rules. It takes three requests to the forge and no model; what came up in two pull requests waits for the user',
    status: 200,
    answer: Done,
    refusals: ['no_project'],
  },
  listProjects: {
    method: 'GET',
    path: '/api/projects',
    topic: 'projects',
    summary: 'Projects, oldest first',
    status: 200,
    answer: z.array(Project),
    refusals: [],
  },
  addProject: {
    method: 'POST',
    path: '/api/projects',
    topic: 'projects',
    summary:
      'Add a GitHub repository (owner/name), a folder of one, or a git folder of this machine. Waits up to a minute for the worker',
    status: 201,
    body: AddProject,
    answer: AddedProject,
    refusals: ['project_refused', 'project_slow', 'worker_silent', 'no_project'],
  },
  initProject: {
    method: 'POST',
    path: '/api/projects/{id}/init',
    topic: 'projects',
    summary: 'Propose checks and previews for a repository: a card, as if it had been asked for in the chat',
    status: 201,
    body: InitRepo,
    answer: Proposed,
    refusals: ['no_project'],
  },
  changeProject: {
    method: 'PATCH',
    path: '/api/projects/{id}/settings',
    topic: 'projects',
    summary: 'Models, budget, egress and limits of a project: the fields that change',
    status: 200,
    body: ProjectSettings,
    answer: Done,
    refusals: ['no_project', 'project_there'],
  },
  removeProject: {
    method: 'DELETE',
    path: '/api/projects/{id}',
    topic: 'projects',
    summary:
      'Take a project off the list. Its tasks that run are cancelled; its repository and the story of its tasks stay',
    status: 200,
    answer: Done,
    refusals: ['no_project'],
  },
  getSettings: {
    method: 'GET',
    path: '/api/settings',
    topic: 'projects',
    summary: 'Settings of the owner, with defaults filled in',
    status: 200,
    answer: OwnerSettings,
    refusals: [],
  },
  listLimits: {
    method: 'GET',
    path: '/api/limits',
    topic: 'projects',
    summary:
      'What all agents, and those of each project, may cost in a day, a week and a month, and what they did',
    status: 200,
    answer: z.array(MoneyLimit),
    refusals: [],
  },
  tryGuardrails: {
    method: 'POST',
    path: '/api/guardrails/dry-run',
    topic: 'projects',
    summary: 'What guardrails would have stopped of the last pushes; nothing is kept and nothing is done',
    status: 200,
    body: TryGuardrails,
    answer: TriedGuardrails,
    refusals: ['no_project'],
  },
  changeSettings: {
    method: 'PATCH',
    path: '/api/settings',
    topic: 'projects',
    summary: 'Settings of the owner: the fields that change',
    status: 200,
    body: Settings,
    answer: OwnerSettings,
    refusals: [],
  },

  // Devices.
  getSignIn: {
    method: 'GET',
    path: '/api/signin',
    topic: 'devices',
    summary: 'Whether one has to sign in, how, and whether this request is',
    status: 200,
    answer: SignIn,
    refusals: [],
  },
  listDevices: {
    method: 'GET',
    path: '/api/devices',
    topic: 'devices',
    summary: 'Devices that are signed in',
    status: 200,
    answer: z.array(Device),
    refusals: [],
  },
  signOut: {
    method: 'DELETE',
    path: '/api/devices/{id}',
    topic: 'devices',
    summary: 'Sign a device out, at once',
    status: 200,
    answer: Done,
    refusals: ['no_device'],
  },
  linkDevice: {
    method: 'POST',
    path: '/api/devices/links',
    topic: 'devices',
    summary: 'A link that signs one more device in, once, within ten minutes',
    status: 200,
    answer: DeviceLink,
    refusals: ['no_sign_in'],
  },
  listTokens: {
    method: 'GET',
    path: '/api/tokens',
    topic: 'devices',
    summary: 'Tokens of programs: what each may do, until when, and when it was used',
    status: 200,
    answer: z.array(Token),
    refusals: [],
  },
  createToken: {
    method: 'POST',
    path: '/api/tokens',
    topic: 'devices',
    summary: 'Make a token for a program. It is shown this once',
    status: 201,
    body: NewToken,
    answer: MadeToken,
    refusals: [],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/api/tokens/{id}',
    topic: 'devices',
    summary: 'Take a token back, at once',
    status: 200,
    answer: Done,
    refusals: ['no_token'],
  },
  restoreToken: {
    method: 'POST',
    path: '/api/tokens/{id}/restore',
    topic: 'devices',
    summary: 'Undo that, within a minute',
    status: 200,
    answer: Done,
    refusals: ['no_token'],
  },
  getPushKey: {
    method: 'GET',
    path: '/api/push/key',
    topic: 'push',
    summary: 'The public key a browser subscribes with (VAPID, base64url)',
    status: 200,
    answer: PushKey,
    refusals: [],
  },
  listToldDevices: {
    method: 'GET',
    path: '/api/push/devices',
    topic: 'push',
    summary: 'Devices that are told what needs you',
    status: 200,
    answer: z.array(ToldDevice),
    refusals: [],
  },
  tellDevice: {
    method: 'POST',
    path: '/api/push/devices',
    topic: 'push',
    summary: "Tell this device: a browser's push subscription. The same one again is kept once",
    status: 200,
    body: PushDevice,
    answer: KeptDevice,
    refusals: ['no_push_service'],
  },
  forgetDevice: {
    method: 'DELETE',
    path: '/api/push/devices/{id}',
    topic: 'push',
    summary: 'Tell this device no more',
    status: 200,
    answer: Done,
    refusals: ['no_device'],
  },

  // Machines.
  stream: {
    method: 'GET',
    path: '/api/stream',
    topic: 'stream',
    summary: 'Live stream of Event, Delta and OutputHint (Server-Sent Events), resumable by Last-Event-ID',
    status: 200,
    query: z.object({
      after: z
        .string()
        .optional()
        .describe('A place in the event log, or `now`, where no Last-Event-ID is sent'),
    }),
    answer: ByHand,
    gives: 'text/event-stream',
    refusals: [],
  },
  takeWebhook: {
    method: 'POST',
    path: '/api/webhooks/github',
    topic: 'webhooks',
    summary: 'GitHub webhooks (HMAC, deduplicated by delivery id)',
    status: 202,
    body: z.unknown(),
    sends: 'application/json',
    answer: Done,
    refusals: ['wrong_signature', 'no_webhook'],
  },
  getHealth: {
    method: 'GET',
    path: '/api/healthz',
    topic: 'health',
    summary: 'Is it up, and is this the demo?',
    status: 200,
    answer: Health,
    refusals: [],
  },
  checkUp: {
    method: 'GET',
    path: '/api/checkup',
    topic: 'health',
    summary: 'Whether tasks can run: the worker, and the cluster as it sees it',
    status: 200,
    answer: z.array(Check),
    refusals: [],
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    topic: 'health',
    summary: 'Prometheus text (exposition format 0.0.4)',
    status: 200,
    answer: z.string(),
    gives: 'text/plain; version=0.0.4',
    refusals: [],
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;
type Table = typeof ROUTES;

type WithQuery = { [N in RouteName]: Table[N] extends { query: unknown } ? N : never }[RouteName];
/**
 * The schema of a route's query.
 * @param name a route that has one
 */
export const queryOf = (name: WithQuery): z.ZodObject => ROUTES[name].query;

/** What a controller gives: moments are Dates. */
export type Given<N extends RouteName> = z.output<Table[N]['answer']>;
/** What a caller receives: moments are text. */
export type Answer<N extends RouteName> = z.input<Table[N]['answer']>;

/** What a controller takes: the body, read by its schema. */
export type Taken<N extends RouteName> = Table[N] extends { body: infer B extends z.ZodType }
  ? z.output<B>
  : never;
/** What a controller is asked: the query, read by its schema. */
export type AskedOf<N extends RouteName> = Table[N] extends { query: infer Q extends z.ZodType }
  ? z.output<Q>
  : never;

type PathNames<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathNames<Rest>
  : never;
/** What a caller sends: the parameters of the path by their names, besides them `query` and `body`. */
export type Sends<N extends RouteName> = {
  readonly [P in PathNames<Table[N]['path']>]: string;
} & (Table[N] extends {
  body: infer B extends z.ZodType;
}
  ? { readonly body: z.input<B> }
  : unknown) &
  (Table[N] extends { query: infer Q extends z.ZodType } ? { readonly query?: z.input<Q> } : unknown);
