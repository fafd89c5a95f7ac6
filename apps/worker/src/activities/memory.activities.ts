// The long memory of the conversation: what is due, and one summary at a time. Each may be done again.
import type { Model } from '@mainloop/adapters/model/port';
import type { Hit } from '@mainloop/network/failpoints';
import { zoneOf } from '@mainloop/models/contracts/settings';
import { summarise, type Summarised } from '@mainloop/models/db/memory/compact';
import { listKept, listOpenDays } from '@mainloop/models/db/memory/summaries';
import type { Db } from '@mainloop/models/db/pool';
import { getSettings } from '@mainloop/models/db/projects/settings';
import { dueOf, type Due } from '@mainloop/models/flow/memory/due';
import { SUMMARY_SYSTEM } from '@mainloop/models/flow/memory/request';

/** As many days are looked at in one round: an old conversation is caught up with from its beginning. */
const DAYS_AT_ONCE = 20;
const MAX_TOKENS = 1_500;
const PATIENCE_MS = 120_000;

export interface MemoryOf {
  readonly ownerId: string;
}

/**
 * What can be summarised now, the oldest first.
 * @param nowMs since 1970
 * @returns parts, days, weeks and months; of days no more than are read at once
 */
export async function planOf(db: Db, ownerId: string, nowMs = Date.now()): Promise<Due[]> {
  const zone = zoneOf(await getSettings(db, ownerId));
  const kept = await listKept(db, ownerId);
  const days = await listOpenDays(db, ownerId, { kept, nowMs, zone, limit: DAYS_AT_ONCE });
  return dueOf({ days, kept, nowMs, zone });
}

/**
 * Activities that summarise the conversation.
 * @param ports `model` writes the summaries; `hit` is a failpoint
 * @returns functions for the workflow; each may be tried again and pays once
 */
export const memoryActivities = ({ db, model, hit }: { db: Db; model: Model; hit: Hit }) => ({
  planMemory: ({ ownerId }: MemoryOf): Promise<Due[]> => planOf(db, ownerId),

  async summariseOne({ ownerId, due }: MemoryOf & { readonly due: Due }): Promise<Summarised> {
    const { chatModel } = await getSettings(db, ownerId);
    const ask = (prompt: string, once: string): Promise<string> =>
      model.converse({
        model: chatModel,
        system: SUMMARY_SYSTEM,
        messages: [{ role: 'user', texts: [prompt] }],
        tools: [],
        maxRounds: 1,
        maxTokens: MAX_TOKENS,
        once,
        signal: AbortSignal.timeout(PATIENCE_MS),
        onText: () => undefined,
        runTool: async () => ({ text: 'There are no tools.', isError: true }),
      });
    return summarise(db, { ownerId, due, ask, hit });
  },
});
