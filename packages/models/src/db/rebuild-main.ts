// One look at the projections, or one replacement of them, as a process of its own: it has the owner of the
// tables for its user, which no process that stays has. It prints the report as one line of JSON and ends
// with 1 when something is not as the log says.
import { z } from 'zod';
import { openPool } from './pool.ts';
import { checkRebuild, rebuild, type RebuildReport } from './rebuild.ts';

const { DATABASE_URL } = z.object({ DATABASE_URL: z.string().startsWith('postgres') }).parse(process.env);
const db = openPool(DATABASE_URL, 'mainloop-rebuild', 1);
const isAsTheLogSays = (report: RebuildReport): boolean =>
  report.wrongRows === 0 && report.unreadableRows === 0;
try {
  const replaced = process.argv.includes('--check') ? null : await rebuild(db);
  const report = await checkRebuild(db);
  process.stdout.write(`${JSON.stringify({ ...report, replaced: replaced !== null })}\n`);
  process.exitCode = isAsTheLogSays(report) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await db.end();
}
