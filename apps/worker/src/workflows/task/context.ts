// What every stage of a task is given: who it is about, what reaches it, and what it counts.
import { defineQuery, patched, setHandler } from '@temporalio/workflow';
import { readResume, writeResume } from '@mainloop/models/flow/runs/resume';
import type { ItemKind, Option } from '@mainloop/models/flow/events';
import type { ErrorCode } from '@mainloop/models/flow/runs/outcomes';
import type { TaskState } from '@mainloop/models/flow/states';
import { PLAIN, type Status } from '@mainloop/models/flow/status';
import {
  QUERIES,
  type Position,
  type TaskStanding,
  type TaskWorkflowInput,
} from '@mainloop/models/flow/workflow';
import { openDesk, type Desk } from '../desk.ts';
import { quietly } from '../failures.ts';
import { ahead, records } from './activities.ts';

/** What histories from before it was a setting were told. */
const OLD_GRACE_MS = 60_000;

export interface TaskContext {
  readonly taskId: string;
  readonly desk: Desk;
  /** How many revisions of the plan there were when the workflow began, or was continued. */
  readonly planRevision: number;
  /** How long a commit may be without any check until it counts as one that nothing checks. */
  readonly ciGraceMs: number;
  /** False for histories from before it looked seldom, and not at a word that came during a look. */
  readonly looksSoon: boolean;
  /** Its sandbox, made while the first run is still being prepared; settled, whatever becomes of it. */
  readonly sandboxMade: Promise<void>;
  /** Where it stands. A stage changes it only to keep what a person said, should it be entered anew. */
  position: Position;
  /** How many runs it has prepared; part of their ids. */
  seenRuns: number;
  /** Failure items opened so far; part of their ids. */
  items: number;
  /** How often it was offered for review; part of those items' ids. */
  offers: number;
  /** How often comments on GitHub woke the agent since the person last decided. */
  rounds: number;
  /** How often a second look sent the change back to its author since the person last decided. */
  lookRounds: number;
  /** Every item it has asked about since it began or was continued, by id. */
  readonly asked: Set<string>;
  /** Whether nothing follows but cleaning up. */
  isEnding: boolean;
}

/**
 * Reads what the workflow begins with, anew or where it was continued.
 * @returns what all stages share
 */
export async function openTask({ taskId, at }: TaskWorkflowInput): Promise<TaskContext> {
  const looksSoon = patched('look-soon-again');
  const resume = at === undefined ? undefined : readResume(at);
  const desk = openDesk(resume?.pending ?? []);
  let task: TaskContext | null = null;
  setHandler(defineQuery<TaskStanding>(QUERIES.standing), () => standingOf(task, resume?.seenRuns ?? 0), {
    description: STANDING,
  });
  const facts = await records.loadTask({ taskId });
  task = {
    taskId,
    desk,
    planRevision: facts.planRevision,
    ciGraceMs: facts.ciGraceMs ?? OLD_GRACE_MS,
    looksSoon,
    sandboxMade:
      resume === undefined && patched('place-ahead')
        ? quietly(ahead.ensurePlace({ taskId }))
        : Promise.resolve(),
    position:
      resume?.position ?? (facts.skipPlan ? { stage: 'implement' } : { stage: 'plan', revises: null }),
    seenRuns: resume?.seenRuns ?? 0,
    items: resume?.items ?? 0,
    offers: resume?.offers ?? 0,
    rounds: resume?.rounds ?? 0,
    lookRounds: resume?.lookRounds ?? 0,
    asked: new Set(),
    isEnding: false,
  };
  return task;
}

const STANDING =
  'The stage of the task, what it waits for, which inbox items are open, and how many runs there were.';

function standingOf(task: TaskContext | null, runsBefore: number): TaskStanding {
  if (task === null) return { stage: 'start', waitsFor: null, openItems: [], runs: runsBefore };
  const { desk, asked, seenRuns, position, isEnding } = task;
  if (isEnding) return { stage: 'end', waitsFor: null, openItems: [], runs: seenRuns };
  const openItems = [...asked].filter((id) => desk.decided(id) === undefined);
  return { stage: position.stage, waitsFor: desk.waitsFor(), openItems, runs: seenRuns };
}

/** @returns the input of the workflow that goes on where this one stands */
export function handOver({
  taskId,
  position,
  seenRuns,
  items,
  offers,
  rounds,
  lookRounds,
  desk,
}: TaskContext): TaskWorkflowInput {
  return {
    taskId,
    at: writeResume({
      version: 2,
      position,
      seenRuns,
      items,
      offers,
      rounds,
      lookRounds,
      pending: desk.pending(),
    }),
  };
}

/**
 * Writes down where the task is, for the pages.
 * @param phase as the page names the part of the work
 * @param status a code; its words are made where it is written down
 */
export const setState = (
  { taskId }: TaskContext,
  state: TaskState,
  phase: string,
  status: Status = PLAIN,
): Promise<void> => records.setState({ taskId, state, phase, status });

interface NewItem {
  readonly id: string;
  readonly kind: ItemKind;
  readonly title: string;
  readonly body: string;
  readonly options: Option[];
  readonly errorCode?: ErrorCode;
}

/**
 * Asks the person something in the inbox. Asking again under the same id asks nothing new.
 * @param item its id is made of the task's, so that it can be asked again
 */
export function openItem({ taskId, asked }: TaskContext, item: NewItem): Promise<void> {
  asked.add(item.id);
  return records.openItem({ taskId, ...item });
}

/** @param why nobody has to answer any more */
export function closeItem({ taskId, asked }: TaskContext, id: string, why: string): Promise<void> {
  asked.delete(id);
  return records.closeItem({ taskId, id, why });
}
