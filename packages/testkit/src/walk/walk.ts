// A person with a quick thumb, by chance: taps at what was seen a moment ago, keys, words, reloads, no
// network, and cards that move meanwhile. Nothing may be decided that was not aimed at, and no word may be
// lost.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@mainloop/models/db/pool';
import type { BrowserContext, Page } from 'playwright-core';
import { seeded } from '../kills.ts';
import { until } from '../stack.ts';
import { clicks, focus, look, promised, WATCH, words, type Target } from './eyes.ts';
import { decisionsIn, fateOf, isOver, wasAimed, wordsIn, type Aim } from './judge.ts';
import { openWorld } from './world.ts';

/**
 * What comes under a finger takes no tap for a second; a tap that this machine made slower than this may mean
 * what it hit.
 */
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

const pick = <T>(hand: Hand, all: readonly T[]): T | undefined => all[Math.floor(hand.random() * all.length)];
const note = (hand: Hand, line: string): void => void hand.trail.push(line);

/** The world goes on while the hand is on its way. */
async function onTheWay(hand: Hand): Promise<void> {
  const ms = pick(hand, [0, 40, 120, 250, 600])!;
  const moves = hand.random() < 0.4 ? hand.world.happen() : null;
  await sleep(ms);
  await moves;
}

const tapAt = (hand: Hand, t: { x: number; y: number }): Promise<void> =>
  hand.walk.touch ? hand.page.touchscreen.tap(t.x, t.y) : hand.page.mouse.click(t.x, t.y);

/** Words that the person themselves throws away. */
function dropped(hand: Hand, target: Pick<Target, 'label' | 'subject'>): void {
  if (!/^(Undo edits|Drop|Not now|Sign out)/.test(target.label)) return;
  for (const [word, subject] of hand.written)
    if (subject === target.subject || target.label === 'Drop') hand.written.delete(word);
}

/** @param subject of the button: on the page of a change that is the page, and what it takes back is the review of it */
function takenBack(hand: Hand, subject: string): void {
  hand.promised.delete(subject);
  hand.promised.delete(subject.replace(/^\/task\/([^/]+)\/changes$/, 'item/$1-i'));
}

/** Whatever a tap hit that was on its way for too long was there for long enough to be meant. */
async function listen(hand: Hand, seenAt: number): Promise<void> {
  for (const click of await clicks(hand.page).catch(() => [])) {
    note(
      hand,
      `  hit ${click.subject} ${click.label.slice(0, 40)} after ${Math.round(click.at - seenAt)} ms`,
    );
    if (click.at - seenAt < SLOW_MS) continue;
    hand.slow++;
    hand.aims.push({ subject: click.subject, label: click.label });
    dropped(hand, click);
    if (click.label === 'Undo') takenBack(hand, click.subject);
  }
}

async function tap(hand: Hand): Promise<void> {
  const { targets, now } = await look(hand.page);
  const inCards = targets.filter((t) => /^(item|proposal|note)/.test(t.subject) && t.tag === 'BUTTON');
  const target = pick(hand, hand.random() < 0.8 && inCards.length > 0 ? inCards : targets);
  if (target === undefined) return;
  note(hand, `tap ${target.subject} ${target.label.slice(0, 40)}`);
  hand.aims.push({ subject: target.subject, label: target.label });
  await onTheWay(hand);
  await tapAt(hand, target);
  dropped(hand, target);
  if (target.label === 'Undo') takenBack(hand, target.subject);
  if (hand.random() < 0.4) {
    await sleep(pick(hand, [30, 150, 350, 600])!);
    note(hand, '  and again on the same point');
    await tapAt(hand, target);
  }
  await listen(hand, now);
}

async function key(hand: Hand): Promise<void> {
  const k = pick(hand, KEYS)!;
  const at = await focus(hand.page);
  note(hand, `key ${k} on ${at.subject} ${at.label.slice(0, 30)}`);
  hand.aims.push({ subject: at.subject, label: `key ${k}` });
  if (k === 'Enter') hand.aims.push({ subject: at.subject, label: at.label });
  const before = k === 'u' ? await promised(hand.page) : [];
  if (at.inField && k.length === 1) return;
  await hand.page.keyboard.press(k);
  // Enter on the way back takes it, as a tap does.
  if (k === 'Enter' && at.label === 'Undo') takenBack(hand, at.subject);
  // What u takes back may stand on a page that is not in sight.
  if (k === 'u' || before.length > 0) hand.promised.clear();
}

async function write(hand: Hand, n: number): Promise<void> {
  const { targets } = await look(hand.page);
  const field = pick(
    hand,
    targets.filter((t) => t.writable && !/^(Title|Model|What to do|Find)/.test(t.label)),
  );
  if (field === undefined) return;
  await tapAt(hand, field);
  const word = `word${hand.walk.seed}x${n}s`;
  const at = await focus(hand.page);
  if (!at.inField) return;
  note(hand, `write ${word} for ${at.subject} ${at.label.slice(0, 30)}`);
  hand.aims.push({ subject: at.subject, label: 'write' });
  // Behind what is there: a word within another one would break that.
  await hand.page.keyboard.press('Control+End');
  const moves = hand.random() < 0.5 ? hand.world.happen() : null;
  await hand.page.keyboard.type(` ${word}`, { delay: 8 });
  await moves;
  const now = await focus(hand.page);
  // A field that went away under the fingers has only a part of it.
  if (now.subject !== at.subject || now.label !== at.label) return;
  const value = await hand.page.evaluate<string>("document.activeElement.value ?? ''");
  if (value.includes(word)) hand.written.set(word, at.subject);
  else note(hand, `  it is not there: ${value}`);
}

async function elsewhere(hand: Hand): Promise<void> {
  const dice = hand.random();
  if (dice < 0.25) {
    note(hand, 'reload');
    await hand.page.reload({ waitUntil: 'domcontentloaded' });
  } else if (dice < 0.5) {
    hand.offline = !hand.offline;
    note(hand, hand.offline ? 'offline' : 'online');
    await hand.context.setOffline(hand.offline);
  } else if (dice < 0.75) {
    note(hand, 'scroll');
    await hand.page.mouse.move(190, 400);
    await hand.page.mouse.wheel(0, (hand.random() - 0.4) * 900);
  } else {
    const task = pick(hand, hand.world.tasks.slice(-20));
    const to = pick(hand, [
      '/inbox',
      '/inbox',
      '/',
      ...(task === undefined ? [] : [`/task/${task}`, `/task/${task}/changes`]),
    ])!;
    note(hand, `go to ${to}`);
    await hand.page.goto(`${hand.web}${to}`, { waitUntil: 'domcontentloaded' });
  }
}

/** A page that is not ours, or only the one that says that there is no network, is left for the inbox. */
async function stay(hand: Hand): Promise<void> {
  const url = new URL(hand.page.url());
  const there = await hand.page
    .evaluate<boolean>("document.querySelector('#main') !== null")
    .catch(() => false);
  if (there && /^\/($|inbox|task\/)/.test(url.pathname) && url.origin === new URL(hand.web).origin) return;
  if (hand.offline) await hand.context.setOffline((hand.offline = false));
  await hand.page.goto(`${hand.web}/inbox`, { waitUntil: 'domcontentloaded' });
}

async function step(hand: Hand, n: number): Promise<void> {
  const dice = hand.random();
  if (dice < 0.5) await tap(hand);
  else if (dice < 0.68) await key(hand);
  else if (dice < 0.8) await write(hand, n);
  else if (dice < 0.9) await hand.world.happen();
  else await elsewhere(hand);
  await stay(hand);
  for (const subject of await promised(hand.page).catch(() => [])) {
    if (!hand.promised.has(subject)) note(hand, `  ${subject} is shown as decided`);
    hand.promised.add(subject);
  }
}

/** Goes home, waits until everything has gone out, and looks at what there is. */
async function judge(hand: Hand, steps: number): Promise<Walked> {
  await hand.context.setOffline(false);
  await hand.page.goto(`${hand.web}/inbox`);
  // A page that has gone takes up what an earlier one held; the last may still be held by this one.
  await until(
    'everything to have gone out',
    async () => !/"held\/|"path":/.test(await words(hand.page)),
    90_000,
    500,
  );
  const all = await decisionsIn(hand.db);
  const there = (await wordsIn(hand.db)) + (await words(hand.page));
  const unkept: string[] = [];
  for (const text of hand.promised)
    if (!(await isOver(hand.db, text))) unkept.push(`${text} was shown as decided and is open`);
  const lost = [...hand.written].filter(([word]) => !there.includes(word));
  return {
    steps,
    decisions: all.length,
    words: hand.written.size,
    slow: hand.slow,
    unaimed: all.filter((d) => !wasAimed(d, hand.aims)).map((d) => `${d.subject}: ${d.decision} ${d.text}`),
    lost: [
      ...(await Promise.all(
        lost.map(async ([word, subject]) => `${word} of ${await fateOf(hand.db, subject)}`),
      )),
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
  page.setDefaultTimeout(60_000);
  page.on('dialog', (d) => void d.accept().catch(() => undefined));
  const world = openWorld(db, `${w.touch ? 'thumb' : 'mouse'}${w.seed}x`, seeded(w.seed + 1), FEW_ITEMS);
  for (let i = 0; i < FEW_ITEMS; i++) await world.happen();
  const hand: Hand = {
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
    await step(hand, n).catch((err: Error) => {
      if (!/Execution context|navigat|ERR_|Timeout/i.test(err.message)) throw err;
      note(hand, `  ${err.message.split('\n')[0]!}`);
    });
    if (n % 100 === 99) w.say?.(`${n + 1} steps`);
  }
  const r = await judge(hand, n);
  await page.close();
  return { ...r, trail: hand.trail };
}
