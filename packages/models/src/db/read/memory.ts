// What is kept of the conversation, and what of it stands in the prompt now.
import { resolveSettings, zoneOf } from '../../contracts/settings.ts';
import { OWNER } from '../../flow/ids.ts';
import type { Level } from '../../flow/memory/levels.ts';
import { memoryOf } from '../../flow/memory/prompt.ts';
import type { MemoryView } from '../read-views.ts';
import type { Views } from './views.ts';

/** Rules, tools and open tasks: about what they take in a turn. */
const OTHER_TOKENS = 3_500;
/** As many messages as a prompt may tell. */
const RECENT = 400;

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
    const zone = zoneOf(settings);
    const recent = newest.toReversed();
    const lastTold = summaries.reduce((last, s) => (s.lastSeq > last ? s.lastSeq : last), 0n);
    const untold =
      recent.length < RECENT
        ? 0
        : await db.message.count({ where: { ownerId: OWNER, seq: { gt: lastTold, lt: recent[0]!.seq } } });
    const told = memoryOf({
      nowMs: now.getTime(),
      zone,
      budgetTokens: settings.promptTokens,
      otherTokens: OTHER_TOKENS,
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
      })),
      recent: recent.map((m) => ({ seq: Number(m.seq), atMs: m.at.getTime(), text: m.text })),
      untold,
    });
    const inPrompt = new Set(told.summaryIds);
    return {
      zone,
      budgetTokens: settings.promptTokens,
      tokens: told.tokens,
      shares: told.shares,
      pins: pins.map(({ id, text }) => ({ id, text })),
      summaries: summaries.toReversed().map((summary) => ({
        id: summary.id,
        level: summary.level as Level,
        label: summary.label,
        from: summary.fromAt,
        to: summary.toAt,
        firstSeq: Number(summary.firstSeq),
        text: summary.text,
        writtenBy: summary.writtenBy as 'model' | 'extract' | 'you',
        isInPrompt: inPrompt.has(summary.id),
      })),
    };
  },
});
