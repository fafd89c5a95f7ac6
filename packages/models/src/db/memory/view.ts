// What is kept of the conversation, for whoever asks the api.
import { zoneOf } from '../../contracts/settings.ts';
import { listedSince, memoryViewOf, type MemoryView } from '../../flow/memory/view.ts';
import { listThread } from '../conversation/thread.ts';
import type { Queryable } from '../pool.ts';
import { getSettings } from '../projects/settings.ts';
import { listPins } from './pins.ts';
import { countUntold, listToldBy } from './summaries.ts';

/**
 * What the next message would be told, and the summaries that count: months, weeks and the days of the last hundred.
 * @param month as 2026-11: those of that month instead, its days and parts too
 */
export async function findMemory(
  database: Queryable,
  ownerId: string,
  month: string | null = null,
  now = new Date(),
): Promise<MemoryView> {
  const thread = await listThread(database, ownerId, Number.MAX_SAFE_INTEGER);
  const recent = thread
    .map((message) => ({ ...message, atMs: message.at.getTime() }))
    .toSorted((a, b) => a.seq - b.seq);
  const since = listedSince(now, recent.at(-1)?.at ?? now);
  const [settings, pins, summaries] = await Promise.all([
    getSettings(database, ownerId),
    listPins(database, ownerId),
    listToldBy(database, ownerId, { since }),
  ]);
  const input = {
    nowMs: now.getTime(),
    zone: zoneOf(settings),
    budgetTokens: settings.promptTokens,
    pins,
    summaries,
    recent,
    untold: await countUntold(database, ownerId, recent[0]?.seq ?? 0),
  };
  return memoryViewOf(input, month === null ? null : await listToldBy(database, ownerId, { month }));
}
