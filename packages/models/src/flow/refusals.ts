// Why the api refuses something: a code for programs, and beside it the sentence for a person. All of them
// stand here, to be read as one text.
import { actorWords } from './actors.ts';
import { LISTENER_REFUSALS } from './machine/listeners.ts';

type Says = string | ((...about: never[]) => string);
interface Entry {
  /** Of the answer (RFC 9110). */
  readonly status: number;
  readonly says: Says;
}

/** A reason that may have been kept as a part of a sentence. A login at its beginning stays as it is. */
const asSentence = (why: string): string =>
  why.replace(/^(?:the|it)\b/, (word) => word[0]!.toUpperCase() + word.slice(1)).replace(/[^.!?]$/, '$&.');

export const REFUSALS = {
  // What was asked for is not there.
  no_task: { status: 404, says: 'There is no such task.' },
  no_item: { status: 404, says: 'There is no such item.' },
  no_run: { status: 404, says: 'There is no such run.' },
  no_project: { status: 404, says: 'There is no such project.' },
  no_proposal: { status: 404, says: 'There is no such proposal.' },
  no_comment: { status: 404, says: 'There is no such comment.' },
  no_version: { status: 404, says: 'That rule has no such version.' },
  no_learning: { status: 404, says: 'There is no such rule.' },
  no_push: { status: 404, says: 'There is no such push.' },
  no_token: { status: 404, says: 'There is no such token.' },
  no_device: { status: 404, says: 'There is no such device.' },
  no_file: { status: 404, says: 'There is no such file.' },
  no_pin: { status: 404, says: 'That is not remembered any more.' },
  no_summary: { status: 404, says: 'There is no such summary any more.' },
  no_route: { status: 404, says: (method: string, path: string) => `Cannot ${method} ${path}` },

  // Skills.
  no_skill: {
    status: 404,
    says: (name: string) => `There is no skill called ${name}. The page of the skills lists those there are.`,
  },
  /** Which says what is wrong. */
  skill_wrong: { status: 422, says: (sentence: string) => sentence },
  skill_nowhere: {
    status: 422,
    says: (name: string) =>
      `/${name} belongs to no project. Say in which one, or give it one on the page of the skills.`,
  },

  no_recurring: { status: 404, says: 'There is no such plan. It may have been removed.' },
  /** Which says what is wrong. */
  plan_wrong: { status: 422, says: (sentence: string) => sentence },

  no_automation: { status: 404, says: 'There is no such automation. It may have been removed.' },
  /** Which says what is wrong. */
  rule_wrong: { status: 422, says: (sentence: string) => sentence },
  rule_changed: { status: 409, says: 'This file has changed, or is gone. Look at it again.' },
  no_event: { status: 404, says: 'There is no such event.' },

  // Proposals.
  proposal_altered: { status: 409, says: 'The proposal is not what you saw. Reload and look again.' },
  proposal_declined: { status: 409, says: 'You declined this one. Ask for it again if you want it.' },
  proposal_expired: { status: 410, says: 'This proposal has expired. Ask for it again.' },
  proposal_closed: { status: 409, says: 'This proposal is no longer open.' },

  // Tasks.
  task_ended: { status: 409, says: (state: string) => `This task is already ${state}.` },
  /** Its id, as it was sent. */
  no_blocker: { status: 422, says: (id: string) => `There is no task ${id} that this one could wait for.` },
  /** Titles, from the task to itself. */
  blockers_circle: {
    status: 409,
    says: (titles: readonly string[]) =>
      `They would wait for each other for ever: ${titles.map((title) => `"${title}"`).join(' waits for ')}.`,
  },
  no_ci: { status: 409, says: 'No CI runs for this task right now. Choose a time instead.' },
  no_agent: { status: 409, says: 'No agent is running for this task right now.' },

  // Items of the inbox.
  item_answered: {
    status: 409,
    says: (by: string, where: string) =>
      `Already answered by ${[actorWords(by), where].filter((w) => w !== '').join(' ')}.`,
  },
  /** With what closed it, as far as that is known. */
  item_closed: {
    status: 409,
    says: (why: string | null) => `This is no longer open.${why === null ? '' : ` ${asSentence(why)}`}`,
  },
  wrong_decision: {
    status: 422,
    says: (decisions: readonly string[]) => `This takes ${decisions.join(' or ')}.`,
  },
  gate_unseen: { status: 422, says: 'Open it first: it shows what would be let through.' },
  not_shown_whole: {
    status: 422,
    says: "This can't be allowed here: it could not be shown whole. Refuse it.",
  },
  rule_too_long: {
    status: 422,
    says: 'This is too long to be allowed for good. Allow it once, or refuse it.',
  },
  /** Why not in this way. */
  acting_commits: { status: 422, says: (sentence: string) => sentence },
  nothing_said: { status: 422, says: 'Say in a few words what you want.' },

  // What agents learn.
  learning_decided: {
    status: 409,
    says: (state: string) => `This rule is ${state} now. Reload and look again.`,
  },
  too_much_for_all: {
    status: 409,
    says: (tokens: number) =>
      `Every agent is told 600 tokens at most, and with this one it would be ${tokens}. Shorten one, or let another go first.`,
  },
  /** Why it can be none. */
  no_rule: { status: 422, says: (sentence: string) => sentence },

  // Comments of a review.
  review_ended: { status: 409, says: 'This task has ended, so nobody would read it.' },
  too_many_drafts: {
    status: 409,
    says: (most: number) => `That is the ${most}th comment. Send these first.`,
  },
  comment_unsent: { status: 409, says: 'This has not been sent yet.' },
  comment_sent: { status: 409, says: 'This has been sent already. Write another one.' },

  // Files and projects.
  file_empty: { status: 422, says: 'That file is empty.' },
  file_no_image: { status: 400, says: (name: string) => `${name} is not an image, whatever its name says.` },
  /** The worker says why. */
  project_refused: { status: 422, says: (sentence: string) => sentence },
  project_there: {
    status: 409,
    says: (name: string) => `${name} is a project already, or was one: add it again and it is back.`,
  },
  project_slow: {
    status: 504,
    says: 'This one takes longer than a minute. It goes on, and the project appears in the list when it is there.',
  },
  worker_silent: {
    status: 504,
    says: 'Nobody looked at it within a minute. Is the worker running? Run mainloop status.',
  },

  // Who asks.
  signed_out: { status: 401, says: 'Sign in first.' },
  wrong_token: { status: 401, says: 'That token is not right.' },
  token_expired: { status: 401, says: 'The time of that token is over. Make another one.' },
  /** What it may do, and what this needs. */
  scope_missing: {
    status: 403,
    says: (has: string, needs: string) =>
      `That token may ${has}, and this needs ${needs}. Use another one, or do it in the app.`,
  },
  copied_session: {
    status: 401,
    says: 'This sign-in was used from another kind of device, so it was ended. Sign in again.',
  },
  not_owner: { status: 403, says: 'This mainloop belongs to somebody else.' },
  foreign_page: { status: 403, says: 'This came from another site.' },
  other_person: {
    status: 412,
    says: 'Somebody else is signed in on this device now, so this was not sent. Reload the page.',
  },
  no_sign_in: {
    status: 409,
    says: 'Nobody has to sign in here. Set MAINLOOP_PUBLIC_URL first: docs/phone.md says how.',
  },
  no_push_service: { status: 400, says: "That is not a browser's push service." },
  wrong_signature: { status: 403, says: 'The signature does not match GITHUB_WEBHOOK_SECRET.' },
  no_webhook: { status: 400, says: 'That is not the JSON of a webhook.' },
  ...LISTENER_REFUSALS,

  // What was sent, and where it should go.
  /** The schema of the request says what is wrong with it. */
  invalid: { status: 400, says: (sentence: string) => sentence },
  no_json: { status: 400, says: 'That is not JSON.' },
  too_big: {
    status: 413,
    says: 'That is too big: a file may have 20 MB. Put a larger one into the repository, or make the picture smaller.',
  },
  disk_full: {
    status: 507,
    says: 'The disk is full, so nothing was saved. Free some space, then try again; what was there before is safe.',
  },
  not_ready: {
    status: 503,
    says: 'mainloop is not ready. It tries again by itself; run mainloop status if this lasts.',
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type RefusalCode = keyof typeof REFUSALS;
export const REFUSAL_CODES = Object.keys(REFUSALS) as readonly RefusalCode[];

export interface Refusal<C extends RefusalCode = RefusalCode> {
  readonly ok: false;
  readonly code: C;
  /** For a person: what happened and what to do. */
  readonly sentence: string;
}

export type About<C extends RefusalCode> = (typeof REFUSALS)[C]['says'] extends (...about: infer A) => string
  ? A
  : [];

/** @param about what the sentence of this code names; nothing for most */
export function refusal<C extends RefusalCode>(code: C, ...about: About<C>): Refusal<C> {
  const says = REFUSALS[code].says as string | ((...about: About<C>) => string);
  return { ok: false, code, sentence: typeof says === 'string' ? says : says(...about) };
}
