// The stage of the forge's suites: the local GitHub with one repository, GitHub's adapter, and a clone that
// pushes to it.
import { github } from '@mainloop/adapters/forge/github';
import type { Forge } from '@mainloop/adapters/forge/port';
import { listenerSettings } from '@mainloop/network/listener';
import { startLocalGitHub, type LocalGitHub } from '@mainloop/demo/github/server';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';

export const SECRET = 'a webhook secret';
export const R = 'demo/thing';

/** What came by a webhook, and whether its signature was right. */
interface Heard {
  readonly event: string;
  readonly payload: { readonly action?: string };
  readonly good: boolean;
}

export interface ForgeStage {
  readonly hub: LocalGitHub;
  readonly forge: Forge;
  /** The clone, with the branches `main`, `one` and `two`. */
  readonly dir: string;
  readonly heard: readonly Heard[];
  /** @returns what git says in the clone */
  git(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

const run = promisify(execFile);

export async function startForge(): Promise<ForgeStage> {
  const heard: Heard[] = [];
  const listener = http.createServer(async (req, res) => {
    let raw = '';
    for await (const c of req) raw += c;
    heard.push({
      event: String(req.headers['x-github-event']),
      payload: JSON.parse(raw) as { action?: string },
      good:
        req.headers['x-hub-signature-256'] ===
        `sha256=${createHmac('sha256', SECRET).update(raw).digest('hex')}`,
    });
    res.end();
  });
  await new Promise<void>((r) => listener.listen(0, '127.0.0.1', r));
  const hub = await startLocalGitHub({
    root: mkdtempSync('/tmp/forge-'),
    port: 0,
    listener: listenerSettings({}),
    tokens: new Map([
      ['tok', 'mainloop'],
      ['other', 'stranger'],
    ]),
    operatorSecret: 'operator-secret-for-tests',
    webhook: { url: `http://127.0.0.1:${(listener.address() as { port: number }).port}`, secret: SECRET },
    ci: null,
    reviewers: [],
  });
  const dir = mkdtempSync('/tmp/forge-src-');
  // Never the blocking kind: the server it talks to lives in this process.
  const git = async (...args: string[]): Promise<string> => {
    const signIn = `http.extraHeader=Authorization: Basic ${Buffer.from('x:tok').toString('base64')}`;
    return (
      await run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', '-c', signIn, ...args], { cwd: dir })
    ).stdout.trim();
  };
  await git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'a.txt'), 'a\n');
  await git('add', '-A');
  await git('commit', '-qm', 'first');
  await hub.importRepo(R, dir, 'main');
  await git('remote', 'add', 'origin', `${hub.url}/${R}.git`);
  for (const b of ['one', 'two']) {
    await git('checkout', '-q', '-B', b, 'main');
    writeFileSync(path.join(dir, `${b}.txt`), b);
    await git('add', '-A');
    await git('commit', '-qm', b);
    await git('push', '-q', 'origin', b);
  }
  return {
    hub,
    forge: github({ token: 'tok', baseUrl: hub.url }),
    dir,
    heard,
    git,
    close: async () => {
      await hub.close();
      listener.close();
    },
  };
}
