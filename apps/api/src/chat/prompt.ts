// The prompt of one turn, within the budget of the person: what was said lately word for word, what was said
// before as summaries.
import { zoneOf } from '@mainloop/models/contracts/settings';
import { listThread, type ThreadMessage } from '@mainloop/models/db/conversation/thread';
import { listPins } from '@mainloop/models/db/memory/pins';
import { countUntold, listTold } from '@mainloop/models/db/memory/summaries';
import type { Queryable } from '@mainloop/models/db/pool';
import { readHolds } from '@mainloop/models/db/runs/holds';
import { readPause } from '@mainloop/models/db/runs/pause';
import { listProjectNames } from '@mainloop/models/db/projects/projects';
import { getSettings } from '@mainloop/models/db/projects/settings';
import { listOpenFacts } from '@mainloop/models/db/tasks/tasks';
import { memoryOf, type Memory, type Recent } from '@mainloop/models/flow/memory/prompt';
import { tokensAtMost } from '@mainloop/models/flow/memory/tokens';
import { pausedWords } from '@mainloop/models/flow/runs/paused';
import { asideOf, imagesIn, SYSTEM, threadUpTo } from './context.ts';
import { TOOLS } from './tools.ts';

export interface Prompt {
  readonly model: string;
  readonly memory: Memory<ThreadMessage & Recent>;
  readonly aside: string;
  /** Ids of the pictures that are shown. */
  readonly images: readonly string[];
}

/** About what the provider counts for a picture of the largest size it looks at. */
const IMAGE_TOKENS = 1_600;
/** Names of attachments, and marks around notes. */
const AROUND_TOKENS = 400;
const rulesTokens = tokensAtMost(SYSTEM) + tokensAtMost(JSON.stringify(TOOLS));

/** @param turn.seq of the message that is to be answered */
export async function promptOf(
  database: Queryable,
  turn: { readonly ownerId: string; readonly seq: number },
  now = new Date(),
): Promise<Prompt> {
  const { ownerId, seq } = turn;
  const thread = threadUpTo(seq, await listThread(database, ownerId, seq));
  const lastSaid = thread.at(-2)?.at.getTime();
  const [projects, tasks, settings, pins, summaries, holds] = await Promise.all([
    listProjectNames(database, ownerId),
    listOpenFacts(database, ownerId),
    getSettings(database, ownerId),
    listPins(database, ownerId),
    listTold(database, ownerId, new Date(Math.min(now.getTime(), lastSaid ?? now.getTime()))),
    readHolds(database, ownerId, now.getTime()),
  ]);
  const paused = pausedWords(await readPause(database, ownerId));
  const aside = asideOf(projects, tasks, now.toISOString(), { paused, holds });
  const images = imagesIn(thread);
  const otherTokens = rulesTokens + tokensAtMost(aside) + images.length * IMAGE_TOKENS + AROUND_TOKENS;
  const memory = memoryOf({
    nowMs: now.getTime(),
    zone: zoneOf(settings),
    budgetTokens: settings.promptTokens,
    otherTokens,
    pins,
    summaries,
    recent: thread.map((message) => ({ ...message, atMs: message.at.getTime() })),
    untold: await countUntold(database, ownerId, Math.min(seq, ...thread.map((m) => m.seq))),
  });
  return { model: settings.chatModel, memory, aside, images };
}
