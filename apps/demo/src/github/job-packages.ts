// The package registry of a CI job: how its processes are started with it, and told of it.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ciToken } from '@mainloop/network/ci-token';
import { INSIDE } from '@mainloop/models/contracts/runner';
import { putWhole } from '@mainloop/adapters/sandbox/whole-file';
import { cargoConfig, homeSettings, packageEnvironment } from '@mainloop/models/flow/runs/packages';

export interface JobPackages {
  /** Folder with the gateway's socket; bound, because a restarted gateway makes a new one. */
  readonly gatewayDir: string;
  /** Shared with the gateway. */
  readonly secret: string;
}

const ORIGIN = `http://127.0.0.1:${INSIDE.packagesPort}`;
const START = '/opt/ci/job-start.mts';
const RELAY = '/opt/ci/package-relay.mts';

/**
 * @param folder where a job's account may read
 * @param untilMs when the job is over at the latest
 */
export function withPackages(
  packages: JobPackages,
  job: { readonly repo: string; readonly untilMs: number; readonly folder: string; readonly node: string },
) {
  mkdirSync(job.folder, { recursive: true, mode: 0o755 });
  const require = createRequire(import.meta.url);
  const readOnly: [from: string, to: string][] = [[packages.gatewayDir, path.dirname(INSIDE.socket)]];
  for (const [from, to] of [
    [path.join(path.dirname(fileURLToPath(import.meta.url)), 'job-start.mts'), START],
    [require.resolve('@mainloop/network/package-relay'), RELAY],
  ] as const) {
    const copy = path.join(job.folder, path.basename(to));
    // Another job may begin at this moment, and Node takes an empty file for a program that has ended well.
    putWhole(copy, readFileSync(from));
    readOnly.push([copy, to]);
  }
  return {
    readOnly,
    /** Goes before the command of the job. */
    command: [job.node, START, RELAY, String(INSIDE.packagesPort), INSIDE.socket],
    env: {
      MAINLOOP_PACKAGES_TOKEN: ciToken(packages.secret, job.repo, job.untilMs),
      MAINLOOP_CARGO_CONFIG: cargoConfig(ORIGIN),
      MAINLOOP_HOME_SETTINGS: JSON.stringify(homeSettings(ORIGIN)),
    },
  };
}

/**
 * What the steps of a job are told. Which registry stands behind the gateway is not known here, and an
 * address of its own can't be had in a job.
 * @returns variables of their environment
 */
export const packageVariables = (): Record<string, string> =>
  packageEnvironment(ORIGIN, { npmReplaces: 'always', goNoSumDb: '' });
