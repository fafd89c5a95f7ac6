// What is kept of the conversation, and what of it stands in the prompt now.
import { resolveSettings, zoneOf } from '../../contracts/settings.ts';
import { OWNER } from '../../flow/ids.ts';
import type { Level } from '../../flow/memory/levels.ts';
import { memoryViewOf, type MemoryView, type ToldBy } from '../../flow/memory/view.ts';
import type { Views } from './views.ts';

/** As many messages as a prompt may tell. */
const RECENT = 400;

/** @returns what the pages read of what is remembered */
export const memory = ({ db }: Views) => ({
  async memory(now = new Date()): Promise<MemoryView> {
    const [pins, summaries, newest, kept] = await Promise.all([
      db.pin.findMany({ where: { ownerId: OWNER }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
      db.summary.findMany({
        where: { ownerId: OWNER, replacedAt: null },
        orderBy: [{ fromAt: 'asc' }, { firstSeq: 'asc' }],
      }),
      db.message.findMany({ where: { ownerId: OWNER }, orderBy: { seq: 'desc' }, take: RECENT }),
      db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: 'general' } } }),
    ]);
    const settings = resolveSettings(kept?.value);
    const recent = newest.toReversed();
    const lastTold = summaries.reduce((last, s) => (s.lastSeq > last ? s.lastSeq : last), 0n);
    const untold =
      recent.length < RECENT
        ? 0
        : await db.message.count({ where: { ownerId: OWNER, seq: { gt: lastTold, lt: recent[0]!.seq } } });
    return memoryViewOf({
      nowMs: now.getTime(),
      zone: zoneOf(settings),
      budgetTokens: settings.promptTokens,
      pins,
      summaries: summaries.map((summary) => ({
        id: summary.id,
        level: summary.level as Level,
        label: summary.label,
        fromMs: summary.fromAt.getTime(),
        toMs: summary.toAt.getTime(),
        firstSeq: Number(summary.firstSeq),
        lastSeq: Number(summary.lastSeq),
        text: summary.text,
        writtenBy: summary.writtenBy as ToldBy['writtenBy'],
      })),
      recent: recent.map((m) => ({ seq: Number(m.seq), atMs: m.at.getTime(), text: m.text })),
      untold,
    });
  },
});
