// A task whose workflow is handed over to a new one after every stage, as happens once its history has grown long.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openRehearsal, WORKFLOWS, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  const code = readFileSync(WORKFLOWS, 'utf8');
  const hasty = code.replace('LONGEST_HISTORY = 4000', 'LONGEST_HISTORY = 1');
  expect(hasty).not.toBe(code);
  const bundle = path.join(mkdtempSync(path.join(os.tmpdir(), 'workflows-')), 'workflows.js');
  writeFileSync(bundle, hasty);
  rehearsal = await openRehearsal(bundle);
});
afterAll(() => rehearsal?.close());

test('goes on where it stood, with its counts and with what was said to it', async () => {
  const plans = [1, 2].map((revision) => () => ({ revision, empty: false }));
  const handle = await rehearsal.start({
    cis: [{ verdict: 'red', sha: 'bad' }],
    asked: [1],
    instead: new Map([['writePlan', plans]]),
  });
  await rehearsal.passes(MINUTE);
  await rehearsal.say(handle, '-plan-1', 'revise');
  // Said before its item is there: it counts all the same.
  await rehearsal.say(handle, '-review-5', 'merge', 'rebase');
  await rehearsal.passes(MINUTE);
  await rehearsal.say(handle, '-plan-2', 'approve');
  const prepared = (): { n: number; phase: string; context: object }[] =>
    rehearsal.inputs('prepareRun') as ReturnType<typeof prepared>;
  const named = (): string[] => prepared().map(({ n, phase }) => `${n} ${phase}`);
  // One that has lost its counts waits for another item than was answered, and has no end: it shows in its runs before.
  for (const began = Date.now(); prepared().length < 4 && Date.now() - began < 2 * MINUTE;)
    await new Promise((go) => setTimeout(go, 50));
  expect(named().slice(0, 4)).toEqual(['1 plan', '2 plan', '3 implement', '4 fix_ci']);
  expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
  const runs = prepared();
  expect(named().slice(4)).toEqual(['5 address_review']);
  expect(runs[1]?.context).toMatchObject({ about: expect.stringMatching(/-plan-1$/) });
  expect(runs[3]?.context).toMatchObject({ round: 1, ciSha: 'bad' });
  expect(runs[4]?.context).toMatchObject({ reviewSince: '' });
  expect(rehearsal.inputs('merge')).toMatchObject([{ method: 'rebase' }]);
  // One workflow for each stage: seven hand-overs and more, and the sandbox is made ahead only at the first.
  expect(rehearsal.count('loadTask')).toBeGreaterThan(7);
  expect(rehearsal.count('ensurePlace')).toBe(1);
});
