// The runner itself asks before it runs a command of the project on what an agent has written. Where nobody
// answers for long, the run ends, and the next one goes on with the answer.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunSpec } from '@mainloop/models/contracts/runner';
import type { Around } from './around.ts';
import { ensureSetup, verify } from './commands.ts';
import { Control } from './control.ts';

const dir = mkdtempSync('/tmp/mainloop-waits-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let repo: string;
let posted: string[];
beforeEach(() => {
  repo = mkdtempSync(path.join(dir, 'repo-'));
  posted = [];
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: repo });
  writeFileSync(path.join(repo, 'written'), 'by the agent');
  mkdirSync(path.join(repo, '.git'), { recursive: true });
});
const ASKS = {
  askPermissions: true,
  permissionPatienceMs: 200,
  setupCommand: 'touch set',
  verifyCommand: 'touch verified',
};
/** @param onAsked what happens once the item is there */
const around = (spec: Partial<RunSpec> = {}, onAsked: () => void = () => undefined): Around =>
  ({
    config: { repo },
    spec: {
      phase: 'implement',
      base: 'main',
      folder: '',
      maxMinutes: 10,
      findSetup: false,
      ...ASKS,
      ...spec,
    },
    env: { PATH: process.env.PATH, HOME: dir },
    spool: { write: () => undefined },
    link: {
      patiently: (_: string, at: string) => {
        posted.push(at);
        if (at === '/run/permission') setTimeout(onAsked, 20);
        const answer = at === '/run/permission' ? { itemId: 'item-1' } : { asked: false };
        return Promise.resolve({ status: 200, body: Buffer.from(JSON.stringify(answer)) });
      },
    },
  }) as unknown as Around;
const answers = (control: Control, requestId: string, allow: boolean) => () =>
  control.obey(1, { type: 'permission', requestId, allow, message: '' });
const WAITS = { kind: 'asked', itemId: 'item-1', itemIds: ['item-1'], permission: true };

test('a set-up that waits for permission for long ends the run at its item', async () => {
  const control = new Control(() => undefined);
  expect(await ensureSetup(around(), control)).not.toBeNull();
  expect(control.ended()).toEqual(WAITS);
  expect(posted).toEqual(['/run/permission']);
});

test('so does a verify command, and what the agent said of its work goes with it', async () => {
  const control = new Control(() => undefined);
  expect(await verify(around(), control)).toBe(false);
  expect(control.ended('All done.')).toEqual({ ...WAITS, summary: 'All done.' });
  expect(posted).not.toContain('/run/evidence');
});

test('one that is allowed in time runs, one that is refused does not, and neither ends the run', async () => {
  for (const allow of [true, false]) {
    posted = [];
    const control = new Control(() => undefined);
    const spec = { permissionPatienceMs: 60_000 };
    expect(await verify(around(spec, answers(control, 'mainloop-verify', allow)), control)).toBe(allow);
    expect(posted.includes('/run/evidence')).toBe(allow);
    expect(control.ended('x')).toBeNull();
  }
});

test.each(['plan', 'second_look'] as const)(
  'where nothing is changed, in a %s, nothing is verified',
  async (phase) => {
    expect(await verify(around({ phase }), new Control(() => undefined))).toBe(true);
    expect(posted).toEqual([]);
  },
);

test.each(['stopped', 'all_paused'] as const)('a run that is %s meanwhile ends as that', async (why) => {
  const control = new Control(() => undefined);
  const stops = (): void => control.obey(1, { type: 'stop', why });
  expect(await ensureSetup(around({ permissionPatienceMs: 60_000 }, stops), control)).not.toBeNull();
  expect(control.ended()).toEqual({ kind: 'interrupted', reason: why });
});
