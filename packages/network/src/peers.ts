// Which user of this machine is at the other end of a connection, asked of the kernel once for each connection.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import os from 'node:os';
import {
  admitPeer,
  readLocalUsers,
  uidOfConnection,
  type Endpoint,
  type LocalUsers,
  type Peer,
  type PeerAdmission,
} from '@mainloop/models/flow/machine/peers';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;
/** The kernel prints a table in pieces, and a socket can slip between two of them while others come and go. */
const LOOKS = 2;

/**
 * Whom this process lets in on loopback: itself, root, and whom MAINLOOP_LOCAL_USERS names.
 * @throws Error with one sentence
 */
export function localUsers(setting: string | undefined): LocalUsers {
  return readLocalUsers(setting ?? '', uidOf, [0, process.getuid?.() ?? 0]);
}

function uidOf(name: string): number | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((l) => l.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

/**
 * Whether this machine tells at all.
 * @returns false where there is no table with local addresses
 */
export function tellsUsers(): boolean {
  try {
    return readFileSync(TABLES[0], 'latin1').includes('local_address');
  } catch {
    // No such table on this machine.
    return false;
  }
}

/** A reading that began after it was asked for. All who ask while another one is on its way share the next one. */
function sharedReading(file: string): () => Promise<string> {
  let now: Promise<string> | null = null;
  let next: Promise<string> | null = null;
  const read = (): Promise<string> => {
    now = readFile(file, 'latin1').finally(() => {
      now = null;
    });
    return now;
  };
  return () => {
    if (now === null) return read();
    next ??= now
      .then(
        () => undefined,
        // Who asked has the error; this only waits for the end.
        () => undefined,
      )
      .then(() => {
        next = null;
        return read();
      });
    return next;
  };
}
const readings = TABLES.map(sharedReading);

/** @returns the user at the other end of a connection that we accepted */
export async function peerOf(socket: Socket): Promise<Peer> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return { kind: 'unknown' };
  const [from, to]: Endpoint[] = [
    { address: remoteAddress, port: remotePort },
    { address: localAddress, port: localPort },
  ];
  let tables = 0;
  for (let look = 0; look < LOOKS; look++) {
    for (const read of readings) {
      // No table, no answer: whoever is in none is refused below.
      const table = await read().catch(() => null);
      if (table === null) continue;
      tables++;
      const uid = uidOfConnection(table, from!, to!, os.endianness() === 'LE');
      if (uid !== null) return { kind: 'user', uid };
    }
  }
  return { kind: tables === 0 ? 'unreadable' : 'unknown' };
}

/** Whether whoever connected may talk to us. */
const admitConnection = async (socket: Socket, users: LocalUsers): Promise<PeerAdmission> =>
  users === 'any' ? { ok: true } : admitPeer(await peerOf(socket), users);

/**
 * Holds every connection of a server back until it is known whose it is. Another user's is refused before a
 * byte of it is read.
 * @param refuse tells it why and closes it
 */
export function keepOthersOut(
  server: Server,
  users: LocalUsers,
  refuse: (socket: Socket, sentence: string) => void,
): void {
  if (users === 'any') return;
  const inside = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // Whoever is gone meanwhile is nobody's business.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    void admitConnection(socket, users).then((admission) => {
      if (socket.destroyed) return;
      if (!admission.ok) return refuse(socket, admission.sentence);
      socket.off('error', ignore);
      for (const listener of inside) listener.call(server, socket);
    });
  });
}
