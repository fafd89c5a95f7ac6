// Shapes that payloads share. The types of most are in models/flow, which imports nothing; here is how they are read.
import { z } from 'zod';
import { ITEM_KINDS, VIAS, type AttachmentRef, type Option, type PermissionAsk } from '../flow/events.ts';
import type { Held } from '../flow/ci/held.ts';
import { FAIL_REASONS, INTERRUPT_REASONS, LIMIT_REASONS, type RunOutcome } from '../flow/runs/outcomes.ts';
import { PHASES, TASK_STATES } from '../flow/states.ts';
import type { Status } from '../flow/status.ts';
import type { Suggestion } from '../flow/projects/suggestions.ts';

export const attachmentRef: z.ZodType<AttachmentRef> = z.object({
  id: z.string(),
  name: z.string(),
  mime: z.string(),
  size: z.number().describe('bytes'),
});
/** Left out by messages and proposals that are older than files in the chat. */
export const attachments = z.array(attachmentRef).optional().describe('files that came with it');

export const option: z.ZodType<Option> = z.object({
  label: z.string(),
  description: z.string().optional(),
  recommended: z.boolean().optional().describe('whoever asks would choose it'),
});

export const permissionAsk: z.ZodType<PermissionAsk> = z.object({
  runId: z.string(),
  requestId: z.string(),
  rule: z.string(),
});

export const held: z.ZodType<Held> = z.object({
  diff: z.string().describe('as git prints it'),
  mayAllow: z.boolean().describe('no where it could not be shown whole'),
});

const path = z.string().describe('from the top of the repository');
/** Something to ask for in a repository; its words are in flow/projects/suggestions. */
export const suggestion: z.ZodType<Suggestion> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('failed_check'), check: z.string() }),
  z.object({ kind: z.literal('empty_script'), path }),
  z.object({ kind: z.literal('issue'), number: z.int(), title: z.string() }),
  z.object({
    kind: z.literal('comment'),
    path,
    line: z.int().describe('from 1'),
    mark: z.string().describe('TODO, FIXME, XXX or HACK'),
    text: z.string().describe('one line, cut'),
  }),
  z.object({
    kind: z.literal('stale_readme'),
    path,
    names: z.string().describe('what it names that is not there'),
  }),
  z.object({ kind: z.literal('no_readme') }),
  z.object({ kind: z.literal('untested'), path }),
  z.object({ kind: z.literal('no_tests'), path }),
]);

export const itemKind = z.enum(ITEM_KINDS);
export const via = z.enum(VIAS).describe('where it was done; `push`: a button on a notification');
export const phase = z.enum(PHASES).describe('what the run is for');
export const taskState = z.enum(TASK_STATES);

/** What a task says of itself; its words are in flow/status. */
export const status: z.ZodType<Status> = z.discriminatedUnion('is', [
  z.object({ is: z.literal('plain') }),
  z.object({ is: z.literal('item'), itemId: z.string() }),
  z.object({ is: z.literal('question') }),
  z.object({ is: z.literal('account_limit'), untilMs: z.number() }),
  z.object({ is: z.literal('gathering'), author: z.string(), comments: z.number(), quietMs: z.number() }),
  z.object({ is: z.literal('conflict'), base: z.string() }),
  z.object({ is: z.literal('turn'), place: z.number(), base: z.string() }),
  z.object({ is: z.literal('queue') }),
  z.object({ is: z.literal('cancelling') }),
  z.object({ is: z.literal('words'), words: z.string() }),
]);

/** How a run ended. A summary in the log is cut to 4,000 letters; the whole one is in the run's own row. */
export const runOutcome: z.ZodType<RunOutcome> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('completed'), summary: z.string() }),
  z.object({
    kind: z.literal('asked'),
    itemId: z.string(),
    itemIds: z.array(z.string()).optional(),
    permission: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('limit'), reason: z.enum(LIMIT_REASONS) }),
  z.object({ kind: z.literal('wait'), reason: z.string(), untilMs: z.number() }),
  z.object({
    kind: z.literal('retry'),
    reason: z.enum(['rate_limit', 'overloaded', 'server_error', 'network']),
    backoffMs: z.number(),
  }),
  z.object({
    kind: z.literal('interrupted'),
    reason: z.enum(INTERRUPT_REASONS),
    by: z.string().optional().describe('who stopped it, where that was not the user'),
  }),
  z.object({ kind: z.literal('failed'), reason: z.enum(FAIL_REASONS), detail: z.string() }),
]);
