// What one run may take, in numbers, and the sentence for each. Counted by what was written down, not by what
// a process remembers.

/** What a run may say and ask. The agent holds the run's token, so its runner is no place to count. */
export const TALK_LIMITS = {
  says: { aRun: 100, what: 'things said' },
  questions: { aRun: 5, what: 'questions' },
  permissions: { aRun: 200, what: 'requests for permission' },
  shows: { aRun: 12, what: 'pictures' },
  findings: { aRun: 30, what: 'findings' },
  replies: { aRun: 200, what: 'replies' },
  learnings: { aRun: 20, what: 'rules' },
  askings: { aRun: 100, what: 'questions about what was learned' },
  heldPushes: { aRun: 5, what: 'pushes that wait for the reader' },
  guardrailAsks: { aRun: 5, what: 'pushes that a guardrail holds' },
  guardrailHits: { aMinute: 10, what: 'pushes that met a guardrail' },
  refusedPushes: { aMinute: 10, what: 'refused pushes' },
} as const satisfies Record<string, { aRun?: number; aMinute?: number; what: string }>;
export type Talk = keyof typeof TALK_LIMITS;

/** Items of one run that may be open at the same time, whatever kind they are. */
export const MAX_OPEN_ITEMS = 20;
/** Events that one task's sandbox may cause in a minute, whatever kind they are. */
export const MAX_EVENTS_A_MINUTE = 60;

export type TalkVerdict = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

/**
 * Decides whether a run may do one thing more.
 * @param used what it did already: of this kind in this run and in the last minute, events of any kind in the
 * last minute, open items
 */
export function mayTalk(
  talk: Talk,
  used: { aRun: number; aMinute: number; events: number; open: number },
): TalkVerdict {
  const limit: { aRun?: number; aMinute?: number; what: string } = TALK_LIMITS[talk];
  if (limit.aRun !== undefined && used.aRun >= limit.aRun)
    return { ok: false, sentence: `This run has had its ${limit.aRun} ${limit.what}. Go on without.` };
  if (limit.aMinute !== undefined && used.aMinute >= limit.aMinute)
    return { ok: false, sentence: `${limit.aMinute} ${limit.what} in one minute are enough. Wait a minute.` };
  if (opensItem(talk) && used.open >= MAX_OPEN_ITEMS)
    return {
      ok: false,
      sentence: `${MAX_OPEN_ITEMS} things wait for the reader already. End your turn; you are woken with the answers.`,
    };
  if (used.events >= MAX_EVENTS_A_MINUTE)
    return { ok: false, sentence: `More than ${MAX_EVENTS_A_MINUTE} events in one minute. Wait a minute.` };
  return { ok: true };
}

const opensItem = (talk: Talk): boolean =>
  ['questions', 'permissions', 'heldPushes', 'guardrailAsks'].includes(talk);

/**
 * What is kept of what a run prints, in bytes; the agent holds the run's token, so what its runner leaves out
 * is no limit.
 */
export const OUTPUT_LIMITS = {
  aRun: 256 * 1024 * 1024,
  atOnce: 32 * 1024 * 1024,
  aSecond: 1024 * 1024,
} as const;

/**
 * Decides on more output of a run.
 * @param end bytes that are kept already
 * @param bytes that come
 * @param ageS seconds since the run began
 * @returns how many of them are kept, the rest being dropped; or that they come too fast
 */
export function mayPrint(
  end: number,
  bytes: number,
  ageS: number,
): { readonly kind: 'keep'; readonly bytes: number } | { readonly kind: 'wait' } {
  const kept = Math.min(bytes, Math.max(0, OUTPUT_LIMITS.aRun - end));
  return end + kept > OUTPUT_LIMITS.atOnce + OUTPUT_LIMITS.aSecond * ageS && kept > 0
    ? { kind: 'wait' }
    : { kind: 'keep', bytes: kept };
}

export type SandboxLimit = 'processes' | 'memory' | 'disk' | 'disk_soon';

/** What agent and person read when a sandbox meets a limit. @param max the limit: processes, or MiB */
export function limitSentence(limit: SandboxLimit, max: number): string {
  switch (limit) {
    case 'processes':
      return `The sandbox has its ${max} processes and can't start another. End what is not needed, or run less at the same time.`;
    case 'memory':
      return `The sandbox used more than its ${max} MiB of memory, so its biggest process was ended. Run less at the same time, or raise MAINLOOP_SANDBOX_MEMORY_MIB.`;
    case 'disk_soon':
      return `The sandbox has used nine tenths of its ${max} MiB of disk. Remove what is not needed: at the limit the run is ended.`;
    case 'disk':
      return `The sandbox used more than its ${max} MiB of disk, so the run was ended. Retry starts from the last checkpoint.`;
  }
}
