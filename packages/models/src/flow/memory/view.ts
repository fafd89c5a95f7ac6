// What a person sees of the memory: what the chat is told now, and what stands for which time. Pure.
import type { Level } from './levels.ts';
import { memoryOf, type MemoryInput, type Pin, type Recent, type Share, type Told } from './prompt.ts';

/** A summary that counts, with who wrote it. */
export interface ToldBy extends Told {
  readonly writtenBy: 'model' | 'extract' | 'you';
}

/** What is kept of the conversation. */
export interface MemoryView {
  /** Where the person's days begin and end. */
  readonly zone: string;
  readonly budgetTokens: number;
  /** What the prompt takes now, at most. */
  readonly tokens: number;
  readonly shares: Share[];
  readonly pins: Pin[];
  /** Those that count, newest first: months, weeks and the days of the last hundred; or all of one month. */
  readonly summaries: {
    readonly id: string;
    readonly level: Level;
    readonly label: string;
    readonly from: Date;
    readonly to: Date;
    /** Of the first message that it stands for. */
    readonly firstSeq: number;
    readonly text: string;
    readonly writtenBy: ToldBy['writtenBy'];
    readonly isInPrompt: boolean;
  }[];
}

const LISTED_DAYS = 100;
/**
 * Days and parts of a day from before then are listed with their month alone.
 * @param lastSaid when something was said last; after a long silence that is long ago
 */
export const listedSince = (now: Date, lastSaid: Date): Date =>
  new Date(Math.min(now.getTime(), lastSaid.getTime()) - LISTED_DAYS * 86_400_000);

/** Rules, tools and open tasks: about what they take in a turn. */
const OTHER_TOKENS = 3_500;

/**
 * @param input.summaries all months and weeks that count, and the days of the last hundred; oldest first
 * @param ofMonth those of one month, where only they are to be listed
 */
export function memoryViewOf(
  input: Omit<MemoryInput<Recent>, 'otherTokens' | 'summaries'> & { readonly summaries: readonly ToldBy[] },
  ofMonth: readonly ToldBy[] | null = null,
): MemoryView {
  const told = memoryOf({ ...input, otherTokens: OTHER_TOKENS });
  const inPrompt = new Set(told.summaryIds);
  return {
    zone: input.zone,
    budgetTokens: input.budgetTokens,
    tokens: told.tokens,
    shares: [...told.shares],
    pins: input.pins.map(({ id, text }) => ({ id, text })),
    summaries: (ofMonth ?? input.summaries).toReversed().map((summary) => ({
      id: summary.id,
      level: summary.level,
      label: summary.label,
      from: new Date(summary.fromMs),
      to: new Date(summary.toMs),
      firstSeq: summary.firstSeq,
      text: summary.text,
      writtenBy: summary.writtenBy,
      isInPrompt: inPrompt.has(summary.id),
    })),
  };
}
