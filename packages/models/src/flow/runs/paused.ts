// How it is said that everything is paused, wherever that is said. Pure.

/** @returns one sentence or two; '' when nothing is paused */
export function pausedWords(now: {
  readonly since: unknown;
  readonly agents: number;
  readonly queued: number;
}): string {
  if (now.since === null || now.since === undefined) return '';
  const stopping = now.agents === 1 ? ' One agent is stopping.' : ` ${now.agents} agents are stopping.`;
  const waiting = now.queued === 1 ? ' One task waits to go on.' : ` ${now.queued} tasks wait to go on.`;
  return `Everything is paused.${now.agents > 0 ? stopping : ''}${now.queued > 0 ? waiting : ''}`;
}
