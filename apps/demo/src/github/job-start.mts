// The first process of a CI job, inside its confinement: it opens the job's package registry and starts what the job is.
//   node job-start.mts RELAY PORT SOCKET COMMAND...   with the token in MAINLOOP_PACKAGES_TOKEN, which the job itself does not see
// What the job writes goes through pipes of its own: Node makes its own output non-blocking, at the latest
// with its first request, and whoever shares it then loses what does not fit. `act` writes no line twice.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [relay, port, socket, command, ...args] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  ...string[],
];
const {
  MAINLOOP_PACKAGES_TOKEN: token,
  MAINLOOP_CARGO_CONFIG: cargo,
  MAINLOOP_HOME_SETTINGS: settings,
  ...env
} = process.env;
const home = env.HOME ?? '/work/home';
const cargoHome = path.join(home, '../.cargo');
mkdirSync(cargoHome, { recursive: true });
writeFileSync(path.join(cargoHome, 'config.toml'), cargo ?? '');
for (const [name, text] of Object.entries(JSON.parse(settings ?? '{}') as Record<string, string>)) {
  mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
  writeFileSync(path.join(home, name), text);
}
const { relayPackages } = (await import(relay)) as typeof import('@mainloop/network/package-relay');
await relayPackages({ gateway: { path: socket }, token: token ?? '', port: Number(port) });

/** What it left running may hold its output open for ever: it has been silent for so long, and all was read. */
const LAST_WORDS_MS = 5_000;
/** Once all that was written has gone out. */
const leave = (code: number): void =>
  void process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

const job = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
job.stdout.pipe(process.stdout, { end: false });
job.stderr.pipe(process.stderr, { end: false });
job.once('error', (err) => {
  console.error(err.message);
  leave(127);
});
job.once('close', (code) => leave(code ?? 1));
job.once('exit', (code) => {
  const isUnread = (): boolean => process.stdout.writableNeedDrain || process.stderr.writableNeedDrain;
  const timer = setTimeout(() => (isUnread() ? timer.refresh() : leave(code ?? 1)), LAST_WORDS_MS);
  for (const stream of [job.stdout, job.stderr]) stream.on('data', () => timer.refresh());
});
