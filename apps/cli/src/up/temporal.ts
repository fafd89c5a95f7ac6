// How the embedded Temporal is started: where this machine lets us, in a network of its own with one way in
// (temporal-proxy.mjs).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** The proxy's socket, below the folder for sockets. */
export const TEMPORAL_SOCKET = 'temporal/grpc.sock';

/** Everything is as outside, but the network: nothing in there reaches out, and nobody outside reaches in. */
const AROUND = [
  '--dev-bind',
  '/',
  '/',
  '--proc',
  '/proc',
  '--unshare-net',
  '--unshare-pid',
  '--as-pid-1',
  '--die-with-parent',
] as const;
/** Root has the right to make namespaces, or, in a container, has what everybody has. */
const WAYS = [AROUND, ['--unshare-user', ...AROUND]] as const;

/** @returns the arguments with which bubblewrap makes a network here, or null where the machine refuses */
export function ownNetwork(
  bwrap: string,
  run: (args: readonly string[]) => boolean = (args) => works(bwrap, args),
): readonly string[] | null {
  return WAYS.find((way) => run([...way, '--', '/bin/true'])) ?? null;
}
const works = (bwrap: string, args: readonly string[]): boolean =>
  spawnSync(bwrap, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;

export interface TemporalPlace {
  readonly program: string;
  readonly database: string;
  readonly port: number;
  readonly bwrap: string;
  /** What `ownNetwork` found. */
  readonly network: readonly string[] | null;
  readonly socket: string;
  readonly node: string;
}

/** @returns what to run, and where it is to be reached: host:port, or unix:/path */
export function temporalCommand(place: TemporalPlace): { command: [string, ...string[]]; address: string } {
  // Headless: its page asks nobody who they are, and obeyed other sites.
  const words = `server start-dev --ip 127.0.0.1 --port ${place.port} --headless --log-level error`;
  const server: [string, ...string[]] = [place.program, ...words.split(' '), '--db-filename', place.database];
  if (place.network === null) return { command: server, address: `127.0.0.1:${place.port}` };
  const proxy = [
    place.node,
    path.join(import.meta.dirname, 'temporal-proxy.mjs'),
    place.socket,
    String(place.port),
  ];
  return {
    command: [place.bwrap, ...place.network, '--', ...proxy, ...server],
    address: `unix:${place.socket}`,
  };
}

export const OPEN_PORT =
  "this machine refuses a network namespace, so Temporal's port on loopback is open to every account of it: whoever connects can run code as you. " +
  'Allow user namespaces (docs/security.md), or share this machine with nobody';
