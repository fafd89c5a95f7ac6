// The way of a message, in the words of docs/architecture.md: asked on a phone, merged on a desktop. Real everything.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasBrowser, openBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { answerFirst, spawnTask, TOLD_BEFORE, walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';

const shots = path.join(path.dirname(fileURLToPath(import.meta.url)), 'shots');
let stack: Stack;
let browser: Browser | null = null;
beforeAll(async () => {
  stack = await startStack();
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const inBrowser = hasBrowser ? test : test.skip;

describe('one chat message becomes a merged pull request', () => {
  inBrowser('asked, started and answered on a phone; reviewed and merged on a desktop', async () => {
    const phone = await openPage(browser!, 'phone');
    const listed = phone.page;
    const shot = (name: string, page = listed): Promise<unknown> =>
      page.screenshot({ path: path.join(shots, `${name}.png`) });
    await visit(listed, stack.web);
    await listed.getByText('What should be different in your code?').waitFor();
    await shot('phone-1-first-screen');
    await listed.getByLabel('Message').fill('Splitting 10.00 three ways loses a cent.');
    await tap(listed.getByRole('button', { name: 'Send' }));
    await listed.getByRole('button', { name: 'Start' }).waitFor();
    await shot('phone-2-proposal');
    expect(await stack.call('listTasks')).toHaveLength(0);
    await tap(listed.getByRole('button', { name: 'Start' }));
    await listed.getByText('Started.').waitFor();
    await tap(listed.getByRole('link', { name: /Inbox/ }));
    await listed.getByText('Who gets the odd cent').first().waitFor();
    await shot('phone-3-question');
    await tap(listed.getByRole('button', { name: 'The first people in the list' }));
    await listed.getByRole('button', { name: 'Approve' }).waitFor();
    await shot('phone-4-plan');
    await tap(listed.getByRole('button', { name: 'Approve' }));
    await listed.getByRole('button', { name: 'Merge' }).waitFor({ timeout: 300_000 });
    const [task] = await stack.call('listTasks');
    await visit(listed, `${stack.web}/task/${task!.id}`);
    await until(
      'the second review',
      async () =>
        (await stack.call('getTask', { id: task!.id })).runs.length >= 5 &&
        (await stack.call('listInbox')).some((i) => i.kind === 'review'),
    );
    await listed.getByText('CI failed').first().waitFor();
    await shot('phone-5-story');

    const desk = await openPage(browser!, 'desktop');
    const d = desk.page;
    await visit(d, `${stack.web}/task/${task!.id}`);
    await d.getByText('demo-colleague asked for changes').first().waitFor();
    await shot('desktop-1-review', d);
    await tap(d.locator('main').getByRole('button', { name: 'Merge' }));
    await d.getByText('Done. Nothing is left behind.').waitFor();
    await shot('desktop-2-merged', d);
    await visit(d, stack.web);
    await d.getByText('is merged.').waitFor();
    await shot('desktop-3-chat', d);
    expect([...phone.complaints, ...desk.complaints]).toEqual([]);

    const dark = await openPage(browser!, 'phone', true);
    await visit(dark.page, `${stack.web}/inbox`);
    await dark.page.getByText('Done today').waitFor();
    await shot('phone-6-inbox-dark', dark.page);

    const clone = mkdtempSync('/tmp/merged-');
    execFileSync('git', ['clone', '-q', `${stack.github}/demo/tally.git`, clone]);
    expect(execFileSync(process.execPath, ['--test'], { cwd: clone, encoding: 'utf8' })).toContain('fail 0');
    expect(
      execFileSync('git', ['-C', clone, 'ls-remote', '--heads', 'origin'], { encoding: 'utf8' })
        .trim()
        .split('\n'),
    ).toHaveLength(1);
    const calls = await stack.forgeCalls();
    const posts = (pattern: RegExp, has = ''): number =>
      calls.filter(
        (c) => c.method === 'POST' && pattern.test(c.path) && String(c.body?.body ?? '').includes(has),
      ).length;
    expect([posts(/\/issues$/), posts(/\/pulls$/), posts(/\/comments$/, ':summary -->')]).toEqual([1, 1, 1]);
  });

  /** What the forge itself says of a task: its issue, its pull request, and whether its branch is there. */
  const onForge = async (
    id: string,
  ): Promise<{
    issue: string | null;
    pull: string | null;
    merged: boolean;
    branch: boolean;
    folder: boolean;
  }> => {
    const task = await stack.call('getTask', { id });
    const ask = async <T>(route: string): Promise<T> =>
      (
        await fetch(`${stack.github}/repos/demo/tally${route}`, {
          headers: { authorization: `token ${stack.githubToken}` },
        })
      ).json() as Promise<T>;
    const issue =
      task.issueNumber === null ? null : await ask<{ state: string }>(`/issues/${task.issueNumber}`);
    const pull =
      task.prNumber === null
        ? null
        : await ask<{ state: string; merged: boolean }>(`/pulls/${task.prNumber}`);
    const heads = execFileSync('git', ['ls-remote', '--heads', `${stack.github}/demo/tally.git`], {
      encoding: 'utf8',
    });
    return {
      issue: issue?.state ?? null,
      pull: pull?.state ?? null,
      merged: pull?.merged ?? false,
      branch: heads.includes(`refs/heads/${task.branch}\n`),
      folder: existsSync(path.join(stack.home, 'sandboxes', id)),
    };
  };
  const isCancelled = (id: string): Promise<boolean> =>
    until('the end', async () => (await stack.call('getTask', { id })).state === 'cancelled');

  test('a task that is cancelled while it asks leaves nothing open behind, here or on the forge', async () => {
    const id = await spawnTask(stack);
    await until('the question', async () => (await stack.call('listInbox')).some((i) => i.taskId === id));
    await until('the question on the forge', async () => (await onForge(id)).issue === 'open');
    expect(await onForge(id)).toEqual({
      issue: 'open',
      pull: null,
      merged: false,
      branch: false,
      folder: true,
    });
    await stack.call('cancelTask', { id });
    await isCancelled(id);
    expect((await stack.call('listInbox')).filter((i) => i.taskId === id)).toEqual([]);
    expect(await onForge(id)).toEqual({
      issue: 'closed',
      pull: null,
      merged: false,
      branch: false,
      folder: false,
    });
    await expect(stack.call('cancelTask', { id })).rejects.toThrow('already cancelled');
  });

  test('a task that is cancelled in review: pull request and issue are closed, nothing is merged, the branch is gone', async () => {
    const id = await spawnTask(stack);
    const main = (): string =>
      execFileSync('git', ['ls-remote', `${stack.github}/demo/tally.git`, 'refs/heads/main'], {
        encoding: 'utf8',
      });
    const before = main();
    await until('the draft', async () => {
      await answerFirst(stack, id);
      return (await stack.call('getTask', { id })).prNumber !== null;
    });
    expect(await onForge(id)).toEqual({
      issue: 'open',
      pull: 'open',
      merged: false,
      branch: true,
      folder: true,
    });
    await stack.call('cancelTask', { id });
    await isCancelled(id);
    expect(await onForge(id)).toEqual({
      issue: 'closed',
      pull: 'closed',
      merged: false,
      branch: false,
      folder: false,
    });
    expect(main()).toBe(before);
    // What arrives late changes nothing: no push, no comment after the end.
    const calls = (await stack.forgeCalls()).length;
    await new Promise((r) => setTimeout(r, 3_000));
    expect((await stack.forgeCalls()).slice(calls)).toEqual([]);
  });

  test('a folder of this machine is imported, worked on, and pulled back', async () => {
    const dir = mkdtempSync('/tmp/own-code-');
    const git = (...a: string[]): string =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
        cwd: dir,
        encoding: 'utf8',
      });
    git('init', '-q', '-b', 'trunk');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    const project = await stack.call('addProject', { body: { source: dir } });
    expect(project).toMatchObject({ repo: `local/${path.basename(dir)}`, defaultBranch: 'trunk' });
    git('remote', 'add', 'mainloop', project.remoteUrl);
    git('fetch', '-q', 'mainloop');
    expect(git('log', '--format=%s', 'mainloop/trunk').trim()).toBe('first');
  });

  test.each([
    ['nobody/nothing', /does not find nobody\/nothing/],
    ['/nowhere/at/all', /There is no folder \/nowhere\/at\/all/],
    ['/tmp', /is not a git folder\. Run git init in it/],
    ['what is this', /neither owner\/name nor a folder/],
  ])('a project that can not be: %s', async (source, sentence) => {
    await expect(stack.call('addProject', { body: { source } })).rejects.toThrow(sentence);
  });

  test('bad input is one sentence', async () => {
    const status = async (
      p: string,
      body: string,
      headers: Record<string, string> = {},
    ): Promise<[number, string]> => {
      const response = await fetch(`${stack.api}${p}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
      return [response.status, ((await response.json()) as { error: string }).error];
    };
    expect(await status('/api/chat', JSON.stringify({ text: 'x'.repeat(1_000_000) }))).toEqual([
      400,
      expect.stringMatching(/over 200,000 characters/),
    ]);
    expect(await status('/api/chat', 'not json')).toEqual([400, expect.stringMatching(/JSON/)]);
    expect(await status('/api/inbox/none', JSON.stringify({ decision: 'answer', text: 'x' }))).toEqual([
      404,
      'There is no such item.',
    ]);
    expect(
      await status('/api/webhooks/github', '{}', {
        'x-hub-signature-256': 'sha256=00',
        'x-github-delivery': '1',
        'x-github-event': 'push',
      }),
    ).toEqual([403, expect.stringMatching(/signature does not match/)]);
  });

  test('killed everywhere in mid-work, a task ends as it would have', async () => {
    const id = await spawnTask(stack);
    const killed: string[] = [];
    const victims = ['worker', 'gateway', 'api', 'temporal', 'postgres', 'local-github'];
    const killer = (async () => {
      for (const victim of victims) {
        await new Promise((r) => setTimeout(r, 1_300));
        const pid = stack.pidOf(victim);
        if (pid > 0) process.kill(pid, 'SIGKILL');
        killed.push(victim);
      }
    })();
    const t = await walkToEnd(stack, id, TOLD_BEFORE);
    await killer;
    expect(killed).toEqual(victims);
    expect(t.state).toBe('done');
    const mine = (await stack.forgeCalls()).filter((call) =>
      JSON.stringify(call.body ?? '').includes(`mainloop:${id}:`),
    );
    const posts = (pattern: RegExp, has: string): number =>
      mine.filter(
        (c) => c.method === 'POST' && pattern.test(c.path) && String(c.body?.body ?? '').includes(has),
      ).length;
    expect([posts(/\/issues$/, ':plan'), posts(/\/pulls$/, ':pr'), posts(/\/comments$/, ':summary')]).toEqual(
      [1, 1, 1],
    );
  });
});
