// What an automation is: WHEN something of the log is like this, THEN do that. Data only.

export type Scalar = string | number | boolean | null;

/**
 * What an event has to be like. A field that an event does not have is like nothing; of one that holds several
 * values one is enough.
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly field: string; readonly equals: Scalar }
  | { readonly field: string; readonly in: readonly Scalar[] }
  /** `*` stands for anything, `?` for one character. */
  | { readonly field: string; readonly glob: string }
  | { readonly field: string; readonly regex: string }
  /** The time that the field holds lies longer back than this, seen from the event; as `3d`. */
  | { readonly field: string; readonly olderThan: string };

/** What is done. Texts are templates: `{{field}}` is a field of the event, and nothing else stands for anything. */
export type Action =
  | { readonly do: 'notify'; readonly title: string; readonly body: string }
  | {
      readonly do: 'skill';
      readonly skill: string;
      readonly given: Readonly<Record<string, string>>;
      /** owner/name; null: the skill's own */
      readonly project: string | null;
      /** It starts without a tap, and may cost so much each time; null: it is proposed. */
      readonly startCents: number | null;
    }
  /** Said to the task that the event is about. */
  | { readonly do: 'message'; readonly text: string }
  /** Said to that task, which goes on with it where it waits for the person. */
  | { readonly do: 'wake'; readonly text: string }
  /** Said on that task's page of the forge: its pull request, or its issue before there is one. */
  | { readonly do: 'comment'; readonly text: string }
  /** Put on that page, or taken off it. A label stands for itself: nothing is filled in. */
  | { readonly do: 'label' | 'unlabel'; readonly label: string }
  | { readonly do: 'webhook'; readonly url: string; readonly text: string };
export type ActionName = Action['do'];

const GOES_OUT: Readonly<Record<ActionName, boolean>> = {
  notify: false,
  skill: false,
  message: false,
  wake: false,
  comment: true,
  label: true,
  unlabel: true,
  webhook: true,
};
/** Whether something of it is done at others, who may be slow or away. */
export const goesOut = (action: Action): boolean => GOES_OUT[action.do];

export interface Rule {
  readonly name: string;
  /** Types of events; one of them. */
  readonly when: readonly string[];
  /** null: each event of these types */
  readonly where: Condition | null;
  /** Counted, and cooled down, for each value of this field by itself; null: over all. */
  readonly per: string | null;
  /** It takes so many within so long; then it begins anew. null: one is enough */
  readonly count: { readonly times: number; readonly within: string } | null;
  /** So long after it came it does not come again, and what happens meanwhile is left out. */
  readonly cooldown: string | null;
  /** At most so many in 24 hours. More wait for their turn. */
  readonly perDay: number;
  readonly actions: readonly Action[];
}

/** What a rule may look at in an event. */
export interface SeenEvent {
  readonly seq: number;
  readonly type: string;
  readonly actor: string;
  /** milliseconds since 1970 */
  readonly atMs: number;
  /** Of the task it is about; of what never changes about it, so that it is the same whenever it is looked at. */
  readonly task: { readonly id: string; readonly title: string; readonly startedAt: string } | null;
  /** owner/name; null where it is about none */
  readonly project: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

export const AUTOMATION_NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** As 90m, 12h, 3d. */
export const SPAN = /^([1-9]\d{0,4})(m|h|d)$/;

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const UNIT_WORDS = { m: 'minute', h: 'hour', d: 'day' } as const;

const spanOf = (span: string): { readonly many: number; readonly unit: keyof typeof UNIT_MS } => {
  const [, many, unit] = SPAN.exec(span) ?? [];
  return { many: Number(many ?? 0), unit: (unit ?? 'm') as keyof typeof UNIT_MS };
};
/** @param span as 3d; 0 for what is none */
export const spanMs = (span: string): number => spanOf(span).many * UNIT_MS[spanOf(span).unit];
/** @returns as "3 days" */
export const spanWords = (span: string): string => {
  const { many, unit } = spanOf(span);
  return `${many} ${UNIT_WORDS[unit]}${many === 1 ? '' : 's'}`;
};

/** Fields that every event has, or may have, beside those of its type. */
export const EVENT_FIELDS = [
  'event.type',
  'event.actor',
  'event.at',
  'task.id',
  'task.title',
  'task.startedAt',
  'project',
] as const;

/** `waits`: for its time, or for its turn; `left_out`: the rule was paused, changed or removed before. */
export const FIRING_STATES = ['waits', 'done', 'left_out', 'failed'] as const;
export type FiringState = (typeof FIRING_STATES)[number];

/** One time that a rule came: what is fired once. */
export interface FiringId {
  readonly id: string;
  readonly version: number;
  /** Of the event. */
  readonly seq: number;
}
