// What is kept of the conversation, and what of it stands in the prompt now.
import { resolveSettings, zoneOf } from '../../contracts/settings.ts';
import { OWNER } from '../../flow/ids.ts';
import type { Level } from '../../flow/memory/levels.ts';
import { listedSince, memoryViewOf, type MemoryView, type ToldBy } from '../../flow/memory/view.ts';
import type { Prisma, Summary } from '../generated/client.ts';
import type { Views } from './views.ts';

/** As many messages as a prompt may tell. */
const RECENT = 400;
const IN_ORDER: Prisma.SummaryOrderByWithRelationInput[] = [{ fromAt: 'asc' }, { firstSeq: 'asc' }];

/** @returns what the pages read of what is remembered */
export const memory = ({ db }: Views) => ({
  /** @param month as 2026-11: the summaries of that month, its days and parts too */
  async memory(month: string | null = null, now = new Date()): Promise<MemoryView> {
    const newest = await db.message.findMany({
      where: { ownerId: OWNER },
      orderBy: { seq: 'desc' },
      take: RECENT,
    });
    const since = listedSince(now, newest[0]?.at ?? now);
    const [pins, summaries, kept] = await Promise.all([
      db.pin.findMany({ where: { ownerId: OWNER }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
      db.summary.findMany({
        where: {
          ownerId: OWNER,
          replacedAt: null,
          OR: [{ level: { in: ['week', 'month'] } }, { fromAt: { gte: since } }],
        },
        orderBy: IN_ORDER,
      }),
      db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: 'general' } } }),
    ]);
    const settings = resolveSettings(kept?.value);
    const recent = newest.toReversed();
    const lastTold = summaries.reduce((last, s) => (s.lastSeq > last ? s.lastSeq : last), 0n);
    const untold =
      recent.length < RECENT
        ? 0
        : await db.message.count({ where: { ownerId: OWNER, seq: { gt: lastTold, lt: recent[0]!.seq } } });
    const input = {
      nowMs: now.getTime(),
      zone: zoneOf(settings),
      budgetTokens: settings.promptTokens,
      pins,
      summaries: summaries.map(toldBy),
      recent: recent.map((m) => ({ seq: Number(m.seq), atMs: m.at.getTime(), text: m.text })),
      untold,
    };
    if (month === null) return memoryViewOf(input);
    const ofMonth = await db.summary.findMany({
      where: { ownerId: OWNER, replacedAt: null, label: { startsWith: month } },
      orderBy: IN_ORDER,
    });
    return memoryViewOf(input, ofMonth.map(toldBy));
  },
});

const toldBy = (summary: Summary): ToldBy => ({
  id: summary.id,
  level: summary.level as Level,
  label: summary.label,
  fromMs: summary.fromAt.getTime(),
  toMs: summary.toAt.getTime(),
  firstSeq: Number(summary.firstSeq),
  lastSeq: Number(summary.lastSeq),
  text: summary.text,
  writtenBy: summary.writtenBy as ToldBy['writtenBy'],
});
