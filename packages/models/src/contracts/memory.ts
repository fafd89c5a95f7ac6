// What crosses the wire of the long memory.
import { z } from 'zod';

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
