// The kill matrix at length: SEED=n KILLS=n MINUTES=n STORIES=n (side by side). Ends with one line, and fails
// on any difference.
import { matrix } from '../packages/testkit/src/matrix.ts';
import { openTheatre } from '../packages/testkit/src/theatre.ts';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
const seed = number('SEED', Math.floor(Math.random() * 1e9));
const kills = number('KILLS', 300);
const began = Date.now();
const theatre = await openTheatre();
let failed = true;
try {
  const report = await matrix(theatre, {
    seed,
    kills,
    beside: number('STORIES', 5),
    everyMs: number('EVERY_MS', 8_000),
    untilMs: began + number('MINUTES', 85) * 60_000,
    say: (line) => console.log(`${theatre.fired.length}/${kills} ${line}`),
  });
  const { duplicates, lost, extra, cost } = report.tally;
  failed = duplicates + lost + extra + cost > 0 || report.kills < kills;
  console.log(
    `seed ${seed}, kills ${report.kills} in ${report.stories} stories and ${Math.round((Date.now() - began) / 60_000)} minutes, duplicates ${duplicates}, lost ${lost}, extra ${extra}, cost ${cost}`,
  );
} finally {
  await theatre.stop();
}
process.exit(failed ? 1 : 0);
