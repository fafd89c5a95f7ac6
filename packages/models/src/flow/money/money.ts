// Limits of money by day, week and month, and what a task is likely to cost. Pure.
import { dollars } from './pricing.ts';

/** All in UTC; a week begins on Monday. */
export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];
/** US cents; null where there is none. */
export type Limits = Readonly<Record<Period, number | null>>;
/** Millionths of a dollar: what was spent and what is promised to calls under way. */
export type Spent = Readonly<Record<Period, number>>;
export const NO_LIMITS: Limits = { day: null, week: null, month: null };
export const NOTHING_SPENT: Spent = { day: 0, week: 0, month: 0 };

/** What a limit is of: the task, all agents and the chat of the owner, or the project. */
export type SpentLimit = 'task' | Period | `project_${Period}`;
/** A limit that new work waits for. */
export type HoldingLimit = Exclude<SpentLimit, 'task'>;

export interface MoneyLimits {
  readonly owner: Limits;
  readonly project: Limits;
}

/**
 * The limits among the settings of an owner or of a project.
 * @returns cents by period
 */
export const limitsIn = (settings: {
  readonly dayBudgetCents: number | null;
  readonly weekBudgetCents: number | null;
  readonly monthBudgetCents: number | null;
}): Limits => ({
  day: settings.dayBudgetCents,
  week: settings.weekBudgetCents,
  month: settings.monthBudgetCents,
});

/** @returns whether any period has one */
export const hasLimit = (limits: Limits): boolean => PERIODS.some((period) => limits[period] !== null);

/**
 * Adds up what each project and the chat have spent.
 * @returns millionths of a dollar by period
 */
export const sumSpent = (all: Iterable<Spent>): Spent =>
  [...all].reduce<Spent>(
    (sum, one) => ({ day: sum.day + one.day, week: sum.week + one.week, month: sum.month + one.month }),
    NOTHING_SPENT,
  );

/**
 * @returns the longest period whose limit is spent, because waiting for a shorter one would help nobody; null
 * when there is room
 */
export function fullPeriod(spent: Spent, limits: Limits): Period | null {
  const isFull = (period: Period): boolean => {
    const cents = limits[period];
    return cents !== null && spent[period] >= cents * 10_000;
  };
  return PERIODS.findLast(isFull) ?? null;
}

/**
 * The first day (UTC midnight) of each period that a moment is in.
 * @returns weeks begin on Monday
 */
export function beginningsAt(nowMs: number): Readonly<Record<Period, Date>> {
  const now = new Date(nowMs);
  const [year, month, date] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return {
    day: new Date(Date.UTC(year, month, date)),
    week: new Date(Date.UTC(year, month, date - sinceMonday)),
    month: new Date(Date.UTC(year, month, 1)),
  };
}

const WHOSE: Readonly<Record<Period, string>> = {
  day: "Today's limit",
  week: "This week's limit",
  month: "This month's limit",
};
const UNTIL: Readonly<Record<Period, string>> = {
  day: 'tomorrow',
  week: 'Monday',
  month: 'the first of the next month',
};
/** What the owner's own limits are of, in words. */
export const ALL_AGENTS = 'all agents';
export const PERIOD_FIELD = {
  day: 'dayBudgetCents',
  week: 'weekBudgetCents',
  month: 'monthBudgetCents',
} as const satisfies Readonly<Record<Period, string>>;

/**
 * @param limit.of `all agents`, or the name of a project
 * @param waits who waits for it, and how: `New work waits`
 */
export const spentWords = (
  { period, cents, of }: { readonly period: Period; readonly cents: number; readonly of: string },
  waits = 'New work waits',
): string =>
  `${WHOSE[period]} for ${of} (${dollars(cents * 10_000)}) is spent. ${waits} until ${UNTIL[period]} (UTC), or until you raise it.`;

/**
 * What the button that raises a limit raises it to: half as much again, in whole dollars, and more than was
 * spent. Cents.
 * @param cents the limit now
 */
export const raisedCents = (cents: number, spentMicrousd: number): number =>
  100 * Math.ceil(Math.max(cents * 1.5, spentMicrousd / 10_000 + 100) / 100);

/** What tasks of a project came to. */
export interface Forecast {
  /** How many were merged. */
  readonly tasks: number;
  readonly medianMicrousd: number;
}

/**
 * The middle of them; of an even number the mean of the two in the middle. null of none.
 * @returns a whole number
 */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

/** @param merged tasks that were merged @returns what is to be expected in each project that has some */
export function forecastsOf(
  merged: readonly { readonly projectId: string; readonly microusd: number }[],
): Map<string, Forecast> {
  const costs = Map.groupBy(merged, (task) => task.projectId);
  return new Map(
    [...costs].map(([projectId, tasks]) => [
      projectId,
      { tasks: tasks.length, medianMicrousd: medianOf(tasks.map((task) => task.microusd)) ?? 0 },
    ]),
  );
}

/**
 * Honest where there is little to go by.
 * @returns one sentence
 */
export function forecastWords(forecast: Forecast | null): string {
  if (forecast === null || forecast.tasks === 0)
    return 'Nothing was merged here yet, so there is no forecast.';
  const cost = dollars(forecast.medianMicrousd);
  if (forecast.tasks === 1) return `The one task merged here cost ${cost}.`;
  return `Likely about ${cost}: the median of the ${forecast.tasks} tasks merged here.`;
}
