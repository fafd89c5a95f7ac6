// The projections: how one event changes what people see. One handler for each type; without one this does not compile.
import type { EventType, LoggedEvent } from '../events/registry.ts';
import type { Tx } from './pool.ts';
import type { Projections } from './projections/apply.ts';
import { ofAutomations } from './projections/automations.ts';
import { ofAwareness } from './projections/awareness.ts';
import { ofCycle } from './projections/cycle.ts';
import { ofConversation } from './projections/conversation.ts';
import { ofForge } from './projections/forge.ts';
import { ofInbox } from './projections/inbox.ts';
import { ofLearnings } from './projections/learnings.ts';
import { ofMemory } from './projections/memory.ts';
import { ofMoney } from './projections/money.ts';
import { ofProjects } from './projections/projects.ts';
import { ofProposals } from './projections/proposals.ts';
import { ofRecurring } from './projections/recurring.ts';
import { ofReview } from './projections/review.ts';
import { ofRuns } from './projections/runs.ts';
import { ofSkills } from './projections/skills.ts';
import { ofTasks } from './projections/tasks.ts';
import { ofWork } from './projections/work.ts';

/**
 * Tables that are made from the log alone, with their primary keys. Nothing but `project` writes to them, so
 * all of each can be made again. The others hold facts that are in no event and are no projections: runs and
 * what they put out, pushes with their diffs, turns, the outbox, commands to runners, checkpoints,
 * attachments, settings of the owner, devices, money in flight, summaries and pins, what automations remember.
 */
export const PROJECTIONS: Readonly<Record<string, readonly string[]>> = {
  projects: ['id'],
  messages: ['id'],
  proposals: ['id'],
  tasks: ['id'],
  inbox_items: ['id'],
  review_comments: ['id'],
  learnings: ['id'],
  cost_days: ['owner_id', 'day', 'project_id', 'model'],
  pauses: ['owner_id'],
  collisions: ['task_id', 'other_id'],
  cycles: ['id'],
  skills: ['id'],
  recurring: ['id'],
  recurring_times: ['recurring_id', 'due_at'],
  automations: ['id'],
  automation_files: ['project_id', 'path'],
  automation_firings: ['automation_id', 'version', 'seq'],
};

const HANDLERS: Projections<EventType> = {
  ...ofAutomations,
  ...ofAwareness,
  ...ofConversation,
  ...ofCycle,
  ...ofProjects,
  ...ofProposals,
  ...ofTasks,
  ...ofRuns,
  ...ofForge,
  ...ofReview,
  ...ofLearnings,
  ...ofMemory,
  ...ofMoney,
  ...ofInbox,
  ...ofRecurring,
  ...ofSkills,
  ...ofWork,
};

/**
 * Changes the projections as one event says. Call it once for each, in the order of the log.
 * @param tx the transaction of the append
 */
export async function project<T extends EventType>(tx: Tx, event: LoggedEvent<T>): Promise<void> {
  await HANDLERS[event.type](tx, event);
}
