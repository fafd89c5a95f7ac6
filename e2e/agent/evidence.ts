// What a decision is made from: pictures that the agent shows, and checks that were red before it began.
import { expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dir, events, items, output, s, spawn } from './stage.ts';

test('what an agent shows is in the story, kept without its words, and on the pull request; what is no picture is refused', async () => {
  const id = await spawn('shows');
  await until('the gate of a repository without CI', async () => {
    const gate = (await items(id)).find((i) => i.kind === 'gate');
    return gate && s.call('decide', { id: gate.id, body: { decision: 'allow' } });
  });
  await until('the review', async () => (await items(id)).find((i) => i.kind === 'review'));
  const shown = (await events(id)).filter((e) => e.type === 'agent.showed').map((e) => e.payload);
  expect(shown).toMatchObject([
    { caption: 'The page, after', mime: 'image/png', width: 12, height: 7 },
    { caption: 'By a link', mime: 'image/png' },
  ]);
  const out = await output(id);
  for (const said of [
    'That is no PNG, JPEG, WebP or GIF.',
    '/tmp/pipe.png is no file.',
    '/dev/zero is no file.',
    '/tmp/huge.png is over 5 MiB.',
  ])
    expect(out).toContain(said);
  const kept = await fetch(`${s.api}/api/attachments/${String(shown[0]!.id)}`);
  expect([kept.headers.get('content-type'), kept.headers.get('x-content-type-options')]).toEqual([
    'image/png',
    'nosniff',
  ]);
  expect(Buffer.from(await kept.arrayBuffer()).includes('SECRET')).toBe(false);
  const summary = (await s.forgeCalls()).findLast((call) =>
    String(call.body?.body ?? '').includes('Ready for review'),
  )!;
  const url = /!\[The page, after\]\((\S+)\)/.exec(String(summary.body!.body))![1]!;
  expect((await fetch(url)).headers.get('content-type')).toBe('image/png');
  expect((await walkToEnd(s, id)).state).toBe('done');
});

test('a linter that was red before the agent began holds nothing up and is told so; what the agent adds to it comes back to it', async () => {
  const old = path.join(path.dirname(dir), 'oldred');
  mkdirSync(old, { recursive: true });
  writeFileSync(
    path.join(old, 'package.json'),
    JSON.stringify({ name: 'oldred', scripts: { lint: 'cat bad.txt; cat newbad.txt 2>/dev/null; exit 1' } }),
  );
  writeFileSync(path.join(old, 'bad.txt'), 'a.ts:1 unused x\n');
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: old,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  await s.call('addProject', { body: { source: old } });
  const id = await spawn('oldred');
  await until('the gate of a repository without CI', async () => {
    const gate = (await items(id)).find((i) => i.kind === 'gate');
    if (gate) expect(gate.title).not.toContain('red');
    return gate && s.call('decide', { id: gate.id, body: { decision: 'allow' } });
  });
  await until('the review', async () => (await items(id)).find((i) => i.kind === 'review'));
  const told = await events(id);
  const lint = told
    .filter((e) => e.type === 'evidence.recorded' && e.payload.what === 'lint')
    .map((e) => [e.payload.exitCode, e.payload.redBefore ?? false]);
  expect(lint).toEqual([
    [1, false],
    [1, true],
  ]);
  expect(
    told
      .filter((e) => e.type === 'baseline.recorded')
      .map((e) => [e.payload.exitCode, String(e.payload.tail).trim()]),
  ).toEqual([[1, 'a.ts:1 unused x']]);
  expect(await output(id)).toContain('fixed mine');
  const { checks } = await s.call('getEvidence', { id });
  expect(checks.map(({ text }) => text).join('\n')).toMatch(
    /^No CI checked this change\.[^]*red in the same way before this change/,
  );
  await s.call('cancelTask', { id });
});
