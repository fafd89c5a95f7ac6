// What a token of a program may do. Pure.

/** Each may do what those before it may. */
export const SCOPES = ['read', 'propose', 'decide', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** How every token of ours begins, so that it is known for one wherever it turns up. */
export const TOKEN_PREFIX = 'mlt_';

/** @returns whether a token of that scope may do what needs this one */
export const covers = (has: Scope, needs: Scope): boolean => SCOPES.indexOf(has) >= SCOPES.indexOf(needs);

/** @returns the one that may do most; null of none */
export const strictest = (scopes: readonly Scope[]): Scope | null =>
  SCOPES.findLast((scope) => scopes.includes(scope)) ?? null;

/** What each lets a program do, for the person who gives it. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  read: 'look at everything, and change nothing',
  propose: 'also say things in the chat and propose tasks; nothing starts by that',
  decide: 'also start tasks, answer, approve, merge, steer and cancel',
  admin: 'also change projects, settings, skills, devices and tokens',
};
