// What the sandbox tells the runner, read once.
import path from 'node:path';
import { INSIDE } from '@mainloop/models/contracts/runner';

export interface RunnerConfig {
  readonly token: string;
  /** Where the agent and git reach the gateway: a port inside the sandbox, relayed to the socket. */
  readonly gatewayUrl: string;
  readonly gatewayPort: number;
  readonly socketPath: string;
  readonly repo: string;
  readonly home: string;
  readonly spool: string;
  readonly kit: string;
  readonly mirror: string;
}

export function loadConfig(env: Record<string, string | undefined>): RunnerConfig {
  const token = env.MAINLOOP_TOKEN ?? '';
  if (token === '') throw new Error('MAINLOOP_TOKEN is missing: a runner is started by the worker, not by hand.');
  // Unconfined, by the user's own word: everything has its path on the machine, and the port is whatever is free.
  const outside = env.MAINLOOP_UNCONFINED;
  const root = outside ? path.join(outside, 'work') : '/work';
  const kit = env.MAINLOOP_KIT ?? INSIDE.kit;
  const port = outside ? 0 : INSIDE.port;
  return Object.freeze({
    token,
    gatewayUrl: `http://127.0.0.1:${port}`,
    gatewayPort: port,
    socketPath: env.MAINLOOP_SOCKET ?? INSIDE.socket,
    repo: path.join(root, 'repo'),
    home: path.join(root, 'home'),
    spool: path.join(root, 'spool'),
    kit,
    mirror: env.MAINLOOP_MIRROR ?? INSIDE.mirror,
  });
}
