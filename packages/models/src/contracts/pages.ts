// What the page's own server answers to scripts of the page. It is no part of the api.
import { z } from 'zod';

/** `/greeting`: what to say to somebody who comes back. */
export const Greeting = z.object({ html: z.string().nullable().describe('null: nothing happened') });
export type Greeting = z.infer<typeof Greeting>;
