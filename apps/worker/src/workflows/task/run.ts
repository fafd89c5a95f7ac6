// One piece of work of the agent, from its place in the queue until it is done: however many runs, questions
// and waits that takes.
import { patched } from '@temporalio/workflow';
import { afterRun, type AfterRun, type RunEnd } from '@mainloop/models/flow/runs/outcomes';
import type { Phase, TaskState } from '@mainloop/models/flow/states';
import { PLAIN, type Status } from '@mainloop/models/flow/status';
import type { RunContext } from '@mainloop/models/flow/workflow';
import { forge, runs } from './activities.ts';
import { setState, type TaskContext } from './context.ts';
import { askPerson, untilDone } from './trouble.ts';
import { askOnForge } from './word.ts';

const CHECK_RUN_MS = 20_000;
const CHECK_SLOT_MS = 15_000;
/** How often one run is started again after its sandbox was lost. */
const MAX_STARTS = 5;

/**
 * @param working what the task is while the agent works
 * @param about what the run is about, besides what was answered meanwhile
 * @param status what it says of itself meanwhile, where that is more than that the agent works
 * @returns the id of the run that did it
 */
export async function run(
  task: TaskContext,
  phase: Phase,
  working: TaskState,
  about: Omit<RunContext, 'answered'> = {},
  status: Status = PLAIN,
): Promise<string> {
  const answered: string[] = [];
  // What was allowed counts once: the run after the next is not told of it again.
  let permitted: readonly string[] = [];
  for (let attempt = 1, resumed = false; ; attempt++, resumed = true) {
    const { runId, outcome } = await runOnce(
      task,
      phase,
      working,
      { ...about, answered: [...answered, ...permitted], resumed },
      status,
    );
    const next = afterRun(outcome, attempt, Date.now());
    switch (next.do) {
      case 'go_on':
        return runId;
      case 'again':
        await pause(task, phase, outcome, next);
        // A pause of everything is no failed try.
        if (outcome.kind === 'interrupted' && outcome.reason === 'all_paused') attempt = 0;
        break;
      case 'await_answer':
        if (next.permission) await permissions(task, phase, next.itemIds);
        else await answers(task, phase, next.itemIds);
        if (!next.permission) answered.push(...next.itemIds);
        permitted = next.permission ? next.itemIds : [];
        attempt = 0;
        break;
      case 'ask_human':
        await askPerson(task, phase, next.sentence, next.detail, 'blocked', next.code);
        attempt = 0;
    }
  }
}

async function runOnce(
  task: TaskContext,
  phase: Phase,
  working: TaskState,
  context: RunContext,
  status: Status,
): Promise<{ runId: string; outcome: RunEnd }> {
  const { taskId, desk } = task;
  // A person who has just confirmed waits for this: what need not wait for another is done beside it.
  const atOnce = patched('start-at-once');
  const queued = setState(task, 'queued', phase);
  if (!atOnce) await queued;
  const prepared = await untilDone(task, phase, () =>
    runs.prepareRun({ taskId, n: ++task.seenRuns, phase, context }),
  );
  const { runId } = prepared;
  await queued;
  for (let slot = prepared.slot ?? (await runs.takeSlot({ runId })); !slot.got;) {
    const before = desk.lookAgains();
    await desk.until(() => desk.lookAgains() > before, CHECK_SLOT_MS, { what: 'slot', runId });
    slot = await runs.takeSlot({ runId, isByTimer: desk.lookAgains() === before });
  }
  const told = setState(task, working, phase, status);
  if (!atOnce) await told;
  await task.sandboxMade;
  const outcome = await untilDone(task, phase, () => drive(task, runId, told));
  await untilDone(task, phase, () => forge.narrate({ taskId }));
  return { runId, outcome };
}

/** @param meanwhile what goes on beside the start, and has to be over before anything else is said of the task */
async function drive({ desk }: TaskContext, runId: string, meanwhile: Promise<void>): Promise<RunEnd> {
  for (let starts = 0; starts < MAX_STARTS; starts++) {
    try {
      await runs.startRun({ runId });
    } finally {
      await meanwhile;
    }
    for (let before = desk.lookAgains(); ; before = desk.lookAgains()) {
      await desk.until(() => desk.runEnded(runId) || desk.lookAgains() > before, CHECK_RUN_MS, {
        what: 'run',
        runId,
      });
      const now = await runs.checkRun({ runId });
      if (now.at === 'ended') return now.outcome;
      if (now.at === 'gone') break;
    }
  }
  await runs.giveUpRun({ runId });
  return { kind: 'interrupted', reason: 'lost' };
}

/** Before the next try. A wait for the account's limit is over as soon as the person says with which model to go on. */
async function pause(
  task: TaskContext,
  phase: Phase,
  outcome: RunEnd,
  { delayMs }: Extract<AfterRun, { do: 'again' }>,
): Promise<void> {
  const { desk } = task;
  const before = desk.goOns();
  // Known by its name only to new histories: an old one goes on as it was recorded.
  const limit = outcome.kind === 'wait' && patched('wait-words') ? outcome : null;
  if (limit !== null) await setState(task, 'blocked', phase, { is: 'account_limit', untilMs: limit.untilMs });
  const untilIso = new Date(Date.now() + delayMs).toISOString();
  await desk.until(() => limit !== null && desk.goOns() > before, delayMs, { what: 'time', untilIso });
}

async function answers(task: TaskContext, phase: Phase, itemIds: readonly string[]): Promise<void> {
  await setState(task, 'blocked', phase, { is: 'question' });
  for (const id of itemIds) task.asked.add(id);
  for (const id of itemIds) {
    if (patched('ask-on-forge')) await askOnForge(task, id);
    await task.desk.decision(id);
  }
}

/** Its session was ended while it waited for these. Nobody but the person is asked, and no slot is held. */
async function permissions(task: TaskContext, phase: Phase, itemIds: readonly string[]): Promise<void> {
  for (const itemId of itemIds) task.asked.add(itemId);
  for (const itemId of itemIds) {
    if (task.desk.decided(itemId) === undefined)
      await setState(task, 'blocked', phase, { is: 'item', itemId });
    await task.desk.decision(itemId);
  }
}
