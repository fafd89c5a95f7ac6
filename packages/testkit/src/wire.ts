// A wire between a browser and a server that can be cut: the network of a phone in a tunnel.
import net from 'node:net';

export interface Wire {
  readonly port: number;
  cut(): Promise<void>;
  restore(): Promise<void>;
}

export async function openWire(to: number): Promise<Wire> {
  const open = new Set<net.Socket>();
  const make = (): net.Server =>
    net.createServer((a) => {
      const b = net.connect(to, '127.0.0.1');
      for (const [x, y] of [
        [a, b],
        [b, a],
      ] as const) {
        open.add(x);
        x.on('error', () => y.destroy());
        x.on('close', () => {
          open.delete(x);
          y.destroy();
        });
        x.pipe(y);
      }
    });
  let server = make();
  const listen = (port: number): Promise<void> =>
    new Promise((r) => server.listen(port, '127.0.0.1', () => r()));
  await listen(0);
  const { port } = server.address() as { port: number };
  return {
    port,
    async cut() {
      const closed = new Promise<void>((r) => server.close(() => r()));
      for (const socket of open) socket.destroy();
      await closed;
    },
    async restore() {
      server = make();
      await listen(port);
    },
  };
}
