// How a task's workflow hands over to itself when its history has grown long. Pure.
import type { ChangesAsked, Position, Resume, ResumeBefore2 } from '../workflow.ts';

const SINCE = 'since:';

/** @param at as it was handed over, today or by a worker from before versions */
export function readResume(at: Resume | ResumeBefore2): Resume {
  const { seenRuns, items, offers, rounds, lookRounds, pending } = at;
  return {
    version: 2,
    position: 'version' in at ? at.position : positionBefore2(at),
    seenRuns,
    items,
    ...(offers === undefined ? {} : { offers }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(lookRounds === undefined ? {} : { lookRounds }),
    pending,
  };
}

/**
 * @returns what is handed over. While an update rolls out, or is rolled back, a worker from before versions
 * may be the one that takes it up, so what that one reads is in it too. To be dropped together with
 * `ResumeBefore2`.
 */
export const writeResume = (at: Resume): Resume & ResumeBefore2 => ({ ...fieldsBefore2(at.position), ...at });

function positionBefore2({ stage, round, about, reviewedUntil }: ResumeBefore2): Position {
  switch (stage) {
    case 'plan':
      return { stage, revises: about ?? null };
    case 'await_plan':
      return { stage, revision: round };
    case 'implement':
      return { stage };
    case 'ci':
      return { stage, repairs: round, acceptedSha: about ?? null, reviewedUntil };
    case 'fix_ci':
      return { stage, repairs: round, redSha: about ?? null, reviewedUntil };
    case 'second_look':
      return { stage: 'ci', repairs: round, acceptedSha: null, reviewedUntil };
    case 'review':
      return { stage, reviewedUntil };
    case 'address_review':
      return { stage, asked: askedBefore2(about, reviewedUntil), reviewedUntil };
  }
}

function askedBefore2(about: string | undefined, reviewedUntil: string): ChangesAsked {
  if (about === undefined) return { where: 'github', sinceIso: reviewedUntil };
  return about.startsWith(SINCE)
    ? { where: 'github', sinceIso: about.slice(SINCE.length) }
    : { where: 'inbox', itemId: about };
}

function fieldsBefore2(at: Position): Pick<ResumeBefore2, 'stage' | 'round' | 'about' | 'reviewedUntil'> {
  const { stage } = at;
  switch (stage) {
    case 'plan':
      return { stage, round: 0, about: at.revises ?? undefined, reviewedUntil: '' };
    case 'await_plan':
      return { stage, round: at.revision, reviewedUntil: '' };
    case 'implement':
      return { stage, round: 0, reviewedUntil: '' };
    case 'ci':
      return {
        stage,
        round: at.repairs,
        about: at.acceptedSha ?? undefined,
        reviewedUntil: at.reviewedUntil,
      };
    case 'fix_ci':
      return { stage, round: at.repairs, about: at.redSha ?? undefined, reviewedUntil: at.reviewedUntil };
    case 'second_look':
      // A worker that knows no second look waits for the checks of the same commit again.
      return { stage: 'ci', round: at.repairs, reviewedUntil: at.reviewedUntil };
    case 'review':
      return { stage, round: 0, reviewedUntil: at.reviewedUntil };
    case 'address_review':
      return { stage, round: 0, about: aboutBefore2(at.asked), reviewedUntil: at.reviewedUntil };
  }
}

/** @returns undefined for what a second look found, which a worker from before it knows nothing of */
function aboutBefore2(asked: ChangesAsked): string | undefined {
  if (asked.where === 'second_look') return undefined;
  return asked.where === 'inbox' ? asked.itemId : `${SINCE}${asked.sinceIso}`;
}
