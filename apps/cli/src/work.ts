// Verbs about the work: what is said, proposed, done and decided. A file for each topic is in work/.
import type { Command } from 'commander';
import { registerCompletions } from './completions.ts';
import type { Context } from './context.ts';
import { registerAutomations } from './work/automations.ts';
import { registerChat } from './work/chat.ts';
import { registerComments } from './work/comments.ts';
import { registerDevices } from './work/devices.ts';
import { registerInbox } from './work/inbox.ts';
import { registerGuardrails } from './work/guardrails.ts';
import { registerBudget, registerLimits } from './work/money.ts';
import { registerOrder } from './work/order.ts';
import { registerProjects } from './work/projects.ts';
import { registerProposals } from './work/proposals.ts';
import { registerCycle } from './work/cycle.ts';
import { registerRecurring } from './work/recurring.ts';
import { registerSkills } from './work/skills.ts';
import { registerSteering } from './work/steering.ts';
import { registerTokens } from './work/tokens.ts';
import { registerTasks } from './work/tasks.ts';
import { registerWatch } from './work/watch.ts';

/**
 * Adds them all, in the order in which `mainloop help` lists them.
 * @param program gets them
 * @param context how to ask the api, and how to print
 */
export function registerWork(program: Command, context: Context): void {
  registerChat(program, context);
  registerProposals(program, context);
  registerProjects(program, context);
  registerTasks(program, context);
  registerWatch(program, context);
  registerInbox(program, context);
  registerBudget(program, context);
  registerOrder(program, context);
  registerSkills(program, context);
  registerCycle(program, context);
  registerRecurring(program, context);
  registerAutomations(program, context);
  registerLimits(program, context);
  registerGuardrails(program, context);
  registerSteering(program, context);
  registerTokens(program, context);
  registerDevices(program, context);
  registerComments(program, context);
  registerCompletions(program, context);
}
