// What the page of the cycle says. Read it aloud before you change it.
import { quietWords } from '@mainloop/models/flow/cycle/words';
import type { HourKind } from '@mainloop/models/flow/cycle/day';

export const CYCLE = 'Cycle';
export const WHAT_IT_IS =
  'mainloop looks after everything that goes on: it gathers what happened, finds what is stuck, tells you of it, and tends what is due. Nothing waits for it.';
export const everyWords = (minutes: number): string =>
  minutes === 1 ? 'It comes every minute.' : `It comes every ${minutes} minutes.`;
export const lastWords = (when: string): string => `The last ended at ${when}.`;
export const NONE_YET = 'None has ended yet. The first comes when the worker is ready.';
/** @param when the last ended */
export const lateWords = (when: string): string =>
  `None has ended since ${when}. The worker may not run: mainloop doctor says what is wrong. What was missed is made up for once.`;
export const NOW = 'Look now';
export const IT_COMES = 'It comes now. What it did appears here.';
export const CHANGE_HOW_OFTEN = 'Change how often';

export const LAST_DAY = 'The last 24 hours';
export const HOUR_WORDS: Readonly<Record<HourKind, string>> = {
  trouble: 'A phase failed',
  missed: 'Cycles did not come',
  told: 'Something to tell',
  quiet: 'Nothing to tell',
};
/** Of one hour, for whoever can't see its colour. */
export const hourWords = (from: string, kind: HourKind, told: number): string =>
  `${from}: ${HOUR_WORDS[kind]}${told > 1 ? `, ${told} times` : ''}`;
export const NOTHING_TOLD = 'In the last 24 hours there was nothing to tell.';
export const WHAT_IT_DID = 'What it did';
export const EACH_PHASE = 'Each phase';
export const msWords = (ms: number): string => `${ms} ms`;
/** @param count of cycles without anything to tell, before the one whose card it stands on */
export const beforeWords = (count: number): string => `Before it: ${quietWords(count)}`;
/** The same, of the newest. */
export const sinceWords = (count: number): string => `Since then: ${quietWords(count)}`;
