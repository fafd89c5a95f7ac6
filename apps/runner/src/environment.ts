// What programs in a sandbox see around them, and where package clients find their registry.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { relayPackages } from '@mainloop/network/package-relay';
import { INSIDE } from '@mainloop/models/contracts/runner';
import {
  cargoConfig,
  homeSettings,
  packageEnvironment,
  type PackageHints,
} from '@mainloop/models/flow/runs/packages';
import { APT_FOLDER } from './apt.ts';
import type { RunnerConfig } from './config.ts';
import { fetchedFolder } from './fetched.ts';
import { ensureFolder, putFile } from './folders.ts';
import { gitEnv } from './workspace.ts';

/**
 * What every program in a sandbox sees, whoever starts it.
 * @returns all variables, to be given instead of the runner's own
 */
export function toolEnvironment(config: RunnerConfig): Record<string, string> {
  const tmpDir = path.join(config.home, 'tmp');
  ensureFolder(tmpDir);
  return {
    // As the sandbox was given it, or as its image has it.
    PATH: [
      ...new Set([
        config.kit,
        ...(process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(':'),
        // What `mainloop apt` and a set-up brought comes last: it replaces nothing.
        path.join(config.home, APT_FOLDER, 'bin'),
        fetchedFolder(config.home),
      ]),
    ].join(':'),
    HOME: config.home,
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
    TERM: 'dumb',
    TMPDIR: tmpDir,
    TZ: 'UTC',
  };
}

/**
 * What the agent, git and the project's commands see. The only credential in it is the run's own token.
 * @param asks whether the agent asks before it acts
 * @returns all variables, to be given instead of the runner's own
 */
export function environment(config: RunnerConfig, asks: boolean): Record<string, string> {
  const proxy = `http://run:${config.token}@127.0.0.1:${config.gatewayPort}`;
  return {
    ...toolEnvironment(config),
    MAINLOOP_TOKEN: config.token,
    MAINLOOP_GATEWAY: config.gatewayUrl,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    ...gitEnv(config, asks),
  };
}

/**
 * Where package clients find their registry. Not on a machine without confinement: whoever else is on it
 * could ask there without a token.
 * @returns variables to be added; files that clients read from their home are written besides
 */
export async function packagesAt(config: RunnerConfig, hints: PackageHints): Promise<Record<string, string>> {
  if (config.outside) return {};
  const { port } = await relayPackages({
    gateway: config.gateway,
    token: config.token,
    port: INSIDE.packagesPort,
  });
  const origin = `http://127.0.0.1:${port}`;
  // Cargo looks in every folder above the one it works in.
  const cargo = path.join(path.dirname(config.repo), '.cargo');
  ensureFolder(cargo);
  putFile(path.join(cargo, 'config.toml'), cargoConfig(origin));
  for (const [name, text] of Object.entries(homeSettings(origin))) {
    const file = path.join(config.home, name);
    // A task's own settings stay: an agent may have written some.
    if (existsSync(file)) continue;
    ensureFolder(path.dirname(file));
    putFile(file, text);
  }
  return packageEnvironment(origin, hints);
}
