// `/mcp`: MCP over HTTP (Streamable HTTP), behind the same listener and sign-in as everything else. It asks the api's
// own routes, with the token that came with the request, so it can do nothing that they would refuse.
import { gathering, type Happened } from '@mainloop/mcp/changes';
import { mcpServer } from '@mainloop/mcp/server';
import { callOver, fetchOptions, type Call } from '@mainloop/models/contracts/client';
import { atMost } from '@mainloop/network/at-most';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Request as Asked, Response as Answering } from 'express';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** A thousand programs that come at once would take every connection to the database, the page's too. */
const ASKED_AT_ONCE = 12;
const inTurn = atMost(ASKED_AT_ONCE);

/** @param port of this api, on this machine @param authorization as it came, or null */
function callOf(port: number, authorization: string | null): Call {
  const who: Record<string, string> = authorization === null ? {} : { authorization };
  return callOver(
    (request) => inTurn(() => fetch(`http://127.0.0.1:${port}${request.path}`, fetchOptions(request, who))),
    (sentence) => new Error(sentence),
  );
}

/**
 * Answers requests of the protocol, whose bodies were read before.
 * @param port of this api, once it listens
 * @param address of the page
 * @param join how everything that happens is heard of
 */
export function serveMcp(
  port: () => number,
  address: string,
  join: (take: (event: Happened) => void) => Promise<unknown>,
): (req: Asked, res: Answering) => Promise<void> {
  const handler = createMcpHandler(({ era, requestInfo }) =>
    mcpServer({
      call: callOf(port(), requestInfo?.headers.get('authorization') ?? null),
      address,
      // An older client has no connection here that anything could be said on.
      ...(era === 'modern' ? { changes: 'elsewhere' } : {}),
    }),
  );
  const gathered = gathering(({ uris, isListed }) => {
    for (const uri of uris) handler.notify.resourceUpdated(uri);
    if (isListed) handler.notify.resourcesChanged();
  });
  const joined = join(gathered.take);
  return async (req, res) => {
    await joined;
    const headers = new Headers(
      Object.entries(req.headersDistinct).flatMap(([name, values]) =>
        (values ?? []).map((value): [string, string] => [name, value]),
      ),
    );
    const leaving = new AbortController();
    res.once('close', () => leaving.abort());
    const parsedBody: unknown = req.body;
    const answer = await handler.fetch(
      new Request(`http://${req.headers.host ?? 'localhost'}${req.originalUrl}`, {
        method: req.method,
        headers,
        signal: leaving.signal,
      }),
      parsedBody === undefined ? {} : { parsedBody },
    );
    res.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body === null) res.end();
    else
      await pipeline(Readable.fromWeb(answer.body as ReadableStream), res).catch(() => {
        // Whoever asked has left.
      });
  };
}
