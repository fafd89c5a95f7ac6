// A real Chromium at the two sizes the product is judged by.
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { until } from './stack.ts';

export const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } } as const;
/** A busy machine is no reason to fail. */
export const WAIT_MS = 240_000;
export const hasBrowser = process.env.SKIP_BROWSER !== '1';

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A page that fails the test when the console or the script complains. */
export async function openPage(
  browser: Browser,
  size: keyof typeof SIZES,
  dark = false,
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({
    viewport: SIZES[size],
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: size === 'phone',
    isMobile: size === 'phone',
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(WAIT_MS);
  const complaints: string[] = [];
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      complaints.push(message.text());
  });
  return { page, complaints };
}

/**
 * Opens a page and waits until its script listens: the greeting is asked for then. A tab that finds no free
 * connection would wait until another is closed, and fails here.
 */
export async function visit(page: Page, url: string): Promise<void> {
  await Promise.all([greeted(page), page.goto(url, { timeout: WAIT_MS })]);
  await listening(page);
}

/**
 * Loads a page once more, and waits until its script listens.
 * @param page that stands at an address of the app
 */
export async function reload(page: Page): Promise<void> {
  await Promise.all([greeted(page), page.reload({ timeout: WAIT_MS })]);
  await listening(page);
}

/**
 * Waits until the script of a page listens, also of one that greets nobody; by itself the greeting may be that of the page
 * before it.
 * @param page that has been opened
 */
export const listening = (page: Page): Promise<unknown> =>
  until('the page to listen', () => page.evaluate<boolean>('window.early === undefined'));

const greeted = (page: Page): Promise<unknown> =>
  page.waitForResponse((r) => new URL(r.url()).pathname === '/greeting', { timeout: WAIT_MS });

/**
 * Opens a page whose clock goes on only when the test says so, until `page.clock.resume()`: what is held for a few
 * seconds is still held however slow this machine is. Its buttons have settled.
 */
export async function visitOnOwnClock(page: Page, url: string): Promise<void> {
  await page.clock.install();
  await visit(page, url);
  await stopClock(page);
}

/**
 * Stops the clock of a page.
 * @param page whose clock was installed before it was opened
 */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 5_000);
  await page.clock.runFor(SETTLED_MS);
}

/**
 * Lets the clock of a page go on until something is so, and no further.
 * @param page whose clock stands
 * @param what the sentence says that never came
 */
export const goOnUntil = (page: Page, what: string, is: () => Promise<boolean>): Promise<unknown> =>
  until(what, async () => (await is()) || (await page.clock.runFor(STEP_MS), false), WAIT_MS, 0);
/** Far less than a button takes no tap after it moved, in milliseconds. */
const STEP_MS = 50;

/** So long, in milliseconds, a decision can be taken back. */
export const UNDO_MS = 6_000;
/** After this, in milliseconds, a button that came or moved takes a tap again. */
export const SETTLED_MS = 2_000;

/**
 * The browser tells the service worker that the network is back, as Chromium does for a background sync. Source:
 * https://chromedevtools.github.io/devtools-protocol/tot/ServiceWorker/
 * @param page of the same origin
 * @param tag of the sync that was registered
 */
export async function wakeServiceWorker(page: Page, origin: string, tag: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const registration = new Promise<string>((found) =>
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin));
      if (own !== undefined) found(own.registrationId);
    }),
  );
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.dispatchSyncEvent', {
    origin,
    registrationId: await registration,
    tag,
    lastChance: false,
  });
  await session.detach();
}

/** Waits until a deciding button takes a tap. */
export const settled = (button: Locator): Promise<unknown> =>
  until('the button to have settled', async () => (await button.getAttribute('aria-disabled')) === null);

/** Of the page, as far as a tap meets it. */
interface Met {
  contains(other: Met): boolean;
  closest(selectors: string): Met | null;
}
interface TappedPage {
  tapped?: { readonly isTaken: boolean };
  addEventListener(
    type: 'click',
    heard: (event: { readonly target: Met; readonly defaultPrevented: boolean }) => void,
    how: { readonly once: true },
  ): void;
}
/**
 * Runs in the page and notes there what becomes of the next tap: taken while none has come; refused by a button; or
 * beside what it was for, where that moved away between the finger's coming down and its going up.
 */
function listenForTap(element: unknown): void {
  const [page, aimedAt] = [globalThis as unknown as TappedPage, element as Met];
  page.tapped = { isTaken: true };
  page.addEventListener(
    'click',
    ({ target, defaultPrevented }) => {
      const met = target.closest('a, button, input, label, option, select, summary, textarea');
      const isBeside = met === null && !aimedAt.contains(target);
      const isRefused = defaultPrevented && target.closest('button') !== null;
      page.tapped = { isTaken: !isBeside && !isRefused };
    },
    { once: true },
  );
}
/** Another page than the one that was tapped knows of nothing: the one that went away took it. */
const WAS_TAKEN = 'globalThis.tapped?.isTaken ?? true';

/**
 * Taps as a person does: a deciding button that something moved in that very moment takes no tap and turns pale,
 * and is tapped again when it has settled; so is what moved away from under the finger.
 * @param on what is tapped; not for a test of which tap counts
 * @param by what taps it once
 * @throws Error when it takes none within two minutes
 */
export async function tap(on: Locator, by: () => Promise<void> = () => on.click()): Promise<void> {
  const page = on.page();
  await until('a tap to be taken', async () => {
    await on.evaluate(listenForTap);
    await by();
    // A page that went away took it.
    const taken = await page.evaluate<boolean>(WAS_TAKEN).catch(() => true);
    if (!taken) await settled(on);
    return taken;
  });
}

/** Longer than a deciding button takes no tap after it moved, in milliseconds. */
const PALE_MS = 1_100;
/** A tap on a button that turned pale in that very moment waits for it, and nothing goes on by itself there. */
const ONE_TAP_MS = 10_000;

/**
 * The same on a page whose clock stands still: there a pale button never settles by itself, so the clock goes on for as
 * long as that takes, and no longer.
 * @param on what is tapped
 * @throws Error when it takes no tap within two minutes
 */
export async function tapOnOwnClock(on: Locator): Promise<void> {
  const page = on.page();
  await until('a tap to be taken', async () => {
    await on.waitFor();
    if ((await on.getAttribute('aria-disabled')) !== null) await page.clock.runFor(PALE_MS);
    await on.evaluate(listenForTap);
    const isTapped = await on.click({ timeout: ONE_TAP_MS }).then(
      () => true,
      // It turned pale before the tap.
      () => false,
    );
    return isTapped && page.evaluate<boolean>(WAS_TAKEN);
  });
}

/**
 * Unfolds what is folded away, and taps again where that went beside it.
 * @param summary what is tapped for it, or words in it
 */
export async function unfold(summary: Locator): Promise<void> {
  const details = summary.locator('xpath=ancestor::details[1]');
  await until('it to be unfolded', async () => {
    if ((await details.getAttribute('open')) !== null) return true;
    await tap(summary);
    return false;
  });
}
