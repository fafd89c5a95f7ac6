// A command of the project that behaves badly: it ends, what it left ends with it, and its words are kept as
// far as they go.
import { afterAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { shell } from './shell.ts';

const dir = mkdtempSync('/tmp/mainloop-shell-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));
/** Longer than any of these takes, and shorter than the sleeps in them. */
const LIMIT_MS = 120_000;
const run = (command: string, limitMs = LIMIT_MS) =>
  shell(command, { repo: dir, env: { PATH: '/usr/bin:/bin' } }, limitMs);

/** What is killed takes a moment to go. @returns whether it is still there after two minutes */
async function stays(file: string): Promise<boolean> {
  for (const until = Date.now() + LIMIT_MS; lives(file); await new Promise((r) => setTimeout(r, 20)))
    if (Date.now() > until) return true;
  return false;
}

/** Whether a process that wrote down its number is there; a dead one that nobody has fetched is not. */
function lives(file: string): boolean {
  const pid = readFileSync(path.join(dir, file), 'utf8').trim();
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has ended.
    return false;
  }
}

test('one that never ends is ended at its limit, with what it started', async () => {
  // On a busy machine a second may be over before it has begun; then it is given more.
  const begun = (): boolean => ['own', 'deep'].every((file) => existsSync(path.join(dir, file)));
  let result = null;
  for (let limitMs = 1_000; result === null || (limitMs <= LIMIT_MS && !begun()); limitMs *= 4)
    result = await run(
      'echo before; sh -c "echo \\$\\$ > deep; exec sleep 600" & echo $$ > own; sleep 600',
      limitMs,
    );
  expect([result.code, result.tail, await stays('own'), await stays('deep')]).toEqual([
    null,
    'before\n',
    false,
    false,
  ]);
});

test('what it leaves running in the background holds nobody up, and ends', async () => {
  const result = await run('(echo $BASHPID > left; exec sleep 600) & sleep 0.2; echo done');
  expect([result.code, result.tail, await stays('left'), result.ms < LIMIT_MS / 2]).toEqual([
    0,
    'done\n',
    false,
    true,
  ]);
});

test.each([
  ['what is typed', 'read -p "Your name? " x || echo "nobody answers"', 0, 'nobody answers\n'],
  [
    'what is typed at a terminal',
    'read x < /dev/tty',
    1,
    expect.stringContaining('/dev/tty: No such device'),
  ],
  ['whether there is a terminal', 'test -t 0 || test -t 1 || test -t 2', 1, ''],
])('one that asks for %s is not waited for', async (_, command, code, tail) => {
  expect(await run(command)).toMatchObject({ code, tail });
});

test('of very much output the end is kept', async () => {
  const result = await run('head -c 50000000 /dev/zero | tr "\\0" x; echo; echo the end');
  expect([result.code, result.tail.length <= 16_000, result.tail.endsWith('\nthe end\n')]).toEqual([
    0,
    true,
    true,
  ]);
});

test.each([
  ['no such program', 'no-such-program', 127],
  ['a signal', 'kill -9 $$', 137],
])('one that ends by %s is told so', async (_, command, code) => {
  expect((await run(command)).code).toBe(code);
});
