// A port for a server of a test.
import { randomInt } from 'node:crypto';
import net from 'node:net';

/**
 * Below what the kernel gives to connections by itself (ip_local_port_range): a port from there may be taken
 * before its server listens.
 */
const PORTS = { from: 10_000, to: 32_000 } as const;

/** @returns a port that was free a moment ago, and that nobody is given by chance */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const free = await new Promise<boolean>((resolve) => {
      const server = net.createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
