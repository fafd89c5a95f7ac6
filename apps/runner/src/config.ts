// What the sandbox tells the runner, read once.
import path from 'node:path';
import { Author, INSIDE, MustNotReach, type Target } from '@mainloop/models/contracts/runner';
import { NOBODY, type CommitAuthor } from '@mainloop/models/flow/forge/author';

export interface RunnerConfig {
  /** Without confinement, by the user's own word. */
  readonly outside: boolean;
  readonly token: string;
  /** Where the agent and git reach the gateway: a port inside the sandbox, relayed to the socket. */
  readonly gatewayUrl: string;
  readonly gatewayPort: number;
  /** The gateway itself: a socket file, or an address where the sandbox has a network. */
  readonly gateway: { readonly path: string } | { readonly host: string; readonly port: number };
  /** Addresses that must be out of reach before the agent starts; null where the sandbox has no network at all. */
  readonly mustNotReach: readonly Target[] | null;
  readonly repo: string;
  readonly home: string;
  readonly spool: string;
  readonly kit: string;
  readonly mirror: string;
  /** Whose the agent's commits are. */
  readonly author: CommitAuthor;
}

/**
 * What the worker has put into the environment, and where things are in a sandbox.
 * @throws where there is no token
 */
export function loadConfig(env: Record<string, string | undefined>): RunnerConfig {
  const token = env.MAINLOOP_TOKEN ?? '';
  if (token === '')
    throw new Error('MAINLOOP_TOKEN is missing: a runner is started by the worker, not by hand.');
  // Unconfined, by the user's own word: everything has its path on the machine, and the port is whatever is free.
  const outside = env.MAINLOOP_UNCONFINED;
  const root = outside ? path.join(outside, 'work') : '/work';
  const kit = env.MAINLOOP_KIT ?? INSIDE.kit;
  const port = outside ? 0 : INSIDE.port;
  return Object.freeze({
    outside: outside !== undefined,
    token,
    gatewayUrl: `http://127.0.0.1:${port}`,
    gatewayPort: port,
    gateway: address(env.MAINLOOP_GATEWAY_ADDRESS) ?? { path: env.MAINLOOP_SOCKET ?? INSIDE.socket },
    mustNotReach: env.MAINLOOP_MUST_NOT_REACH
      ? MustNotReach.parse(JSON.parse(env.MAINLOOP_MUST_NOT_REACH))
      : null,
    repo: path.join(root, 'repo'),
    home: path.join(root, 'home'),
    spool: path.join(root, 'spool'),
    kit,
    mirror: env.MAINLOOP_MIRROR ?? INSIDE.mirror,
    author: env.MAINLOOP_AUTHOR ? Author.parse(JSON.parse(env.MAINLOOP_AUTHOR)) : NOBODY,
  });
}

function address(hostAndPort: string | undefined): { host: string; port: number } | null {
  const match = /^(.+):(\d+)$/.exec(hostAndPort ?? '');
  return match ? { host: match[1]!, port: Number(match[2]) } : null;
}
