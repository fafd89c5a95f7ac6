// Whether a pull request can be merged, as the local GitHub tells it: real branches, real git, the real server.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { github } from '@mainloop/adapters/forge/github';
import { ours } from '@mainloop/models/flow/forge/text';
import { gitIn, seedRepository, startHub } from '@mainloop/testkit/hub';
import type { LocalGitHub } from './server.ts';

const R = 'local/notes';
const dir = mkdtempSync('/tmp/mainloop-mergeable-');
const folder = path.join(dir, 'notes');
let hub: LocalGitHub;
const git = (...args: string[]): Promise<string> => gitIn(folder, ...args);
const ask = async <T>(method: string, route: string, body?: object): Promise<T> => {
  const response = await fetch(`${hub.url}/repos/${R}${route}`, {
    method,
    headers: { authorization: 'token tok' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};
interface Pull {
  readonly number: number;
  readonly mergeable: boolean | null;
  readonly mergeable_state: string;
}

beforeAll(async () => {
  hub = await startHub(path.join(dir, 'hub'), { token: 'tok', login: 'you' });
  await seedRepository(hub, R, folder, { readme: 'x\n' });
  await git('remote', 'add', 'origin', `${hub.url.replace('//', '//x:tok@')}/${R}.git`);
});
afterAll(async () => {
  await hub.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(branch: string, file: string, draft = false): Promise<number> {
  await git('checkout', '-q', '-B', branch, 'main');
  writeFileSync(path.join(folder, file), `written by ${branch}\n`);
  await git('add', '-A');
  await git('commit', '-qm', branch);
  await git('push', '-q', 'origin', branch);
  return (await ask<Pull>('POST', '/pulls', { title: branch, head: branch, base: 'main', draft })).number;
}
const fits = async (n: number): Promise<[boolean | null, string]> => {
  const pull = await ask<Pull>('GET', `/pulls/${n}`);
  return [pull.mergeable, pull.mergeable_state];
};

test('the base moves under what is open: what conflicts with it says so, a draft too, and no longer once the base is merged into it', async () => {
  const [one, two, draft, other] = [
    await open('one', 'new.txt'),
    await open('two', 'new.txt'),
    await open('three', 'new.txt', true),
    await open('four', '4'),
  ];
  expect([await fits(one), await fits(two), await fits(draft), await fits(other)]).toEqual([
    [true, 'clean'],
    [true, 'clean'],
    [true, 'draft'],
    [true, 'clean'],
  ]);
  await ask('PUT', `/pulls/${one}/merge`, { merge_method: 'squash' });
  expect([await fits(one), await fits(two), await fits(draft), await fits(other)]).toEqual([
    [null, 'unknown'],
    [false, 'dirty'],
    [false, 'dirty'],
    [true, 'clean'],
  ]);
  await git('fetch', '-q', 'origin');
  await git('checkout', '-q', 'two');
  await git('merge', '-q', '-X', 'ours', '-m', 'bring main in', 'origin/main');
  await git('push', '-q', 'origin', 'two');
  expect(await fits(two)).toEqual([true, 'clean']);
});

test('what a repository has not, and an archived one, as the adapter meets it', async () => {
  const forge = github({ token: 'tok', baseUrl: hub.url });
  const repo = hub.store.one('repo', (r) => r.full === R)!;
  const issue = { repo: R, marker: '<!-- m:i -->', title: ours`T`, body: ours`B`, known: null };
  await git('checkout', '-q', '-B', 'five', 'main');
  await git('commit', '-q', '--allow-empty', '-m', 'five');
  await git('push', '-q', 'origin', 'five');
  const pull = { repo: R, marker: '<!-- m:p -->', title: ours`T`, body: ours`B`, head: 'five', base: 'main' };
  hub.store.update('repo', repo, { rules: { archived: true } });
  expect(await forge.findNow(R)).toMatchObject({ full: R, isArchived: true });
  await expect(forge.ensureDraftPr(pull)).rejects.toThrow(/archived/);
  hub.store.update('repo', repo, { rules: { without: ['issues', 'drafts'] } });
  await expect(forge.ensureIssue(issue)).rejects.toMatchObject({ kind: 'disabled' });
  const { number } = await forge.ensureDraftPr(pull);
  expect(await forge.getPull(R, number)).toMatchObject({ draft: false, state: 'open' });
  expect(await forge.ensureReady(R, number)).toBe('unchanged');
  hub.store.update('repo', repo, { rules: {} });
});

test('closed, opened again, and not opened again once its branch is gone; the change is there as a diff', async () => {
  const forge = github({ token: 'tok', baseUrl: hub.url });
  const n = await open('six', '6');
  const { headSha } = await forge.getPull(R, n);
  expect(await forge.readDiff(R, 'main', headSha)).toMatch(/^diff --git a\/6 b\/6\n[^]*\+written by six\n$/);
  expect(await forge.readDiff(R, '0'.repeat(40), headSha)).toBe('');
  await forge.ensureClosed(R, n);
  expect(await forge.readClosing(R, n)).toEqual({ by: 'you', atIso: expect.stringMatching(/^\d{4}-/) });
  expect([await forge.ensureReopened(R, n), await forge.ensureReopened(R, n)]).toEqual([
    'updated',
    'unchanged',
  ]);
  expect(await forge.readClosing(R, n)).toEqual({ by: '', atIso: '' });
  // GitHub closes it with its branch.
  await forge.ensureBranchGone(R, 'six');
  expect((await forge.getPull(R, n)).state).toBe('closed');
  await expect(forge.ensureReopened(R, n)).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining('six branch has been deleted'),
  });
});
