// What the page of the week says. Read it aloud before you change it.
import { dollars } from '../kit/format.ts';

export const YOUR_WEEK = 'Your week';
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** @param ms of attention, in milliseconds @returns "40 s", "2.5 min" */
export const minutesWords = (ms: number): string =>
  ms < MINUTE_MS ? `${Math.round(ms / SECOND_MS)} s` : `${(ms / MINUTE_MS).toFixed(1)} min`;
const MINUTE_S = 60;
const HOUR_S = 3_600;
/** @param seconds that half of them waited less than; null: none was decided */
function waitWords(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 1.5 * MINUTE_S) return `${Math.round(seconds)} s`;
  return seconds < 1.5 * HOUR_S
    ? `${Math.round(seconds / MINUTE_S)} min`
    : `${Math.round(seconds / HOUR_S)} h`;
}

interface Week {
  readonly merged: number;
  readonly measured: number;
  readonly items: number;
  readonly attentionMs: number;
  readonly taps: number;
  readonly medianWaitS: number | null;
  readonly notNeeded: number;
}
/** The one sentence on top. @param waiting how much needs the person now */
export function headline({ merged, measured, items, attentionMs }: Week, waiting: number): string {
  if (merged > 0 && measured > 0)
    return `${minutesWords(attentionMs / merged)} of your attention for each merged pull request`;
  if (items > 0) return `${items === 1 ? 'One decision' : `${items} decisions`}, nothing merged yet`;
  return waiting > 0 ? 'Nothing decided yet this week' : 'Nothing has needed you this week';
}
export function spentWords({ items, attentionMs, taps, medianWaitS, notNeeded }: Week): string {
  const what = items === 1 ? 'One item' : `${items} items`;
  const wait = waitWords(medianWaitS);
  return [
    `${what}, ${minutesWords(attentionMs)} in the app, ${taps} ${taps === 1 ? 'tap' : 'taps'}.`,
    wait === '' ? '' : `${items === 1 ? 'It waited' : 'Half of them waited less than'} ${wait}.`,
    notNeeded > 0 ? `${notNeeded} of them did not need you.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

export const ATTENTION = 'Attention';
export const ATTENTION_BY_WEEK = 'Attention, week by week';
export const COLUMNS = ['Week of', 'Merged', 'Items', 'Attention', 'Per PR', 'Not needed'] as const;
export const NOT_MEASURED = '–';
export const WHAT_COUNTS =
  'Time counts while an item is in front of you in the app, not on GitHub or on the command line.';

export const MONEY = 'Money';
/** @param budgetCents of a day; null: without a limit */
export const moneyWords = (todayMicrousd: number, budgetCents: number | null, weekMicrousd: number): string =>
  `Today ${dollars(todayMicrousd)}${budgetCents === null ? '' : ` of $${(budgetCents / 100).toFixed(2)}`}, this week ${dollars(weekMicrousd)}.`;
export const BY = [
  ['repo', 'By project, this week'],
  ['model', 'By model, this week'],
] as const;
/** Of a project or a model; '' is the chat, which has no project. */
export const nameWords = (name: string): string => (name === '' ? 'The chat' : name.replace('claude-', ''));
