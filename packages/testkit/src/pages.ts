// The pages and the api alone, on a seeded database: all that a test of what a person sees and taps needs.
// Nothing works on what was decided.
import type { Db } from '@mainloop/models/db/pool';
import type { Browser } from 'playwright-core';
import { hasBrowser, openBrowser } from './browser.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { until } from './stack.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../tools/free-port.ts';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export interface Pages {
  readonly web: string;
  readonly api: string;
  log(name: 'api' | 'web'): string;
  stop(): Promise<void>;
}

/**
 * @param test the database that both read and write, each in its own role
 * @param env what the pages are told besides
 */
export async function startPages(
  test: Pick<TestDatabase, 'url'>,
  env: Readonly<Record<string, string>> = {},
): Promise<Pages> {
  const home = mkdtempSync('/tmp/mainloop-pages-');
  const [apiPort, webPort] = await Promise.all([freePort(), freePort()]);
  const roleUrl = (role: string): string => {
    const url = new URL(test.url);
    url.username = role;
    return url.href;
  };
  const children: ChildProcess[] = [];
  const start = (name: string, script: string, env: Record<string, string>): void => {
    const descriptor = openSync(path.join(home, `${name}.log`), 'a', 0o600);
    children.push(
      spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(ROOT, script)], {
        env: {
          PATH: process.env.PATH ?? '/usr/bin:/bin',
          LANG: 'C.UTF-8',
          NODE_ENV: 'production',
          NO_COLOR: '1',
          MAINLOOP_HOME: home,
          ...env,
        },
        stdio: ['ignore', descriptor, descriptor],
      }),
    );
    closeSync(descriptor);
  };
  const [api, web] = [`http://127.0.0.1:${apiPort}`, `http://localhost:${webPort}`];
  start('api', 'apps/api/dist/main.js', {
    DATABASE_URL: roleUrl('mainloop_api'),
    MAINLOOP_MIGRATE: 'no',
    API_PORT: String(apiPort),
    // Nobody answers there: no model is asked anything.
    GATEWAY_URL: 'http://127.0.0.1:9',
    MAINLOOP_CHAT_TOKEN: 'a chat token for tests',
    GITHUB_WEBHOOK_SECRET: 'a webhook secret for tests',
  });
  start('web', 'apps/web/server.ts', {
    WEB_PORT: String(webPort),
    API_URL: api,
    WEB_DATABASE_URL: roleUrl('mainloop_web'),
    ...env,
  });
  const log = (name: 'api' | 'web'): string => readFileSync(path.join(home, `${name}.log`), 'utf8');
  const stop = async (): Promise<void> => {
    await Promise.all(
      children.map((child) => {
        const gone = new Promise((r) =>
          child.exitCode !== null || child.signalCode !== null ? r(null) : child.once('exit', r),
        );
        child.kill('SIGKILL');
        return gone;
      }),
    );
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const answers = async (url: string): Promise<boolean> => (await fetch(url)).ok;
    await until(
      'api and pages to be up',
      async () => (await answers(`${api}/api/healthz`)) && (await answers(`${web}/healthz`)),
    );
  } catch (err) {
    const said = `${(err as Error).message}\n${log('api')}\n${log('web')}`;
    await stop();
    throw new Error(said, { cause: err });
  }
  return { web, api, log, stop };
}

/** What a suite of pages stands on. */
export interface Stage {
  readonly database: TestDatabase;
  readonly pages: Pages;
  /** null where there is none: what needs it is skipped there. */
  readonly browser: Browser | null;
  close(): Promise<void>;
}

/**
 * A database, the api and the pages over it, and a browser. What was opened is closed again when a later part fails.
 * @param seed puts into the database what is there before the processes start
 */
export async function openStage(seed: (db: Db) => Promise<unknown>): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const database = await freshDatabase();
    closers.push(() => database.drop());
    await seed(database.db);
    const pages = await startPages(database);
    closers.push(() => pages.stop());
    const browser = hasBrowser ? await openBrowser() : null;
    if (browser !== null) closers.push(() => browser.close());
    return { database, pages, browser, close };
  } catch (err) {
    await close();
    throw err;
  }
}
