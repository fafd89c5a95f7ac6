// The registry of a sandbox, as its package clients see it: a port of their own machine that needs no
// sign-in. What they ask goes on to the gateway with the token that the sandbox has anyway. A CI job starts
// this file by itself, so it uses nothing but Node.
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PackageRelay {
  readonly gateway: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly token: string;
  /** 0: whatever is free. */
  readonly port: number;
}

/** What a client says of itself and of what it wants. Nothing else is passed on. */
const PASSED_ON: ReadonlySet<string> = new Set(['accept', 'user-agent', 'if-none-match', 'range']);

/** @returns the port it listens on, and how it ends */
export function relayPackages(options: PackageRelay): Promise<{ readonly port: number; close(): void }> {
  const agent = new http.Agent({ keepAlive: true });
  const gateway = 'path' in options.gateway ? { socketPath: options.gateway.path } : options.gateway;
  const carry = (req: IncomingMessage, res: ServerResponse): void => {
    const passedOn = Object.fromEntries(Object.entries(req.headers).filter(([name]) => PASSED_ON.has(name)));
    const headers = {
      ...passedOn,
      authorization: `Bearer ${options.token}`,
      host: `127.0.0.1:${req.socket.localPort}`,
    };
    const on = http.request(
      { ...gateway, agent, method: req.method, path: `/registry${req.url}`, headers },
      (answer) => {
        res.writeHead(answer.statusCode!, answer.statusMessage, answer.headers);
        answer.on('error', () => res.destroy());
        answer.pipe(res);
      },
    );
    on.on('error', () => {
      if (res.headersSent) return void res.destroy();
      res.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
      res.end(JSON.stringify({ error: 'mainloop is not ready, try again.' }));
    });
    res.on('error', () => undefined);
    res.on('close', () => on.destroy());
    req.resume();
    on.end();
  };
  const server = http.createServer(carry);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close() {
          server.close();
          server.closeAllConnections();
          agent.destroy();
        },
      }),
    );
  });
}
