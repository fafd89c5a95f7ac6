// Verbs about the event log: whether what people see is what the log says, and how to make it so.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import type { Command } from 'commander';
import { Refused } from './client.ts';
import type { Context } from './context.ts';
import { settings } from './local.ts';
import { adopt, postgresUrl } from './up/postgres.ts';
import { ROOT, type Settings } from './up/settings.ts';

/** What `packages/models/src/db/rebuild-main.ts` prints. */
export interface Report {
  readonly replaced: boolean;
  readonly events: number;
  readonly rows: number;
  readonly wrongRows: number;
  readonly wrong: readonly {
    readonly table: string;
    readonly key: readonly string[];
    readonly is: 'missing' | 'unfounded' | 'different';
    readonly columns: readonly { readonly name: string; readonly live: unknown; readonly rebuilt: unknown }[];
  }[];
  readonly unreadable: readonly { readonly seq: number; readonly type: string; readonly why: string }[];
  readonly unreadableRows: number;
}

/**
 * `events rebuild`, which asks the database itself: the api cannot change what is made from the log.
 * @param program gets the verb
 */
export function registerEvents(program: Command, { out }: Context): void {
  program
    .command('events')
    .description('the event log')
    .command('rebuild')
    .description('make everything that is made from the log anew and put it in place; appends wait meanwhile')
    .option('--check', 'only compare, and end with 1 when something is not as the log says')
    .action((options: { check?: boolean }) => {
      const report = askDatabase(databaseUrl(settings()), options.check ? ['--check'] : []);
      out(report, sayReport(report));
      if (report.wrongRows > 0 || report.unreadableRows > 0) process.exitCode = 1;
    });
}

/** The owner of the tables: only it may put other rows in their place. */
function databaseUrl(resolved: Settings): string {
  if (resolved.DATABASE_URL !== undefined) return resolved.DATABASE_URL;
  const running = adopt(path.join(resolved.home, 'postgres'));
  if (running === null) throw new Refused('The database is not running. Start it with mainloop up.');
  return postgresUrl(running.folder, 'mainloop_owner', resolved.secrets.mainloop_owner);
}

function askDatabase(url: string, options: readonly string[]): Report {
  const main = path.join(ROOT, 'packages/models/src/db/rebuild-main.ts');
  // The URL has a password, so it is in no argument.
  const run = spawnSync(process.execPath, [...NODE_FLAGS, main, ...options], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', DATABASE_URL: url },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.status !== 0 && run.status !== 1)
    throw new Refused(run.stderr.trim() || `The process ended with ${run.status ?? run.signal}.`);
  return JSON.parse(run.stdout) as Report;
}

/** @returns the report in lines: first what was found in all, then each row that is wrong */
export function sayReport(report: Report): string {
  const { replaced, events, rows, wrong, wrongRows, unreadable, unreadableRows } = report;
  const made = `${replaced ? 'Made anew' : 'Compared'}: ${rows} rows from ${events} events.`;
  const found =
    wrongRows === 0 && unreadableRows === 0
      ? 'All are as the log says.'
      : `${wrongRows} are not as the log says.`;
  const more = (all: number, named: readonly unknown[]): string[] =>
    all > named.length ? [`and ${all - named.length} more`] : [];
  return [
    `${made} ${found}`,
    ...wrong.map(sayWrong),
    ...more(wrongRows, wrong),
    ...unreadable.map((row) => `event ${row.seq} (${row.type}) can't be read: ${row.why}`),
    ...more(unreadableRows, unreadable),
  ].join('\n');
}

function sayWrong({ table, key, is, columns }: Report['wrong'][number]): string {
  const row = `${table} ${key.join(', ')}`;
  if (is === 'missing') return `${row}: is missing`;
  if (is === 'unfounded') return `${row}: is there, and the log knows nothing of it`;
  return `${row}: ${columns.map((c) => `${c.name} is ${JSON.stringify(c.live)}, the log says ${JSON.stringify(c.rebuilt)}`).join('; ')}`;
}
