// A seeded slice of the kill matrix; `make test-chaos` runs it at length with other seeds.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CLUSTER_FAILPOINTS } from '@mainloop/adapters/sandbox/kubernetes/kubernetes';
import { GITHUB_FAILPOINTS } from '@mainloop/demo/github/points';
import { spawnTask, walkToEnd } from '@mainloop/testkit/story';
import { until } from '@mainloop/testkit/stack';
import { AUTOMATION_FAILPOINTS, CYCLE_FAILPOINTS, FAILPOINTS, type Kill } from '@mainloop/testkit/kills';
import { matrix } from '@mainloop/testkit/matrix';
import { openTheatre, type Theatre } from '@mainloop/testkit/theatre';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const SEED = 20261121;
let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre?.stop());

test('the list of failpoints is the one in the code', () => {
  const root = path.join(import.meta.dirname, '..');
  // Folder by folder: a walk over all of them would follow the links between the packages for ever.
  const sources = ['apps', 'packages']
    .flatMap((d) => readdirSync(path.join(root, d)).map((name) => path.join(root, d, name, 'src')))
    .filter((src) => existsSync(src))
    .flatMap((src) =>
      readdirSync(src, { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith('.ts') && !f.includes('.test.') && !f.includes('generated'))
        .map((f) => readFileSync(path.join(src, f), 'utf8')),
    );
  const named = sources.flatMap((text) => [...text.matchAll(/\bhit\('([a-z.]+)'\)/g)].map((m) => m[1]!));
  // Effects name their point by what they do: their kind.
  const effects = sources.flatMap((text) =>
    [...text.matchAll(/\beffect\(\s*\w+,\s*\{\s*kind: '([a-z]+)'/g)].flatMap((match) => [
      `forge.${match[1]}.before`,
      `forge.${match[1]}.after`,
    ]),
  );
  // Comments that were made in the app, checks that never ran, a "ready" that is taken back, a pull request
  // that is opened again, pictures and a branch that is brought up to date are not part of this story; the
  // cluster's points, and those of the memory and of the cycle, have a test beside their code.
  const elsewhere = ['comment', 'rerun', 'draft', 'reopen', 'pictures', 'update']
    .flatMap((w) => [`forge.${w}.before`, `forge.${w}.after`])
    .concat(CLUSTER_FAILPOINTS, ['memory.claimed', 'memory.answered', 'memory.saved'])
    .concat(AUTOMATION_FAILPOINTS, CYCLE_FAILPOINTS);
  expect(named.length).toBeGreaterThan(10);
  expect(
    [
      ...new Set([
        ...named,
        ...effects,
        ...GITHUB_FAILPOINTS.filter((n) => !/\.(line|rerun|update)\./.test(n)),
      ]),
    ]
      .filter((n) => !(elsewhere as readonly string[]).includes(n))
      .toSorted(),
  ).toEqual(FAILPOINTS.toSorted());
});

test('told side by side while processes are killed, the story is the one that is told unkilled', async () => {
  const only: Kill[] = [
    { kind: 'process', name: 'agent' },
    { kind: 'failpoint', name: 'forge.issue.after' },
    { kind: 'process', name: 'gateway' },
    { kind: 'failpoint', name: 'forge.pr.after' },
    { kind: 'process', name: 'postgres' },
    { kind: 'process', name: 'temporal proxy' },
    { kind: 'process', name: 'runner' },
    { kind: 'failpoint', name: 'forge.summary.after' },
    { kind: 'failpoint', name: 'forge.merge.after' },
  ];
  const said: string[] = [];
  const report = await matrix(theatre, {
    seed: SEED,
    kills: only.length,
    only,
    beside: 2,
    everyMs: 3_000,
    untilMs: Date.now() + 400_000,
    say: (l) => void said.push(l),
  });
  expect(said.filter((l) => /^ *(lost|doubled|extra|cost)\b/.test(l))).toEqual([]);
  expect(report.tally).toEqual({ duplicates: 0, lost: 0, extra: 0, cost: 0 });
  expect(report.kills).toBeGreaterThanOrEqual(only.length - 1);
});

test('a working tree that is lost comes back from the checkpoint, the Claude session with it', async () => {
  const { s } = theatre;
  const id = await spawnTask(s, theatre.sentence('lost'));
  const place = path.join(s.home, 'sandboxes', id);
  const question = await until('the question', async () =>
    (await s.call('listInbox')).find((i) => i.taskId === id),
  );
  await until(
    'the first run to end',
    async () => (await s.call('getTask', { id })).runs[0]?.state === 'ended',
  );
  rmSync(place, { recursive: true, force: true });
  await s.call('decide', { id: question.id, body: { decision: 'answer', text: 'A short one' } });
  await until('the plan', async () => (await s.call('getTask', { id })).state === 'awaiting_plan');
  const sessions = path.join(place, 'work/home/.claude/projects/-work-repo');
  expect(existsSync(sessions)).toBe(true);
  const said = readdirSync(sessions)
    .map((f) => (f.endsWith('.jsonl') ? readFileSync(path.join(sessions, f), 'utf8') : ''))
    .join('');
  // What the first run said, before the folder was lost, and what the second one said after.
  expect([said.includes('I asked.'), said.includes('Problem analysis')]).toEqual([true, true]);
  expect((await walkToEnd(s, id)).state).toBe('done');
});
