// Waits in which the forge is looked at: a poke only says that something changed there.
import { lookAgainMs } from '@mainloop/models/flow/looks';
import { quietly } from '../failures.ts';
import { aside } from './activities.ts';
import type { TaskContext } from './context.ts';

/** @returns the time of the workflow as the forge writes it: ISO, in whole seconds */
export const nowOnForge = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Whoever waits for a word from the forge looks then, soon after it again, and now and then besides.
 * @param itemId what a decision may come on meanwhile
 * @returns waits for the next look, or until that item is decided; a word that comes during a look counts for the next wait
 */
export function wordFromForge({ desk, looksSoon }: TaskContext, itemId: string): () => Promise<void> {
  let seen = desk.pokes();
  let looks = 0;
  return async () => {
    if (!looksSoon) seen = desk.pokes();
    const news = (): boolean => desk.decided(itemId) !== undefined || desk.pokes() > seen;
    const heard = await desk.until(news, lookAgainMs(looks), { what: 'decision', itemId });
    looks = heard ? 0 : looks + 1;
    seen = desk.pokes();
  };
}

/** Asks a question of the agent on the forge too, and waits for its answer. One after the other: then a comment there answers the open one. */
export async function askOnForge(task: TaskContext, itemId: string): Promise<void> {
  const { taskId, desk } = task;
  const sinceIso = nowOnForge();
  const word = wordFromForge(task, itemId);
  if (!desk.decided(itemId)) await quietly(aside.ensureQuestion({ taskId, itemId }));
  while (!desk.decided(itemId)) {
    await word();
    if (!desk.decided(itemId)) await quietly(aside.readAnswer({ taskId, itemId, sinceIso }));
  }
  await quietly(aside.ensureQuestion({ taskId, itemId }));
}
