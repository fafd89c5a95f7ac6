// What was written and not sent yet, on every device of the person. Loaded after the first paint; without it, or without a
// network, the words stay on this one.
import type { Answer } from '@mainloop/models/contracts/routes';
import {
  afterAnswer,
  draftStep,
  NEVER_SEEN,
  type KeptDraft,
  type SeenDraft,
} from '@mainloop/models/flow/inbox/drafts';
import { draftOf, drafts, fromElsewhere, onWritten, PREFIX } from './drafts.svelte.ts';
import { readKept, type About } from './kept.ts';
import { forMe } from '../live/person.ts';

/** Of what this device knows of the server's copy of a draft. */
const SEEN = 'shared/';
/** So long after the last letter a draft goes out, in milliseconds. */
const QUIET_MS = 1_200;
/** More often than this nobody looks what other devices wrote, in milliseconds. */
const LOOK_MS = 2_000;

const NONE: KeptDraft = { text: '', revision: 0 };
type Remote = KeptDraft & { readonly about: About | null };

/** What this device has of a draft, whatever of it is shown. */
function readDraft(key: string): { readonly text: string; readonly about: About | null } {
  const draft = drafts.get(key);
  draft?.load();
  draft?.write();
  const kept = readKept(localStorage.getItem(PREFIX + key), Date.now());
  return { text: draft?.all ?? kept?.text ?? '', about: draft?.about ?? kept?.about ?? null };
}

/** Puts words of another device where they belong. */
function showDraft(key: string, text: string, about: About | null): void {
  const draft = draftOf(key, about);
  draft.load();
  draft.all = text;
  draft.write();
  fromElsewhere.times++;
}

function seenOf(key: string): SeenDraft {
  try {
    const seen = JSON.parse(localStorage.getItem(SEEN + key) ?? 'null') as Partial<SeenDraft> | null;
    return typeof seen?.text === 'string' && typeof seen.revision === 'number'
      ? { text: seen.text, revision: seen.revision, sending: seen.sending ?? null }
      : NEVER_SEEN;
  } catch {
    // Written by another version, or by hand.
    return NEVER_SEEN;
  }
}
function note(key: string, seen: SeenDraft): void {
  try {
    // What the server no longer has needs no memory.
    if (seen.text === '' && seen.revision === 0 && seen.sending === null) localStorage.removeItem(SEEN + key);
    else localStorage.setItem(SEEN + key, JSON.stringify(seen));
  } catch {
    // Storage that is full or forbidden: the next look sends it once more.
  }
}

async function send(key: string, base: number): Promise<void> {
  const { text, about } = readDraft(key);
  note(key, { ...seenOf(key), sending: text });
  const response = await fetch('/api/drafts', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...forMe() },
    body: JSON.stringify({ key, text, about, base }),
    keepalive: text.length < 10_000,
  });
  if (!response.ok) return;
  const kept = (await response.json()) as Answer<'keepDraft'>;
  note(key, { ...kept, sending: null });
  const now = readDraft(key).text;
  const after = afterAnswer(key, text, now, kept.text);
  if (after !== now) showDraft(key, after, about);
}

async function one(key: string, remote: Remote | undefined): Promise<void> {
  const seen = seenOf(key);
  const copy = remote ?? NONE;
  const step = draftStep(readDraft(key).text, seen, copy);
  if (step.do === 'send') return send(key, step.base);
  note(key, { text: copy.text, revision: copy.revision, sending: null });
  if (step.do === 'show') showDraft(key, step.text, remote?.about ?? null);
}

let busy: Promise<void> = Promise.resolve();
/** One after the other: an answer that overtakes another one would bring old words back. */
const inTurn = (does: () => Promise<void>): Promise<void> =>
  // No network, or a server on its way up: the words are on this device, and go out with the next look.
  (busy = busy.then(does).catch(() => undefined));

/** Looks what other devices wrote, and sends what they do not have. */
async function look(): Promise<void> {
  const response = await fetch('/api/drafts', { headers: forMe() });
  if (!response.ok) return;
  const remote = new Map(
    ((await response.json()) as Answer<'listDrafts'>).map((draft) => [draft.key, draft]),
  );
  const here = Object.keys(localStorage).flatMap((key) => {
    if (key.startsWith(PREFIX)) return key.slice(PREFIX.length);
    return key.startsWith(SEEN) ? key.slice(SEEN.length) : [];
  });
  for (const key of new Set([...here, ...remote.keys()])) await one(key, remote.get(key));
}

let lookedMs = -LOOK_MS;
let later: ReturnType<typeof setTimeout> | undefined;
/**
 * Something happened, here or elsewhere: an answer that was given on another device took its draft with it.
 * @returns at once: the server is asked a moment later, once for all that happened in it
 */
export function lookSoon(): void {
  if (later !== undefined) return;
  later = setTimeout(
    () => {
      later = undefined;
      lookedMs = performance.now();
      void inTurn(look);
    },
    Math.max(0, lookedMs + LOOK_MS - performance.now()),
  );
}

/** Keeps the drafts of this device and of the others the same, from here on. @returns an end to it */
export function shareDrafts(): () => void {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();
  const out = (key: string): void => {
    clearTimeout(waiting.get(key));
    waiting.delete(key);
    void inTurn(async () => {
      const seen = seenOf(key);
      // Whether what was on its way arrived is known after a look only.
      if (seen.sending !== null) return look();
      if (readDraft(key).text !== seen.text) await send(key, seen.revision);
    });
  };
  const unwatch = onWritten((key) => {
    clearTimeout(waiting.get(key));
    waiting.set(
      key,
      setTimeout(() => out(key), QUIET_MS),
    );
  });
  const turned = (): void => {
    if (document.visibilityState === 'visible') return lookSoon();
    // The phone goes into the pocket: the words go out now.
    for (const key of waiting.keys()) out(key);
  };
  document.addEventListener('visibilitychange', turned);
  addEventListener('online', lookSoon);
  lookSoon();
  return () => {
    unwatch();
    for (const timer of waiting.values()) clearTimeout(timer);
    document.removeEventListener('visibilitychange', turned);
    removeEventListener('online', lookSoon);
  };
}
