// Tests that look at the whole tree, or plant a break in it, take turns: test files run side by side, and one
// would see what another has planted for a moment.
import pg from 'pg';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../../..');
/** Of the database server of the test run, in which nothing of ours takes a lock; any number would do. */
const LOCK = 1;

/**
 * Looks at the tree while no other test does.
 * @param planted files to be there meanwhile, by their path from the root, and what stands in them
 * @param look its result is given back; what was planted is gone by then, whatever happened
 * @throws what look throws; when the server of the test run cannot be reached
 */
export async function withTree<T>(planted: Record<string, string>, look: () => T | Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: process.env.TEST_POSTGRES_URL });
  await client.connect();
  try {
    // It ends with the connection, so one that is killed leaves none behind.
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    for (const [file, code] of Object.entries(planted)) writeFileSync(path.join(root, file), `${code}\n`);
    return await look();
  } finally {
    for (const file of Object.keys(planted)) rmSync(path.join(root, file), { force: true });
    await client.end();
  }
}
