// What a server does once it listens, so that it holds as little as it can while nobody asks anything.

/** When what the start needed is needed no more, and before anybody is likely to ask. */
const SETTLED_MS = 2_000;

type Collect = (options: { type: 'major'; execution: 'async'; flavor: 'last-resort' }) => Promise<void>;

/**
 * Gives back what the start took: V8 looks for garbage when memory is asked for, so a server that is idle from
 * then on would hold all of it for as long as it stays idle. One pause of some tens of milliseconds, once.
 * @param collect V8's collector; undefined in a process that was started without `--expose-gc`, and then nothing
 * happens
 * @param settledMs milliseconds until then
 * @returns what ends when it is done
 */
export async function collectAfterStart(
  collect = (globalThis as { gc?: Collect }).gc,
  settledMs = SETTLED_MS,
): Promise<void> {
  if (collect === undefined) return;
  await new Promise<void>((resolve) => void setTimeout(resolve, settledMs).unref());
  await collect({ type: 'major', execution: 'async', flavor: 'last-resort' });
}
