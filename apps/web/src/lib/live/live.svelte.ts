// The live link: events say "look again", deltas are shown as they come. Resumes by cursor after any break.
import { invalidate } from '$app/navigation';
import type { Delta, OutputHint } from '@mainloop/models/contracts/live';
import type { Answer } from '@mainloop/models/contracts/routes';
import { bringBack, dropDraftOf } from '../drafts/drafts.svelte.ts';
import { notes } from '../kit/notes.svelte.ts';
import { personHere } from './person.ts';
import type { StreamKind } from './stream.ts';
import { whenUntouched } from '../decide/steady.svelte.ts';
import type { Told, Waiting } from './waiting.ts';

const LOOK_AGAIN_MS = 120;
/** After this, what a server that was starting did not take is sent to it again. */
const SEND_AGAIN_MS = 5_000;

const lookNow = (): void => void invalidate('app:live');

class Live {
  online = $state(true);
  draft = $state<{ turnId: string; text: string } | null>(null);
  outputEnd = $state<Record<string, number>>({});
  /** What was said without a network and has not gone out yet, by where it goes. */
  kept = $state.raw<ReadonlyMap<string, Waiting>>(new Map());
  /** How many things that are. */
  waiting = $state(0);
  /** What became of what waited, as far as this page has told it. */
  private readonly heard = new Set<string>();
  private leave: (() => void) | null = null;
  /** Counts how often the stream was opened or closed: what was on its way then is not wanted any more. */
  private turn = 0;
  /** Whether the stream was there once since it was opened. */
  private isJoined = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sendAgain: ReturnType<typeof setTimeout> | undefined;
  private cursor = 0;
  /** The last event that tells something, other than that the person looked. */
  newsSeq = 0;
  private lastLook = -LOOK_AGAIN_MS;

  start(cursor: number): () => void {
    this.cursor = this.newsSeq = cursor;
    this.open();
    // Loaded only now: the first paint does not need it. Without a network there is nothing to look at yet.
    void import('./looks.ts').then(({ lookPatiently }) => lookPatiently()).catch(() => undefined);
    const up = (): void => {
      // Until the stream is open again it is not known what was missed.
      this.online = false;
      this.close();
      this.open();
    };
    const down = (): void => {
      this.online = false;
      void this.count();
    };
    const told = (message: MessageEvent<{ type?: string; told?: readonly Told[] }>): void =>
      void (message.data.type === 'sent' && this.heardOf(message.data.told ?? []));
    addEventListener('online', up);
    addEventListener('offline', down);
    navigator.serviceWorker?.addEventListener('message', told);
    return () => {
      this.close();
      navigator.serviceWorker?.removeEventListener('message', told);
      removeEventListener('online', up);
      removeEventListener('offline', down);
    };
  }

  private open(): void {
    const turn = ++this.turn;
    const down = (): void => {
      this.online = false;
      void this.count();
    };
    // Loaded only now: the first paint does not need it.
    void import('./stream.ts').then(
      ({ joinStream }) => {
        if (turn !== this.turn) return;
        this.leave = joinStream({
          cursor: () => this.cursor,
          take: (kind, data) => this.take(kind, data),
          up: (at) => this.up(at),
          down: (isOwn) => {
            down();
            // One tab asks for all: each of them would ask at each break of the one stream.
            if (!isOwn) return;
            // No network, and nothing kept of it: then nobody was signed out.
            void import('./signed-out.ts')
              .then(({ leaveIfSignedOut }) => leaveIfSignedOut())
              .catch(() => undefined);
          },
        });
      },
      // No network: the stream is opened again when there is one.
      () => turn === this.turn && down(),
    );
  }

  private up(at: number | null): void {
    const wasAway = !this.online;
    const isNew = wasAway || !this.isJoined;
    const missed = at !== null && at > this.cursor;
    this.cursor = Math.max(this.cursor, at ?? 0);
    this.online = this.isJoined = true;
    // What happened while we were away is not replayed as deltas, so look once.
    if (wasAway || missed) this.lookAgain();
    if (isNew) void this.sendWaiting();
  }

  private take(kind: StreamKind, data: string): void {
    if (kind === 'event') {
      const event = JSON.parse(data) as Answer<'listEvents'>[number];
      this.cursor = Math.max(this.cursor, event.seq);
      // That the person looked changes nothing that they see.
      if (event.type === 'inbox.seen' || event.type === 'owner.caught_up') return;
      this.newsSeq = event.seq;
      return this.lookAgain();
    }
    if (kind === 'delta') {
      const delta = JSON.parse(data) as Delta;
      const known = this.draft?.turnId === delta.turnId ? this.draft.text : '';
      this.draft = { turnId: delta.turnId, text: known.slice(0, delta.from) + delta.text };
      return;
    }
    const output = JSON.parse(data) as OutputHint;
    this.outputEnd[output.runId] = output.end;
  }

  async count(): Promise<void> {
    // The network went before this page had all of itself: nothing was kept on it yet.
    const waiting = await import('./waiting.ts').catch(() => null);
    if (waiting === null) return;
    const all = await waiting.listWaiting(personHere());
    this.waiting = all.length;
    this.kept = new Map(all.map((w) => [w.path, w]));
    // The network is there, and the server was not ready for it.
    clearTimeout(this.sendAgain);
    if (this.waiting > 0 && this.online)
      this.sendAgain = setTimeout(() => void this.sendWaiting(), SEND_AGAIN_MS);
  }

  /** Takes back what waits for a network. @returns whether it had not gone out yet */
  async unkeep(path: string): Promise<boolean> {
    const isTakenBack = await (await import('./waiting.ts')).unkeep(path, personHere());
    await this.count();
    // It has gone out meanwhile: what it did is to be seen.
    if (!isTakenBack) this.lookAgain();
    return isTakenBack;
  }

  private async sendWaiting(): Promise<void> {
    // The network went again: what waits goes out when it is back.
    const waiting = await import('./waiting.ts').catch(() => null);
    if (waiting === null) return;
    const person = personHere();
    // Without a store there is nothing that the service worker could send.
    if (person !== null) await waiting.rememberPerson(person).catch(() => undefined);
    await this.heardOf(await waiting.sendWaiting(person));
  }

  /** Something that waited has gone out, from here or from the service worker. */
  private async heardOf(all: readonly Told[]): Promise<void> {
    // The service worker and this page may both tell of it.
    const told = all.filter(({ id }) => !this.heard.has(id));
    for (const { id } of told) this.heard.add(id);
    // Not simply none: what met a server that was starting waits on.
    await this.count();
    if (told.length === 0) return;
    const sent = told.filter(({ refused }) => refused === null);
    // What was refused stays written down: its words are nobody else's.
    for (const { path, body } of sent) dropDraftOf(path, body);
    for (const { path, body, refused } of told) {
      if (refused === null) continue;
      bringBack(path, body);
      notes.tell(refused, 12_000);
    }
    if (sent.length > 0)
      notes.tell(
        sent.length === 1
          ? 'What you said offline is sent.'
          : `${sent.length} things you said offline are sent.`,
      );
    void import('./waiting.ts').then(({ forgetTold }) => forgetTold(told));
    this.lookAgain();
  }

  private close(): void {
    this.turn++;
    clearTimeout(this.sendAgain);
    this.leave?.();
    this.leave = null;
    this.isJoined = false;
  }

  /** At once for the first event, then at most every 120 ms however many come. */
  lookAgain(): void {
    // Without a network there is nothing to see, and a page that asked in vain would give way to an error; it
    // looks once it is back.
    if (this.timer || !this.online) return;
    const wait = Math.max(0, this.lastLook + LOOK_AGAIN_MS - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.lastLook = performance.now();
      if (this.online) whenUntouched(lookNow);
    }, wait);
  }
}

export const live = new Live();
