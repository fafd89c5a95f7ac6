// A way from TCP to a socket in a closed folder, for a client that can't open such a socket itself
// (Temporal's core). The port lies on loopback, is the kernel's choice, and carries nobody but ourselves and
// root.
import net, { type AddressInfo } from 'node:net';
import { keepOthersOut, localUsers, tellsUsers } from './peers.ts';
import { join } from './pipes.ts';

export interface Bridge {
  /** host:port, as a client of TCP wants it. */
  readonly address: string;
  close(): void;
}

/**
 * Opens a way to a server. One that has a port of its own needs none.
 * @param address host:port, or unix:/path
 * @param setting MAINLOOP_LOCAL_USERS; counts only on a machine that does not say whose a connection is
 */
export async function bridgeTo(address: string, setting?: string): Promise<Bridge> {
  if (!address.startsWith('unix:')) return { address, close: () => undefined };
  const path = address.slice('unix:'.length);
  const open = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    join(client, net.connect(path));
  });
  keepOthersOut(server, localUsers(tellsUsers() ? '' : setting), (socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      for (const client of open) client.destroy();
    },
  };
}
