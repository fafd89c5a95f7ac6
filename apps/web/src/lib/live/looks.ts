// A page looks again at every event. A look that meets no network must not take the page away from whoever
// reads it: it waits and asks again. SvelteKit asks through window.fetch so that it can be put in its place.
const AGAIN_MS = 3_000;

/**
 * @param asked what a request asks for
 * @param shown the path of the page that is shown
 * @returns whether it asks for that page's own data, and not for those of a page that somebody goes to
 */
export const isLook = (asked: string, shown: string): boolean =>
  new URL(asked, 'http://page.invalid').pathname === `${shown.replace(/\/$/, '')}/__data.json`;

/**
 * @param ask the browser's own fetch
 * @param shown the path of the page that is shown now
 * @param wait until it may be asked again
 * @returns fetch, of which a look that meets no network answers once there is one. Of several only the newest goes
 * on asking; those before it ask again when it was answered
 */
export function patient(ask: typeof fetch, shown: () => string, wait: () => Promise<void>): typeof fetch {
  let newest: Promise<Response> | undefined;
  return (input, init) => {
    if (!isLook(input instanceof Request ? input.url : String(input), shown())) return ask(input, init);
    const look = async (): Promise<Response> => {
      for (;;) {
        try {
          return await ask(input, init);
        } catch {
          // No network: an answer that says no would be an answer.
          await wait();
          if (newest !== mine) await newest;
        }
      }
    };
    const mine = (newest = look());
    return mine;
  };
}

const again = (): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, AGAIN_MS);
    addEventListener('online', done);
  });

let isPatient = false;

/** From now on every look of this tab is patient. */
export function lookPatiently(): void {
  if (isPatient) return;
  isPatient = true;
  const ask = globalThis.fetch;
  globalThis.fetch = patient(
    (input, init) => ask(input, init),
    () => location.pathname,
    again,
  );
}
