// Loaded by `mainloop mcp` alone: no other verb waits for the protocol's code.
import { gathering, type Changed } from '@mainloop/mcp/changes';
import { mcpServer } from '@mainloop/mcp/server';
import { strict } from '@mainloop/mcp/wire';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Api } from './client.ts';

/**
 * Serves until the client closes its end.
 * @param address of the page
 * @param warn writes beside the protocol, which has stdout
 * @throws Refused when no mainloop answers, or another one does
 */
export async function serveMcp(api: Api, address: string, warn: (text: string) => void): Promise<void> {
  await api.call('countWaiting');
  const leaving = new AbortController();
  /** The connection's own, one at a time; what it is told is what its client subscribed to. */
  let tell: (changed: Changed) => void = () => undefined;
  const gathered = gathering((changed) => tell(changed));
  const changes = (take: (changed: Changed) => void): (() => void) => {
    tell = take;
    return () => {
      if (tell === take) tell = () => undefined;
    };
  };
  const watching = api
    .stream({
      after: 'now',
      signal: leaving.signal,
      onEvent: (event) => gathered.take(event),
      onBreak: () => undefined,
    })
    .catch((error: Error) => warn(`What changes is not told: ${error.message}`));
  const served = serveStdio(() => mcpServer({ call: api.call, address, changes }), {
    transport: strict(new StdioServerTransport()),
    onerror: (error) => warn(error.message),
  });
  await new Promise<void>((resolve) => process.stdin.once('end', resolve).once('close', resolve));
  leaving.abort();
  gathered.stop();
  await watching;
  await served.close();
}
