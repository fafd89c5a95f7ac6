// Hooks of WORKFLOW.md in a clone: when each runs, and what comes of one that fails, hangs, floods, forks or takes its tree.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunSpec } from '@mainloop/models/contracts/runner';
import type { Around } from './around.ts';
import { afterCreate, afterRun, beforeRun, noHookIsLeft } from './hooks.ts';

const dir = mkdtempSync('/tmp/mainloop-hooks-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let repo: string;
let spooled: { subtype: string; command?: string; exitCode?: number | null; tail?: string; text?: string }[];
beforeEach(() => {
  repo = mkdtempSync(path.join(dir, 'repo-'));
  mkdirSync(path.join(repo, '.git'));
  spooled = [];
});
const around = (
  hooks: Partial<NonNullable<RunSpec['hooks']>> | null,
  spec: Partial<RunSpec> = {},
  env: Record<string, string> = {},
): Around =>
  ({
    config: { repo },
    spec: {
      folder: '',
      askPermissions: false,
      hooks:
        hooks === null
          ? null
          : { afterCreate: null, beforeRun: null, afterRun: null, timeoutMs: 60_000, ...hooks },
      ...spec,
    },
    env: { PATH: process.env.PATH, HOME: dir, ...env },
    spool: { write: (line: string) => spooled.push(JSON.parse(line) as (typeof spooled)[number]) },
  }) as unknown as Around;
const lines = (): number => readFileSync(path.join(repo, 'ran'), 'utf8').trim().split('\n').length;

test('after_create runs once for each clone, before_run and after_run each time', async () => {
  const run = 'echo x >> ran';
  const of = around({ afterCreate: run, beforeRun: run, afterRun: run });
  expect(noHookIsLeft(of)).toBe(false);
  expect(await afterCreate(of)).toBeNull();
  expect(await afterCreate(of)).toBeNull();
  expect(lines()).toBe(1);
  for (const hook of [beforeRun, afterRun, beforeRun, afterRun]) expect(await hook(of)).toBeNull();
  expect(lines()).toBe(5);
  expect(noHookIsLeft(around({ afterCreate: run }))).toBe(true);
  expect(spooled[0]).toMatchObject({
    subtype: 'command',
    command: 'hooks.after_create of WORKFLOW.md',
    exitCode: 0,
  });
});

test('without a file nothing runs', async () => {
  for (const without of [around(null), around({})]) {
    expect(noHookIsLeft(without)).toBe(true);
    for (const hook of [afterCreate, beforeRun, afterRun]) expect(await hook(without)).toBeNull();
  }
  expect(spooled).toEqual([]);
});

test('one that fails says so with what it printed, and after_create comes again', async () => {
  const of = around({ afterCreate: 'echo no network; exit 3', beforeRun: 'exit 4' });
  expect(await afterCreate(of)).toBe('hooks.after_create of WORKFLOW.md ended with exit 3.\nno network');
  expect(await afterCreate(of)).toMatch(/exit 3/);
  expect(await beforeRun(of)).toBe('hooks.before_run of WORKFLOW.md ended with exit 4.');
});

test('what comes of after_run changes nothing', async () => {
  expect(await afterRun(around({ afterRun: 'exit 5' }))).toBeNull();
  expect(spooled.at(-1)).toMatchObject({
    subtype: 'note',
    text: 'hooks.after_run of WORKFLOW.md ended with exit 5. The run goes on all the same.',
  });
});

test('one that hangs is ended with all that it started', async () => {
  const of = around({ beforeRun: 'sleep 1000 & echo $! > child; sleep 1000', timeoutMs: 1_000 });
  expect(await beforeRun(of)).toBe('hooks.before_run of WORKFLOW.md did not end within 1 seconds.');
  const child = readFileSync(path.join(repo, 'child'), 'utf8').trim();
  const isGone =
    !existsSync(`/proc/${child}`) || /^State:\s+[ZX]/m.test(readFileSync(`/proc/${child}/status`, 'utf8'));
  expect(isGone).toBe(true);
});

test('one that floods is kept by its end', async () => {
  expect(await beforeRun(around({ beforeRun: 'seq 1 3000000; exit 1' }))).toMatch(/\n2999999\n3000000$/);
  expect(spooled[0]!.tail!.length).toBeLessThanOrEqual(16_000);
});

test('one that takes the clone away ends the run, also after the agent', async () => {
  const sentence = 'hooks.before_run of WORKFLOW.md took the clone away.';
  expect(await beforeRun(around({ beforeRun: 'rm -rf .git *' }))).toBe(sentence);
  mkdirSync(path.join(repo, '.git'));
  expect(await afterRun(around({ afterRun: 'rm -rf .git *; exit 1' }))).toBe(
    'hooks.after_run of WORKFLOW.md took the clone away.',
  );
});

test('where agents ask, no hook runs, and the output says so', async () => {
  const of = around({ beforeRun: 'touch ran' }, { askPermissions: true });
  expect(noHookIsLeft(of)).toBe(true);
  expect(await beforeRun(of)).toBeNull();
  expect(existsSync(path.join(repo, 'ran'))).toBe(false);
  expect(spooled).toEqual([
    {
      type: 'mainloop',
      subtype: 'note',
      text: 'hooks.before_run of WORKFLOW.md was left out: agents of this project ask before they run something.',
    },
  ]);
});

test('it runs in the folder of the project, and sees what a set-up command sees', async () => {
  mkdirSync(path.join(repo, 'services'));
  writeFileSync(path.join(repo, 'services', 'here'), '');
  const of = around(
    { beforeRun: 'test -e here && test "$COLOUR" = blue' },
    { folder: 'services' },
    { COLOUR: 'blue' },
  );
  expect(await beforeRun(of)).toBeNull();
});
