// The package proxy with all that it works with: whoever asks is a run, or a job of the local CI.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { repoOfCiToken } from '@mainloop/network/ci-token';
import type { Db } from '@mainloop/models/db/pool';
import { findAnyProject } from '@mainloop/models/db/projects/projects';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import type { Logger } from '@mainloop/logs/log';
import type { GatewayConfig } from '../config.ts';
import { Refused } from '../http.ts';
import { openCache } from './cache.ts';
import { packageProxy } from './proxy.ts';
import { fetcher } from './fetcher.ts';
import { readRegistries } from './registries.ts';
import { packageReports } from './reported.ts';

/**
 * The package registries of a gateway, with their cache.
 * @param log is told of what could not be fetched
 */
export function packagesOf(config: GatewayConfig, db: Db, log: Logger) {
  const registries = readRegistries(config.packages.env);
  const cache = openCache(config.packages.folder);
  const proxy = packageProxy(
    registries.all,
    cache,
    fetcher({ ms: config.packages.ms, authorities: registries.authorities, env: config.packages.env }),
  );
  const reported = packageReports(db, (err) =>
    log.warn({ err }, 'the packages of a run could not be reported'),
  );

  return {
    hints: registries.hints,

    ofRun: (req: IncomingMessage, res: ServerResponse, url: URL, run: RunByToken): Promise<void> =>
      proxy(req, res, url, {
        projectSettings: run.project_settings,
        given: (name) => reported.given(run, name),
      }),

    /** @returns false when that is no token of a job */
    async ofJob(req: IncomingMessage, res: ServerResponse, url: URL, token: string): Promise<boolean> {
      const repo = config.ciSecret === null ? null : repoOfCiToken(config.ciSecret, token, Date.now());
      if (repo === null) return false;
      const project = await findAnyProject(db, repo);
      if (!project) throw new Refused(403, `mainloop: ${repo} is no project here.`);
      // What a job was given stands in its own log.
      await proxy(req, res, url, { projectSettings: project.settings, given: () => undefined });
      return true;
    },

    reportOf: (runId: string): Promise<void> => reported.end(runId),
    reportAll: (): Promise<void> => reported.all(),
    sweep: (): Promise<number> => cache.sweep(config.packages.maxBytes),
  };
}
