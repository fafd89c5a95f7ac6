// The conversation as far as it was read: the piece that the page loaded, and those that the reader scrolled to.
import type { Said, ThreadPiece } from '../server/thread.ts';

/** @returns the same for the same message or proposal */
export const keyOf = (input: Said): string => input.kind + (input.message?.id ?? input.proposal?.id);

/** Names of fields that hold a time end in At; a script gets them as text. */
const revive = (key: string, value: unknown): unknown =>
  key.endsWith('At') && typeof value === 'string' ? new Date(value) : value;

export class Pieces {
  /**
   * What was shown so far. What is said meanwhile pushes the oldest out of what the page loads, but not from
   * under the reader.
   */
  private known = $state.raw<ReadonlyMap<string, Said>>(new Map());
  private reached = $state.raw<{ readonly earlier?: boolean; readonly later?: boolean }>({});
  private readonly loaded: () => ThreadPiece;
  loading = $state<'earlier' | 'later' | null>(null);
  problem = $state('');

  constructor(loaded: () => ThreadPiece) {
    this.loaded = loaded;
  }

  /** Oldest first, each once, as it was seen last. */
  readonly items = $derived.by(() => {
    const all = new Map(this.known);
    for (const piece of this.loaded().thread) all.set(keyOf(piece), piece);
    return [...all.values()].toSorted((a, b) => a.seq - b.seq);
  });
  get hasEarlier(): boolean {
    return this.reached.earlier ?? this.loaded().hasEarlier;
  }
  get hasLater(): boolean {
    return this.reached.later ?? this.loaded().hasLater;
  }

  /** Keeps what is shown. Call it when the page has loaded. */
  keep(): void {
    this.known = new Map(this.items.map((i) => [keyOf(i), i]));
  }
  /** Forgets what was read: another place is shown. */
  leave(): void {
    [this.known, this.reached, this.problem] = [new Map(), {}, ''];
  }

  /**
   * Gets the piece before the first, or after the last.
   * @param comes called when it has come and is not shown yet
   * @returns whether it came
   */
  async more(which: 'earlier' | 'later', comes: () => void = () => undefined): Promise<boolean> {
    const messages = this.items.filter((i) => i.kind === 'message');
    const from = which === 'earlier' ? messages.at(0) : messages.at(-1);
    if (this.loading !== null || from === undefined) return false;
    this.loading = which;
    this.problem = '';
    try {
      const response = await fetch(`/thread?${which === 'earlier' ? 'before' : 'after'}=${from.seq}`);
      if (!response.ok) throw new Error(String(response.status));
      const piece = JSON.parse(await response.text(), revive) as ThreadPiece;
      comes();
      this.known = new Map([...this.items, ...piece.thread].map((i) => [keyOf(i), i]));
      this.reached = { ...this.reached, [which]: which === 'earlier' ? piece.hasEarlier : piece.hasLater };
      return true;
    } catch {
      // Offline, or the server is on its way up: the button stays, and says it.
      this.problem = 'That part of the conversation could not be loaded. Try again.';
      return false;
    } finally {
      this.loading = null;
    }
  }
}
