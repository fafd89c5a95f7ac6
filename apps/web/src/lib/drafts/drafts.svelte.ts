// What was written and not sent yet. It stays on this device, under what it is about, until it is sent;
// shared-drafts.ts brings it to the others.
import { joined, versionsOf, withVersions } from '@mainloop/models/flow/inbox/draft-versions';
import { keptFor, type About } from './kept.ts';

/** Of a draft's name in what this device keeps. */
export const PREFIX = 'draft/';
const WRITE_MS = 150;
/** Of such a form one can be sent after the other: what was written elsewhere is the next one, and not lost. */
const OF_SOMETHING_NEW = /^(?:comment\/|form\/[^:]+$)/;

/** How often words came from another device, or went because they were sent there. */
export const fromElsewhere = $state({ times: 0 });
/** Whoever brings words to other devices. */
let written: (key: string) => void = () => undefined;

class Draft {
  private value = $state('');
  private elsewhere = $state<readonly string[]>([]);
  private loaded = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly name: string;
  private readonly key: string;
  about: About | null = null;
  constructor(name: string) {
    this.name = name;
    this.key = `${PREFIX}${name}`;
  }
  get text(): string {
    return this.value;
  }
  set text(text: string) {
    this.value = text;
    // It was chosen from all that was in sight.
    if (text === '') this.elsewhere = [];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), WRITE_MS);
  }
  /** The same form, as it was written on other devices meanwhile. */
  get also(): readonly string[] {
    return this.elsewhere;
  }
  /** As it is kept, and goes to other devices: with what was written there. */
  get all(): string {
    return withVersions({ text: this.value, also: this.elsewhere });
  }
  set all(all: string) {
    const { text, also } = versionsOf(all);
    this.text = text;
    this.elsewhere = also;
  }
  /** Puts a form that was written elsewhere into the place of this one, which stands beside it then. */
  swap(form: string): void {
    const rest = this.elsewhere.filter((one) => one !== form);
    this.all = withVersions({ text: form, also: this.value === '' ? rest : [this.value, ...rest] });
    this.write();
  }
  /** @param form that was written elsewhere: nobody wants it */
  leaveOut(form: string): void {
    this.all = withVersions({ text: this.value, also: this.elsewhere.filter((one) => one !== form) });
    this.write();
  }
  /** Reads what was kept, once. What was typed before this page listened is put behind it. */
  load(): void {
    if (this.loaded) return;
    this.loaded = true;
    const kept = versionsOf(keptFor(localStorage.getItem(this.key), Date.now()) ?? '');
    this.value = joined(kept.text, this.value);
    this.elsewhere = kept.also;
  }
  /** Another tab wrote it down. What is being typed here in this moment stays. @param stored as it stands now */
  hear(stored: string | null): void {
    if (!this.loaded || this.timer !== undefined) return;
    const kept = versionsOf(keptFor(stored, Date.now()) ?? '');
    this.value = kept.text;
    this.elsewhere = kept.also;
  }
  /** It was sent. @param sent what of it; other words that were written since are not */
  drop(sent: string = this.value): void {
    if (this.value.trim() !== sent.trim()) return;
    const [next = '', ...also] = OF_SOMETHING_NEW.test(this.name) ? this.elsewhere : [];
    this.all = withVersions({ text: next, also });
    this.write();
  }
  /** Without delay: the page may be about to go. */
  write(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      if (this.value === '') localStorage.removeItem(this.key);
      else
        localStorage.setItem(this.key, JSON.stringify({ text: this.all, at: Date.now(), about: this.about }));
    } catch {
      // Storage that is full or forbidden: the words stay for as long as the page does.
    }
    written(this.name);
  }
}

/** Those that this page shows, by what they are about. */
export const drafts = new Map<string, Draft>();

/**
 * @param key what it is about: `chat`, `item/ID`, `task/ID`, `proposal/ID`, `comment/TASK`. Two places that
 * show the same thing write the same words.
 * @param about how that is called, for whoever finds the words when it is gone
 */
export function draftOf(key: string, about: About | null = null): Draft {
  // A server renders for everybody, so it keeps nothing.
  if (typeof localStorage === 'undefined' || typeof document === 'undefined') return new Draft(key);
  const draft = drafts.get(key) ?? new Draft(key);
  draft.about ??= about;
  drafts.set(key, draft);
  return draft;
}

/** @param tell called with what it is about whenever a draft was written down @returns an end to it */
export function onWritten(tell: (key: string) => void): () => void {
  written = tell;
  return () => void (written = () => undefined);
}

/** What was written for an item has arrived. @param path where it was sent @param body and with it the words */
export function dropDraftOf(path: string, body: unknown): void {
  const id = /^\/api\/inbox\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined) return;
  const draft = draftOf(`item/${id}`);
  draft.load();
  const { text } = (body ?? {}) as { text?: unknown };
  draft.drop(typeof text === 'string' ? text : '');
}

/**
 * What was said in the chat has been refused: its words stand in the field again, before those that were written
 * since. Those of an item never left it.
 * @param path where it was sent
 * @param body and with it the words
 */
export function bringBack(path: string, body: unknown): void {
  const { text } = (body ?? {}) as { text?: unknown };
  if (path !== '/api/chat' || typeof text !== 'string') return;
  const draft = draftOf('chat');
  draft.load();
  draft.text = joined(text, draft.text);
  draft.write();
}

/**
 * Writes down what is still on its way.
 * @returns once all of it is in the storage of this device
 */
export function writeDrafts(): void {
  for (const draft of drafts.values()) draft.write();
}

/** What another tab wrote down stands here, too: who goes on typing in an old text would take the new one away. */
function hearTab({ key, newValue }: StorageEvent): void {
  if (!key?.startsWith(PREFIX)) return;
  drafts.get(key.slice(PREFIX.length))?.hear(newValue);
  fromElsewhere.times++;
}

/**
 * Writes down what is still on its way, hears of other tabs, and forgets what nobody came back to.
 * @returns an end to it
 */
export function keepDrafts(): () => void {
  for (const key of Object.keys(localStorage))
    if (key.startsWith(PREFIX) && keptFor(localStorage.getItem(key), Date.now()) === null)
      localStorage.removeItem(key);
  addEventListener('pagehide', writeDrafts);
  addEventListener('storage', hearTab);
  return () => {
    removeEventListener('pagehide', writeDrafts);
    removeEventListener('storage', hearTab);
  };
}
