// The demo script: a documented file format (docs/demo-script.md) that says what the demo model answers.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const Fault = z.union([
  z.object({
    status: z.union([
      z.literal(400),
      z.literal(401),
      z.literal(403),
      z.literal(404),
      z.literal(429),
      z.literal(500),
      z.literal(529),
    ]),
    message: z.string().default('scripted fault'),
    times: z.int().min(1).default(1),
    longerThan: z
      .int()
      .min(0)
      .default(0)
      .describe('only where the messages of the request have more characters than this'),
  }),
  z.object({ stream: z.enum(['cut', 'malformed', 'stall', 'error']), times: z.int().min(1).default(1) }),
]);
const Step = z.strictObject({
  text: z.string().optional(),
  bash: z.string().optional(),
  read: z.string().optional(),
  write: z.object({ path: z.string(), content: z.string() }).optional(),
  edit: z.object({ path: z.string(), old: z.string(), new: z.string() }).optional(),
  tool: z.object({ name: z.string(), input: z.record(z.string(), z.unknown()) }).optional(),
  delayMs: z.int().min(0).max(3_600_000).default(0),
  chunkDelayMs: z.int().min(0).max(10_000).default(0),
  fault: Fault.optional(),
});
export type Step = z.infer<typeof Step>;
const Rule = z.strictObject({
  when: z.string().describe('regular expression, case-insensitive, over the last thing said to the model'),
  steps: z.array(Step).min(1),
});
const Review = z.strictObject({
  when: z.string().default('.'),
  state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED']),
  body: z.string().default(''),
  delayMs: z.int().min(0).default(1_500),
  comments: z.array(z.object({ path: z.string(), line: z.int().optional(), body: z.string() })).default([]),
});
export const Story = z.strictObject({
  version: z.literal(1),
  paceMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('wait before each step of an agent that names no delay'),
  chat: z.array(Rule).default([]),
  agent: z.array(Rule).default([]),
  reviews: z.array(Review).default([]),
});
export type Story = z.infer<typeof Story>;

/**
 * @param paceMs stands in for what the file says, when it is given
 * @throws Error with one sentence that names the place in the file
 */
export function loadStory(file: string, paceMs?: number): Story {
  let raw: unknown;
  try {
    raw = parse(readFileSync(file, 'utf8'));
  } catch (err) {
    throw new Error(`MAINLOOP_DEMO_SCRIPT ${file} can't be read: ${(err as Error).message.split('\n')[0]}`, {
      cause: err,
    });
  }
  const result = Story.safeParse(raw);
  if (!result.success)
    throw new Error(
      `MAINLOOP_DEMO_SCRIPT ${file}: ${result.error.issues[0]!.path.join('.')}: ${result.error.issues[0]!.message}`,
    );
  if (paceMs !== undefined) result.data.paceMs = paceMs;
  for (const rule of [...result.data.chat, ...result.data.agent]) new RegExp(rule.when, 'is');
  return result.data;
}
