// What crosses the wire of the long memory.
import { z } from 'zod';
import { LEVELS } from '../flow/memory/levels.ts';
import { Id, Time } from './fields.ts';

const Words = z
  .string('Say what to remember.')
  .trim()
  .min(1, 'Say what to remember.')
  .max(1_000, 'What is to be remembered has at most 1,000 characters.');

export const PinWords = z.object({ text: Words }).meta({ id: 'PinWords' });
export const PinId = z.object({ id: z.string() }).meta({ id: 'PinId' });
export const SummaryWords = z
  .object({
    text: z
      .string('A summary is text.')
      .trim()
      .min(1, 'A summary has words. To be rid of it, forget its time.')
      .max(4_000, 'A summary has at most 4,000 characters.'),
  })
  .meta({ id: 'SummaryWords' });
export const Forget = z
  .union(
    [
      z.strictObject({ messageIds: z.array(z.string()).min(1).max(1_000) }),
      z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() }),
      z.strictObject({ everything: z.literal(true) }),
    ],
    'Say which messages, from when to when, or everything.',
  )
  .meta({ id: 'Forget' });
export const ForgottenCount = z
  .object({ messages: z.number().describe('How many messages were deleted for good') })
  .meta({ id: 'ForgottenCount' });

export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'A month is written 2026-11.');

export const MemoryKept = z
  .object({
    zone: z.string().describe('The time zone where your days begin and end'),
    budgetTokens: z.int().describe('What the chat model is told with a message at most'),
    tokens: z.int().describe('What it would be told with the next one'),
    shares: z
      .array(
        z.object({
          what: z.enum(['pins', ...LEVELS, 'messages', 'other']),
          count: z.int(),
          tokens: z.int(),
        }),
      )
      .describe('What takes how much of it'),
    pins: z.array(z.object({ id: Id, text: z.string() })).describe('Remembered word for word, oldest first'),
    summaries: z
      .array(
        z.object({
          id: Id,
          level: z.enum(LEVELS),
          label: z.string().describe('The day, the Monday of the week, or the month'),
          from: Time,
          to: Time,
          firstSeq: z.int().describe('Of the first message that it stands for; `/?at=` shows it'),
          text: z.string(),
          writtenBy: z.enum(['model', 'extract', 'you']).describe('`extract`: sentences as they were said'),
          isInPrompt: z.boolean().describe('Whether the next message would be told with it'),
        }),
      )
      .describe(
        'Those that count, newest first: months, weeks, and the days of the last hundred; or all of one month',
      ),
  })
  .meta({ id: 'MemoryKept' });
