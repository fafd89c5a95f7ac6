// The first process of a CI job, inside its confinement: it opens the job's package registry and starts what the job is.
//   node job-start.mts RELAY PORT SOCKET COMMAND...   with the token in MAINLOOP_PACKAGES_TOKEN, which the job itself does not see
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
mkdirSync('/work/.cargo', { recursive: true });
writeFileSync('/work/.cargo/config.toml', cargo ?? '');
for (const [name, text] of Object.entries(JSON.parse(settings ?? '{}') as Record<string, string>)) {
  mkdirSync(path.dirname(path.join('/work/home', name)), { recursive: true });
  writeFileSync(path.join('/work/home', name), text);
}
const { relayPackages } = (await import(relay)) as typeof import('@mainloop/network/package-relay');
await relayPackages({ gateway: { path: socket }, token: token ?? '', port: Number(port) });
const job = spawn(command, args, { env, stdio: 'inherit' });
job.once('error', (err) => {
  console.error(err.message);
  process.exit(127);
});
job.once('exit', (code) => process.exit(code ?? 1));
