// A seeded sample of the kill matrix; `make test-chaos` runs it at length with other seeds.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnTask, walkToEnd } from '@mainloop/testkit/story';
import { until } from '@mainloop/testkit/stack';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { chooseKill, round, seeded, startKillable, type Kill } from '@mainloop/testkit/kills';

const SEED = 20261121;
let s: Awaited<ReturnType<typeof startKillable>>;
beforeAll(async () => {
  s = await startKillable();
}, 120_000);
afterAll(() => s?.stop(), 60_000);

const random = seeded(SEED);
const sample: Kill[][] = [
  [
    { kind: 'failpoint', name: 'forge.issue.after' },
    { kind: 'failpoint', name: 'forge.pr.after' },
    { kind: 'failpoint', name: 'forge.summary.after' },
  ],
  [
    { kind: 'failpoint', name: 'sandbox.start.after' },
    { kind: 'failpoint', name: 'forge.merge.after' },
  ],
  [
    { kind: 'process', name: 'runner', afterMs: 0 },
    { kind: 'process', name: 'agent', afterMs: 4_000 },
  ],
  ...Array.from({ length: 4 }, () => [chooseKill(random), chooseKill(random)]),
];

test.each(sample.map((k) => [k.map((x) => x.name).join(' + '), k] as const))(
  'killed at %s, the task ends once and as it would have',
  async (_, kills) => {
    const r = await round(s, kills);
    expect([r.note, r.duplicates, r.lost]).toEqual([r.note, 0, 0]);
  },
  200_000,
);

test('a working tree that is lost comes back from the checkpoint, the Claude session with it', async () => {
  const id = await spawnTask(s, 'Do it again.');
  const place = path.join(s.home, 'sandboxes', id);
  const question = await until('the question', async () =>
    (await s.call<{ id: string; taskId: string }[]>('GET', '/api/inbox')).find((i) => i.taskId === id),
  );
  await until(
    'the first run to end',
    async () => (await s.call<{ runs: { state: string }[] }>('GET', `/api/tasks/${id}`)).runs[0]?.state === 'ended',
  );
  rmSync(place, { recursive: true, force: true });
  await s.call('POST', `/api/inbox/${question.id}`, { decision: 'answer', text: 'A short one' });
  await until('the plan', async () => (await s.call<{ state: string }>('GET', `/api/tasks/${id}`)).state === 'awaiting_plan');
  const sessions = path.join(place, 'work/home/.claude/projects/-work-repo');
  expect(existsSync(sessions)).toBe(true);
  const said = readdirSync(sessions)
    .map((f) => (f.endsWith('.jsonl') ? readFileSync(path.join(sessions, f), 'utf8') : ''))
    .join('');
  // What the first run said, before the folder was lost, and what the second one said after.
  expect([said.includes('I asked.'), said.includes('Problem analysis')]).toEqual([true, true]);
  expect((await walkToEnd(s, id, 100_000)).state).toBe('done');
}, 150_000);
