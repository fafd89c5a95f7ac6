import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { AskedOf } from '@mainloop/models/contracts/routes';
import type { Request, Response } from 'express';
import { Asked, Route } from '../http/route.ts';
import { HUB } from '../tokens.ts';
import type { Hub } from './hub.ts';

const LIFE_MS = 5 * 60_000;
const HEARTBEAT_MS = 15_000;

@Controller()
export class StreamController {
  private readonly hub: Hub;
  constructor(@Inject(HUB) hub: Hub) {
    this.hub = hub;
  }

  /**
   * Events as they happen. Resumes after `Last-Event-ID` (or `?after=`, `now` for what is still to come) on any replica; a connection lives
   * five minutes at most.
   */
  @Route('stream')
  async stream(
    @Req() req: Request,
    @Res() res: Response,
    @Asked('stream') { after }: AskedOf<'stream'>,
  ): Promise<void> {
    const asked = req.headers['last-event-id'] ?? (after === 'now' ? this.hub.at : Number(after ?? 0));
    const from = Number.isSafeInteger(Number(asked)) ? Math.max(0, Number(asked)) : 0;
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    // Its place at once: whoever is cut off before the first event misses none.
    res.write(`retry: 500\nid: ${from}\n\n`);
    let leave: (() => void) | null = null;
    let closed = false;
    const end = (): void => {
      closed = true;
      leave?.();
      clearInterval(beat);
      clearTimeout(life);
      res.end();
    };
    const beat = setInterval(() => res.write(': still here\n\n'), HEARTBEAT_MS);
    const life = setTimeout(end, LIFE_MS);
    res.on('close', end);
    leave = await this.hub.join(from, (item) => {
      // A reader that does not read is dropped; it resumes where it was.
      if (res.writableLength > 4 * 1024 * 1024) return end();
      res.write(
        `${item.seq === undefined ? '' : `id: ${item.seq}\n`}event: ${item.kind}\ndata: ${JSON.stringify(item.data)}\n\n`,
      );
    });
    if (closed) leave();
  }
}
