// A seeded sample of the kill matrix; `make test-chaos` runs it at length with other seeds.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
