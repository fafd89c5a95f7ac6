// A person with a quick thumb, by chance: taps at what was seen a moment ago, keys, words, reloads, no network, and cards that move meanwhile.
// Nothing may be decided that was not aimed at, and no word may be lost.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@mainloop/models/db/pool';
import type { BrowserContext, Page } from 'playwright-core';
import { seeded } from '../kills.ts';
import { until } from '../stack.ts';
import { clicks, focus, look, promised, WATCH, words, type Target } from './eyes.ts';
import { decisionsIn, isOver, wasAimed, wordsIn, type Aim } from './judge.ts';
import { openWorld } from './world.ts';

/** What comes under a finger takes no tap for a second; a tap that this machine made slower than this may mean what it hit. */
const SLOW_MS = 900;
const FEW_ITEMS = 30;
const KEYS = ['j', 'j', 'k', 'a', 'a', 'r', 's', '1', '2', 'u', 'Escape', 'Enter', 'Tab'] as const;

export interface Walk {
  readonly seed: number;
  readonly steps: number;
  /** When to stop, whatever is left. */
  readonly untilMs: number;
  readonly touch: boolean;
  say?(line: string): void;
}
export interface Walked {
  readonly steps: number;
  readonly decisions: number;
  readonly words: number;
  /** Taps that arrived too late for the page to know that they were old. */
  readonly slow: number;
  readonly unaimed: readonly string[];
  readonly lost: readonly string[];
}

interface Hand {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly web: string;
  readonly db: Db;
  readonly walk: Walk;
  readonly random: () => number;
  readonly world: ReturnType<typeof openWorld>;
  readonly aims: Aim[];
  /** Words that were written, and where; those that were dropped by hand are taken out. */
  readonly written: Map<string, string>;
  /** What the page said was decided. */
  readonly promised: Set<string>;
  slow: number;
  offline: boolean;
  trail: string[];
}

const pick = <T>(h: Hand, all: readonly T[]): T | undefined => all[Math.floor(h.random() * all.length)];
const note = (h: Hand, line: string): void => void h.trail.push(line);

/** The world goes on while the hand is on its way. */
async function onTheWay(h: Hand): Promise<void> {
  const ms = pick(h, [0, 40, 120, 250, 600])!;
  const moves = h.random() < 0.4 ? h.world.happen() : null;
  await sleep(ms);
  await moves;
}

const tapAt = (h: Hand, t: { x: number; y: number }): Promise<void> =>
  h.walk.touch ? h.page.touchscreen.tap(t.x, t.y) : h.page.mouse.click(t.x, t.y);

/** Words that the person themselves throws away. */
function dropped(h: Hand, t: Target): void {
  if (!/^(Undo edits|Drop|Not now|Sign out)/.test(t.label)) return;
  for (const [word, subject] of h.written)
    if (subject === t.subject || t.label === 'Drop') h.written.delete(word);
}

/** Whatever a tap hit that was on its way for too long was there for long enough to be meant. */
async function listen(h: Hand, seenAt: number): Promise<void> {
  for (const c of await clicks(h.page).catch(() => [])) {
    note(h, `  hit ${c.subject} ${c.label.slice(0, 40)} after ${Math.round(c.at - seenAt)} ms`);
    if (c.at - seenAt < SLOW_MS) continue;
    h.slow++;
    h.aims.push({ subject: c.subject, label: c.label });
  }
}

async function tap(h: Hand): Promise<void> {
  const { targets, now } = await look(h.page);
  const inCards = targets.filter((t) => /^(item|proposal|note)/.test(t.subject) && t.tag === 'BUTTON');
  const t = pick(h, h.random() < 0.8 && inCards.length > 0 ? inCards : targets);
  if (t === undefined) return;
  note(h, `tap ${t.subject} ${t.label.slice(0, 40)}`);
  h.aims.push({ subject: t.subject, label: t.label });
  await onTheWay(h);
  await tapAt(h, t);
  dropped(h, t);
  if (t.label === 'Undo') h.promised.delete(t.subject);
  if (h.random() < 0.4) {
    await sleep(pick(h, [30, 150, 350, 600])!);
    note(h, '  and again on the same point');
    await tapAt(h, t);
  }
  await listen(h, now);
}

async function key(h: Hand): Promise<void> {
  const k = pick(h, KEYS)!;
  const at = await focus(h.page);
  note(h, `key ${k} on ${at.subject} ${at.label.slice(0, 30)}`);
  h.aims.push({ subject: at.subject, label: `key ${k}` });
  if (k === 'Enter') h.aims.push({ subject: at.subject, label: at.label });
  const before = k === 'u' ? await promised(h.page) : [];
  if (at.inField && k.length === 1) return;
  await h.page.keyboard.press(k);
  // What u takes back may stand on a page that is not in sight.
  if (k === 'u' || before.length > 0) h.promised.clear();
}

async function write(h: Hand, n: number): Promise<void> {
  const { targets } = await look(h.page);
  const field = pick(
    h,
    targets.filter((t) => t.writable && !/^(Title|Model|What to do|Find)/.test(t.label)),
  );
  if (field === undefined) return;
  await tapAt(h, field);
  const word = `word${h.walk.seed}x${n}s`;
  const at = await focus(h.page);
  if (!at.inField) return;
  note(h, `write ${word} for ${at.subject} ${at.label.slice(0, 30)}`);
  h.aims.push({ subject: at.subject, label: 'write' });
  // Behind what is there: a word within another one would break that.
  await h.page.keyboard.press('Control+End');
  const moves = h.random() < 0.5 ? h.world.happen() : null;
  await h.page.keyboard.type(` ${word}`, { delay: 8 });
  await moves;
  const now = await focus(h.page);
  // A field that went away under the fingers has only a part of it.
  if (now.subject !== at.subject || now.label !== at.label) return;
  const value = await h.page.evaluate<string>("document.activeElement.value ?? ''");
  if (value.includes(word)) h.written.set(word, at.subject);
  else note(h, `  it is not there: ${value}`);
}

async function elsewhere(h: Hand): Promise<void> {
  const dice = h.random();
  if (dice < 0.25) {
    note(h, 'reload');
    await h.page.reload({ waitUntil: 'domcontentloaded' });
  } else if (dice < 0.5) {
    h.offline = !h.offline;
    note(h, h.offline ? 'offline' : 'online');
    await h.context.setOffline(h.offline);
  } else if (dice < 0.75) {
    note(h, 'scroll');
    await h.page.mouse.move(190, 400);
    await h.page.mouse.wheel(0, (h.random() - 0.4) * 900);
  } else {
    const task = pick(h, h.world.tasks.slice(-20));
    const to = pick(h, [
      '/inbox',
      '/inbox',
      '/',
      ...(task === undefined ? [] : [`/task/${task}`, `/task/${task}/changes`]),
    ])!;
    note(h, `go to ${to}`);
    await h.page.goto(`${h.web}${to}`, { waitUntil: 'domcontentloaded' });
  }
}

/** A page that is not ours, or only the one that says that there is no network, is left for the inbox. */
async function stay(h: Hand): Promise<void> {
  const url = new URL(h.page.url());
  const there = await h.page.evaluate<boolean>("document.querySelector('#main') !== null").catch(() => false);
  if (there && /^\/($|inbox|task\/)/.test(url.pathname) && url.origin === new URL(h.web).origin) return;
  if (h.offline) await h.context.setOffline((h.offline = false));
  await h.page.goto(`${h.web}/inbox`, { waitUntil: 'domcontentloaded' });
}

async function step(h: Hand, n: number): Promise<void> {
  const dice = h.random();
  if (dice < 0.5) await tap(h);
  else if (dice < 0.68) await key(h);
  else if (dice < 0.8) await write(h, n);
  else if (dice < 0.9) await h.world.happen();
  else await elsewhere(h);
  await stay(h);
  for (const s of await promised(h.page).catch(() => [])) h.promised.add(s);
}

/** Goes home, waits until everything has gone out, and looks at what there is. */
async function judge(h: Hand, steps: number): Promise<Walked> {
  await h.context.setOffline(false);
  await h.page.goto(`${h.web}/inbox`);
  // A page that has gone takes up what an earlier one held; the last may still be held by this one.
  await until(
    'everything to have gone out',
    async () => !/"held\/|"path":/.test(await words(h.page)),
    90_000,
    500,
  );
  const all = await decisionsIn(h.db);
  const there = (await wordsIn(h.db)) + (await words(h.page));
  const unkept: string[] = [];
  for (const s of h.promised)
    if (!(await isOver(h.db, s))) unkept.push(`${s} was shown as decided and is open`);
  return {
    steps,
    decisions: all.length,
    words: h.written.size,
    slow: h.slow,
    unaimed: all.filter((d) => !wasAimed(d, h.aims)).map((d) => `${d.subject}: ${d.decision} ${d.text}`),
    lost: [
      ...[...h.written]
        .filter(([word]) => !there.includes(word))
        .map(([word, subject]) => `${word} of ${subject}`),
      ...unkept,
    ],
  };
}

/** @returns what was found; nothing of it should be unaimed or lost */
export async function walk(
  context: BrowserContext,
  web: string,
  db: Db,
  w: Walk,
): Promise<Walked & { readonly trail: readonly string[] }> {
  const random = seeded(w.seed);
  await context.addInitScript(WATCH);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('dialog', (d) => void d.accept().catch(() => undefined));
  const world = openWorld(db, `${w.touch ? 'thumb' : 'mouse'}${w.seed}x`, seeded(w.seed + 1), FEW_ITEMS);
  for (let i = 0; i < FEW_ITEMS; i++) await world.happen();
  const h: Hand = {
    page,
    context,
    web,
    db,
    walk: w,
    random,
    world,
    aims: [],
    written: new Map(),
    promised: new Set(),
    slow: 0,
    offline: false,
    trail: [],
  };
  await page.goto(`${web}/inbox`);
  let n = 0;
  for (; n < w.steps && Date.now() < w.untilMs; n++) {
    // A page that is on its way to another one answers nothing: that is no finding.
    await step(h, n).catch((err: Error) => {
      if (!/Execution context|navigat|ERR_|Timeout/i.test(err.message)) throw err;
      note(h, `  ${err.message.split('\n')[0]!}`);
    });
    if (n % 100 === 99) w.say?.(`${n + 1} steps`);
  }
  const r = await judge(h, n);
  await page.close();
  return { ...r, trail: h.trail };
}
