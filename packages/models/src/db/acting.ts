// For whom this process works right now. A program that comes with a token of its own does what its user could
// do, and the log names the token: every row goes through `append`, so no deed can be left with the wrong name.
import { AsyncLocalStorage } from 'node:async_hooks';
import { YOU } from '../flow/actors.ts';

const acting = new AsyncLocalStorage<string>();

/**
 * Does work for somebody: what is said to be the user's deed meanwhile, also by what it starts and does not
 * wait for, is logged as theirs.
 * @param actor as the log names them; `YOU` in work that goes on for the user, whoever woke it
 */
export const actingAs = <T>(actor: string, work: () => T): T => acting.run(actor, work);

/** @returns whose deed that is: the user's own is theirs for whom this process works */
export const actorNow = (actor: string): string => (actor === YOU ? (acting.getStore() ?? YOU) : actor);
