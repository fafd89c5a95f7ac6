// The kill matrix at length: SEED=n KILLS=n MINUTES=n. Ends with `seed S, kills N, duplicates N, lost N`.
import { chooseKill, round, seeded, startKillable } from '../packages/testkit/src/kills.ts';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const want = Number(process.env.KILLS ?? 120);
const deadline = Date.now() + Number(process.env.MINUTES ?? 85) * 60_000;
const random = seeded(seed);
const s = await startKillable();
let kills = 0,
  duplicates = 0,
  lost = 0;
try {
  while (kills < want && Date.now() < deadline) {
    const r = await round(s, [chooseKill(random), chooseKill(random), chooseKill(random)]);
    kills += r.kills;
    duplicates += r.duplicates;
    lost += r.lost;
    console.log(`${kills}/${want} ${r.note}`);
  }
} finally {
  await s.stop();
}
console.log(`seed ${seed}, kills ${kills}, duplicates ${duplicates}, lost ${lost}`);
process.exit(duplicates + lost === 0 && kills >= want ? 0 : 1);
