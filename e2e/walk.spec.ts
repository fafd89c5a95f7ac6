// By chance and in a real browser: nothing is decided that was not aimed at, and no word is lost. STEPS=n
// SEED=n MINUTES=n walk further.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hasBrowser, SIZES } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import { walk } from '@mainloop/testkit/walk/walk';
import type { Browser } from 'playwright-core';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
const STEPS = number('STEPS', 150);
const MINUTES = number('MINUTES', 3);
// The same walk in each run of all tests, so that a red one is there again; at length, another each time.
const seed = number('SEED', process.env.STEPS === undefined ? 21 : Math.floor(Math.random() * 1e9));
const inBrowser = hasBrowser ? test : test.skip;
let browser: Browser;
let database: TestDatabase;
let pages: Pages;

let stage: Stage;
beforeEach(async () => {
  stage = await openStage((db) => seedProject(db, 'pr-1', 'acme/api'));
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterEach(() => stage?.close());

inBrowser.each(['phone', 'desktop'] as const)(
  'a walk by chance decides nothing that was not aimed at, and loses no word, %s',
  async (size) => {
    const phone = size === 'phone';
    const context = await browser.newContext({
      viewport: SIZES[size],
      hasTouch: phone,
      isMobile: phone,
      reducedMotion: 'reduce',
    });
    const say = (line: string): void =>
      STEPS > 1_000 ? void process.stderr.write(`${size}: ${line}\n`) : undefined;
    const walked = await walk(context, pages.web, database.db, {
      seed: seed + (phone ? 0 : 1_000),
      steps: STEPS,
      untilMs: Date.now() + MINUTES * 60_000,
      touch: phone,
      say,
    });
    await context.close();
    process.stderr.write(
      `${size}: seed ${seed}, ${walked.steps} steps, ${walked.decisions} decisions, ${walked.words} words, ${walked.slow} slow\n`,
    );
    const found = [...walked.unaimed, ...walked.lost];
    // What led to it, for whoever looks for the reason.
    const about = found.flatMap((f) =>
      walked.trail
        .flatMap((line, n) =>
          f
            .split(/[: ]/)
            .some((part) => part !== '' && /^(word|item|proposal)/.test(part) && line.includes(part))
            ? [`${n} of ${f}`, ...walked.trail.slice(Math.max(0, n - 4), n + 8)]
            : [],
        )
        // The last of each: one that was found first must not be lost behind the others.
        .slice(-60),
    );
    expect({ seed, found, about }).toEqual({ seed, found: [], about: [] });
    expect(walked.decisions).toBeGreaterThan(0);
    expect(walked.words).toBeGreaterThan(0);
  },
  (MINUTES + 3) * 60_000,
);
