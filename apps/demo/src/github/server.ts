// The local GitHub: REST, GraphQL, git over HTTP, signed webhooks and a CI runner, over real bare repositories.
import { mkdirSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { listenerSettings, guardListener, type ListenerSettings } from '@mainloop/network/listener';
import { failpoints } from '@mainloop/network/failpoints';
import { actions } from './actions.ts';
import { withInstallation } from './apps.ts';
import type { ActionsOptions } from './job-place.ts';
import { routes } from './api.ts';
import type { Ctx } from './ctx.ts';
import { Bare } from './bare.ts';
import { colleague, type Reviewer } from './colleague.ts';
import { finishPushes } from './git-http.ts';
import { folders } from './folders.ts';
import { hooks } from './hooks.ts';
import { log } from './log.ts';
import { finishMerges } from './merge.ts';
import { handle, json, type Hub, type Read } from './requests.ts';
import { Store, type Repo } from './store.ts';

/**
 * What GitHub's own CLI calls a GitHub on this machine. No name below `localhost` leads anywhere else (RFC
 * 6761, 6.3).
 */
const OF_GH = ['github.localhost', 'api.github.localhost'];

/** Longer than clients keep a connection by themselves. */
const KEEP_ALIVE_MS = 65_000;

export interface LocalGitHubOptions {
  readonly root: string;
  readonly port: number;
  /** Not set: this machine only. */
  readonly listener?: ListenerSettings;
  /** How others reach it, where that is not the address it listens on. */
  readonly url?: string;
  /** token -> login */
  readonly tokens: ReadonlyMap<string, string>;
  /** For what is no part of a forge: bringing a folder of this machine in, and reading what was asked. */
  readonly operatorSecret: string;
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly ci: Omit<ActionsOptions, 'work' | 'base'> | null;
  readonly reviewers: readonly Reviewer[];
  readonly staleMs?: number;
  /** Where failpoints are armed; for tests. */
  readonly failpoints?: string | null;
}

export interface LocalGitHub {
  readonly url: string;
  /** Where it listens, whatever its address is to others. */
  readonly port: number;
  readonly store: Store;
  /** The last reads that were answered, oldest first, with the bytes of body that went out. */
  readonly reads: Read[];
  importRepo(full: string, folder: string, branch: string): Promise<Repo>;
  close(): Promise<void>;
}

/**
 * A GitHub of this machine: REST, GraphQL, git, webhooks and workflows.
 * @returns when it listens
 */
export async function startLocalGitHub(options: LocalGitHubOptions): Promise<LocalGitHub> {
  mkdirSync(options.root, { recursive: true });
  const { server, port } = await listen(
    options,
    (req, res) =>
      void handle(hub, req, res).catch((err: unknown) => {
        log.error({ err, path: req.url?.split('?')[0] }, 'request failed');
        if (!res.headersSent) json(res, 500, { message: String(err) });
        else res.destroy();
      }),
  );
  const base = options.url ?? `http://127.0.0.1:${port}`;
  const { context, recover } = openForge(options, base);
  const review = colleague(context, options.reviewers);
  const hub: Hub = {
    context,
    table: routes(context),
    onReady: review.onReady,
    tokens: options.tokens,
    operatorSecret: options.operatorSecret,
    folders: folders(context),
    reads: [],
  };

  // What a kill left half done is done, before anybody can ask again.
  recover();
  await finishMerges(context);
  await finishPushes(context);
  review.recover();
  return {
    url: base,
    port,
    store: context.store,
    reads: hub.reads,
    importRepo: hub.folders.ensure,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          context.store.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function listen(
  options: LocalGitHubOptions,
  answer: http.RequestListener,
): Promise<{ server: http.Server; port: number }> {
  const server = http.createServer(answer);
  // A client that was busy for a while writes on a connection that it has open.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const listener = options.listener ?? listenerSettings({});
  const ownNames = options.url ? [new URL(options.url).hostname] : [];
  guardListener(server, { ...listener, names: [...listener.names, ...OF_GH, ...ownNames] }, 'none');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, listener.address, resolve);
  });
  return { server, port: (server.address() as { port: number }).port };
}

/** @returns what its routes share, and what finishes the workflows that a kill cut off */
function openForge(options: LocalGitHubOptions, base: string): { context: Ctx; recover: () => void } {
  const store = new Store(path.join(options.root, 'github.sqlite'));
  const bare = new Bare(path.join(options.root, 'repos'));
  const hook = hooks(options.webhook?.url ?? null, options.webhook?.secret ?? '', (payload) =>
    withInstallation(store, payload),
  );
  const jobs = options.ci
    ? actions(store, bare, hook, { ...options.ci, work: path.join(options.root, 'ci'), base })
    : null;
  const late = (what: Promise<void> | undefined): void =>
    void what?.catch((err: unknown) => log.error({ err }, 'what follows a push failed'));
  const context: Ctx = {
    store,
    bare,
    hooks: hook,
    base,
    staleMs: options.staleMs ?? 0,
    hit: failpoints(options.failpoints ?? null),
    rerun: (repo, run) => late(jobs?.rerun(repo, run)),
    letThrough: (repo, run) => late(jobs?.letThrough(repo, run)),
    pushed: (repo, branch, sha, before) => void jobs?.pushed(repo, branch, sha, before),
    befell: (repo, pull, action) => late(jobs?.befell(repo, pull, action)),
  };
  return { context, recover: () => jobs?.recover() };
}
