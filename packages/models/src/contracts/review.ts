// Comments on the change of a task.
import { z } from 'zod';
import { COMMENT_STATES } from '../flow/events.ts';
import { RISKS } from '../flow/review/risks.ts';
import { WEIGHTS } from '../flow/review/second-look.ts';
import { Id, Time } from './fields.ts';

const Text = z.string().trim().min(1, 'Write something first.').max(20_000);

export const Comment = z
  .object({
    id: Id,
    path: z.string().nullable().describe('null: the comment is about all of the change'),
    side: z.enum(['old', 'new']).describe('`old`: the file before the change'),
    startLine: z.int().nullable().describe('The first line of a range, from 1; null for a single line'),
    line: z.int().nullable().describe('From 1'),
    sha: z.string().nullable().describe('The commit it was made on'),
    quote: z.string().describe('The lines as they were there'),
    body: z.string(),
    author: z.string(),
    via: z.enum(['app', 'github', 'look']).describe('`look`: an agent found it in a second look'),
    weight: z.enum(WEIGHTS).nullable().describe('Of what a second look found'),
    state: z.enum(COMMENT_STATES).describe('`draft`: only its writer sees it'),
    answer: z.string().nullable().describe('What the agent said to it'),
    answeredAt: Time.nullable(),
    createdAt: Time,
  })
  .meta({ id: 'Comment' });
export type Comment = z.infer<typeof Comment>;

/**
 * A comment on lines of a change. It stays a draft until the review is sent with a decision on the task's
 * review item.
 */
export const NewComment = z
  .object({
    id: Id.describe('Made by the sender: the same one again is kept once'),
    path: z.string().min(1).max(4_096).nullable(),
    side: z.enum(['old', 'new']).default('new'),
    startLine: z.int().min(1).nullable().default(null),
    line: z.int().min(1).nullable(),
    quote: z.string().max(20_000).default(''),
    text: Text,
  })
  .refine(
    (c) => c.startLine === null || (c.line !== null && c.startLine <= c.line),
    'A range starts before it ends.',
  )
  .meta({ id: 'NewComment' });
export type NewComment = z.infer<typeof NewComment>;
export const EditComment = z.object({ text: Text }).meta({ id: 'EditComment' });
export const ResolveComment = z.object({ resolved: z.boolean() }).meta({ id: 'ResolveComment' });
export const Looked = z.object({ pushId: Id }).meta({ id: 'Looked' });

export const Evidence = z
  .object({
    what: z.string().describe('What was done, in words of the agent; two sentences at most'),
    why: z.string().describe('What was asked for; two sentences at most'),
    checks: z
      .array(
        z.object({
          text: z.string(),
          tone: z.enum(['good', 'bad', 'plain']),
          more: z.string().describe('What it is about by name, or what it printed last'),
        }),
      )
      .describe('What was checked on the newest commit, and what was not'),
    red: z
      .array(z.object({ name: z.string(), url: z.string().nullable(), message: z.string() }))
      .describe('Checks that are red on the newest commit, three at most'),
    tried: z.string().describe('What the agent did about them; empty when nothing'),
    risks: z
      .array(
        z.object({ kind: z.enum(RISKS), text: z.string().describe('`path: what`, never the secret itself') }),
      )
      .describe('What of the change deserves a second look, the worst first'),
    files: z.int(),
    additions: z.int().describe('Lines'),
    deletions: z.int().describe('Lines'),
    unseen: z.int().nullable().describe('Pushes since the person last looked; null when they never did'),
  })
  .meta({ id: 'Evidence' });
export type Evidence = z.infer<typeof Evidence>;
