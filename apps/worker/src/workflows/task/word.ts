// Waits in which the forge is looked at: a signal to look again only says that something changed there.
import { isCancellation, patched } from '@temporalio/workflow';
import { lookAgainMs } from '@mainloop/models/flow/forge/looks';
import { quietly } from '../failures.ts';
import { aside, besides } from './activities.ts';
import type { TaskContext } from './context.ts';

/** @returns the time of the workflow as the forge writes it: ISO, in whole seconds */
export const nowOnForge = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Whoever waits for a word from the forge looks then, soon after it again, and now and then besides.
 * @param itemId what a decision may come on meanwhile
 * @returns waits for the next look, or until that item is decided; a word that comes during a look counts for
 * the next wait
 */
export function wordFromForge({ desk, looksSoon }: TaskContext, itemId: string): () => Promise<void> {
  let seen = desk.lookAgains();
  let looks = 0;
  return async () => {
    if (!looksSoon) seen = desk.lookAgains();
    const news = (): boolean => desk.decided(itemId) !== undefined || desk.lookAgains() > seen;
    const heard = await desk.until(news, lookAgainMs(looks), { what: 'decision', itemId });
    looks = heard ? 0 : looks + 1;
    seen = desk.lookAgains();
  };
}

/**
 * Asks a question of the agent on the forge too, and waits for its answer. One after the other: then a
 * comment there answers the open one.
 * @returns when the question is decided, wherever that was
 */
export async function askOnForge(task: TaskContext, itemId: string): Promise<void> {
  const { taskId, desk } = task;
  const sinceIso = nowOnForge();
  const word = wordFromForge(task, itemId);
  const asked = desk.decided(itemId) ? null : await ask(taskId, itemId);
  while (!desk.decided(itemId)) {
    await word();
    // Before it stands there, no comment is an answer to it.
    if (!desk.decided(itemId) && asked?.isOver() !== false)
      await quietly(aside.readAnswer({ taskId, itemId, sinceIso }));
  }
  if (asked === null) return quietly(aside.ensureQuestion({ taskId, itemId }));
  // Who answered is said there too, and nobody waits for that. A question that is still on its way comes first.
  inBackground(async () => {
    await asked.over;
    await besides.ensureQuestion({ taskId, itemId });
  });
}

interface Background {
  readonly over: Promise<void>;
  isOver(): boolean;
}

/**
 * Puts a question on the forge while the person may answer it already: a forge that is away for an hour hears
 * of it in an hour.
 */
async function ask(taskId: string, itemId: string): Promise<Background | null> {
  if (patched('ask-until-asked')) return inBackground(() => besides.ensureQuestion({ taskId, itemId }));
  await quietly(aside.ensureQuestion({ taskId, itemId }));
  return null;
}

/** What may fail, and is given up when the workflow ends. */
function inBackground(act: () => Promise<void>): Background {
  let isOver = false;
  const over = quietly(act())
    .catch((err: unknown) => {
      if (!isCancellation(err)) throw err;
    })
    .finally(() => (isOver = true));
  return { over, isOver: () => isOver };
}
