// What was decided and has had no effect yet. A decision is held for a moment, in which one tap or the key u
// takes it back; then it goes out.
import type { Result } from '../live/act.ts';
import { hold, release, type Held } from './held.ts';
import { sendDecision } from './send.ts';
import { live } from '../live/live.svelte.ts';
import { notes } from '../kit/notes.svelte.ts';
import type { Retry } from '../inbox/retry.ts';
import { SENT_LATER } from '../words/card.ts';

/** How long it can be taken back, in milliseconds: long enough to read what was tapped. */
const UNDO_MS = 6_000;
/** Where an agent stands still until it is decided: long enough for a slip of the thumb. */
export const SHORT_UNDO_MS = 2_000;
/** After this, in milliseconds, a page that can keep nothing for later looks for a network again. */
const TRY_AGAIN_MS = 5_000;

interface Decision {
  /** Where it goes; also what it is about: of one item there is one decision. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What it is about, for the words when it is refused elsewhere. */
  readonly label: string;
  /** In the past: "Approved." */
  readonly says: string;
  /** What follows from it: "Claude starts." */
  readonly next: string;
  /** Has to be done before it, and only together with it. */
  readonly first?: { readonly path: string; readonly body: Readonly<Record<string, unknown>> };
  /** Carries no id of its own that makes it count once, so it can't wait for a network. */
  readonly onlyOnline?: boolean;
  /** How long it can be taken back, in milliseconds, where that is not the usual time. */
  readonly undoMs?: number;
  readonly done?: (r: Extract<Result, { ok: true }>) => void;
}

interface Known {
  readonly state: 'held' | 'sent' | 'refused';
  readonly says: string;
  readonly next: string;
}

/** On this device, until there is a network. */
interface Kept {
  /** Being taken back: it may be on its way in this moment, and what became of that is waited for. */
  readonly state: 'kept' | 'taking_back';
  readonly says: string;
  readonly next: string;
}

class Decisions {
  private takingBack = $state.raw<ReadonlySet<string>>(new Set());
  private known = $state.raw<ReadonlyMap<string, Known>>(new Map());
  private readonly held = new Map<
    string,
    { readonly decision: Decision; readonly timer: ReturnType<typeof setTimeout> }
  >();

  /** How far the decision on something is; null when there is none, or it was taken back. */
  of(path: string): Known | Kept | null {
    const kept = live.kept.get(path);
    return kept === undefined
      ? (this.known.get(path) ?? null)
      : { state: this.takingBack.has(path) ? 'taking_back' : 'kept', says: kept.says ?? '', next: '' };
  }

  /** @param known null: nothing any more */
  private note(path: string, known: Known | null): void {
    const others = [...this.known].filter(([place]) => place !== path);
    this.known = new Map(known === null ? others : [...others, [path, known]]);
  }

  decide(decision: Decision): void {
    if (this.held.has(decision.path)) return;
    this.note(decision.path, { state: 'held', says: decision.says, next: decision.next });
    hold(stored(decision, false));
    this.held.set(decision.path, {
      decision,
      timer: setTimeout(() => void this.send(decision), decision.undoMs ?? UNDO_MS),
    });
    // Without a network it is kept on this device at once, and can be taken back until there is one.
    if (!live.online) void this.send(decision);
  }

  /** @returns whether there was something to take back: what waits for a network may have gone out just now */
  async undo(path: string): Promise<boolean> {
    const held = this.held.get(path);
    if (held !== undefined) {
      clearTimeout(held.timer);
      this.held.delete(path);
      this.note(path, null);
      release({ path });
      return true;
    }
    if (!live.kept.has(path) || this.takingBack.has(path)) return false;
    this.takingBack = new Set([...this.takingBack, path]);
    try {
      return await live.unkeep(path);
    } finally {
      this.takingBack = new Set([...this.takingBack].filter((one) => one !== path));
    }
  }

  /** Takes back what was decided last. */
  async undoLast(): Promise<void> {
    // Of what waits for a network, decisions alone: what was said in the chat stays said.
    const path =
      [...this.held.keys()].at(-1) ??
      [...live.kept.values()].findLast(({ says, path: to }) => says !== undefined && !this.takingBack.has(to))
        ?.path;
    if (path !== undefined && (await this.undo(path))) notes.tell('Taken back.');
  }

  /** Nobody can take it back any more, because nobody looks: so it goes out now. */
  async flush(): Promise<void> {
    await Promise.all(
      [...this.held.values()].map(({ decision }) => {
        hold(stored(decision, true));
        return this.send(decision);
      }),
    );
  }

  private async send(decision: Decision): Promise<void> {
    clearTimeout(this.held.get(decision.path)?.timer);
    if (!this.held.delete(decision.path)) return;
    this.note(decision.path, { state: 'sent', says: decision.says, next: decision.next });
    const result = await sendDecision(decision);
    if (!result.ok && result.isAway && decision.onlyOnline !== true) return this.stay(decision);
    release({ path: decision.path });
    if (!result.ok) {
      this.note(decision.path, { state: 'refused', says: result.sentence, next: '' });
      // Its card says so; where that has gone, a note does.
      if (document.querySelector(`[data-decides="${CSS.escape(decision.path)}"]`) === null)
        notes.tell(`${decision.label}: ${result.sentence}`, 12_000);
      return;
    }
    if (result.kept) {
      await live.count();
      this.note(decision.path, null);
    }
    decision.done?.(result);
  }

  /**
   * The network went before this page had what keeps things for later. So the page itself sends it when there is one,
   * or the next page does, and until then it can be taken back.
   */
  private stay(decision: Decision): void {
    hold(stored(decision, true));
    this.note(decision.path, { state: 'held', says: decision.says, next: SENT_LATER });
    const tryAgain = (): void => {
      if (navigator.onLine) return void this.send(decision);
      this.held.set(decision.path, { decision, timer: setTimeout(tryAgain, TRY_AGAIN_MS) });
    };
    this.held.set(decision.path, { decision, timer: setTimeout(tryAgain, TRY_AGAIN_MS) });
  }

  /** Whether this page holds it, and will send it. */
  holds(path: string): boolean {
    return this.held.has(path);
  }

  /** Where it was refused it can be decided again. */
  forget(path: string): void {
    if (this.known.get(path)?.state === 'refused') this.note(path, null);
  }
}

/**
 * That a task which stopped goes on. Money that is not there yet can't wait for a network: only both together
 * go on.
 * @param task one whose item still waits
 * @param retry what going on takes: more money, another model, or nothing
 * @returns what to send, under a key of its own: sent twice it counts once
 */
export const retryDecision = (
  task: { readonly id: string; readonly title: string; readonly item: { readonly id: string } | null },
  retry: Retry,
): Decision => ({
  path: `/api/inbox/${task.item?.id}`,
  body: { decision: 'retry', via: 'app', answerId: crypto.randomUUID() },
  label: task.title,
  says: retry.says,
  next: retry.next,
  ...(retry.raisedCents === null
    ? {}
    : {
        first: { path: `/api/tasks/${task.id}/budget`, body: { budgetCents: retry.raisedCents } },
        onlyOnline: true,
      }),
});

function stored({ path, body, label, says, first, onlyOnline }: Decision, left: boolean): Held {
  const held = { path, body, label, says, left, atMs: Date.now() };
  return {
    ...held,
    ...(first === undefined ? {} : { first }),
    ...(onlyOnline === undefined ? {} : { onlyOnline }),
  };
}

export const decisions = new Decisions();

/**
 * From here on what is held goes out when the page goes, and what an earlier page held goes out now.
 * @returns an end to it
 */
export function sendWhenLeft(): () => void {
  // Loaded after the first paint. Without it, what an earlier page held is sent by the next one.
  void import('./take-up.ts').then(
    ({ takeUp }) => takeUp((path) => decisions.holds(path)),
    () => undefined,
  );
  const flush = (): void => void decisions.flush();
  const hidden = (): void => void (document.visibilityState === 'hidden' && flush());
  addEventListener('pagehide', flush);
  document.addEventListener('visibilitychange', hidden);
  return () => {
    removeEventListener('pagehide', flush);
    document.removeEventListener('visibilitychange', hidden);
  };
}
