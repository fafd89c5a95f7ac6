// Loaded by `mainloop mcp` alone: no other verb waits for the protocol's code.
import { mcpServer } from '@mainloop/mcp/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Api } from './client.ts';

/**
 * Serves until the client closes its end.
 * @param address of the page
 * @param warn writes beside the protocol, which has stdout
 * @throws Refused when no mainloop answers, or another one does
 */
export async function serveMcp(api: Api, address: string, warn: (text: string) => void): Promise<void> {
  await api.call('countWaiting');
  const served = serveStdio(() => mcpServer({ call: api.call, address }), {
    onerror: (error) => warn(error.message),
  });
  await new Promise<void>((resolve) => process.stdin.once('end', resolve).once('close', resolve));
  await served.close();
}
