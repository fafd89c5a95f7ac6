// What is kept of the conversation, for whoever asks the api.
import { zoneOf } from '../../contracts/settings.ts';
import { memoryViewOf, type MemoryView } from '../../flow/memory/view.ts';
import { listThread } from '../conversation/thread.ts';
import type { Queryable } from '../pool.ts';
import { getSettings } from '../projects/settings.ts';
import { listPins } from './pins.ts';
import { countUntold, listToldBy } from './summaries.ts';

/** What the next message would be told, and every summary that counts. */
export async function findMemory(
  database: Queryable,
  ownerId: string,
  now = new Date(),
): Promise<MemoryView> {
  const [settings, pins, summaries, thread] = await Promise.all([
    getSettings(database, ownerId),
    listPins(database, ownerId),
    listToldBy(database, ownerId),
    listThread(database, ownerId, Number.MAX_SAFE_INTEGER),
  ]);
  const recent = thread
    .map((message) => ({ ...message, atMs: message.at.getTime() }))
    .toSorted((a, b) => a.seq - b.seq);
  return memoryViewOf({
    nowMs: now.getTime(),
    zone: zoneOf(settings),
    budgetTokens: settings.promptTokens,
    pins,
    summaries,
    recent,
    untold: await countUntold(database, ownerId, recent[0]?.seq ?? 0),
  });
}
