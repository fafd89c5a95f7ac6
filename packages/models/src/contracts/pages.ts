// What the page's own server answers to scripts of the page. It is no part of the api.
import { z } from 'zod';
import { TASK_STATES } from '../flow/states.ts';
import { Id, Repo } from './fields.ts';

/** `/find?q=`: tasks of any age, the newest twelve. */
export const Found = z.array(z.object({ id: Id, title: z.string(), repo: Repo, state: z.enum(TASK_STATES) }));
export type Found = z.infer<typeof Found>;

/** `/greeting`: what to say to somebody who comes back. */
export const Greeting = z.object({ html: z.string().nullable().describe('null: nothing happened') });
export type Greeting = z.infer<typeof Greeting>;
