import { Controller, Inject, Param, Res } from '@nestjs/common';
import type { AskedOf, Given, Taken } from '@mainloop/models/contracts/routes';
import { editSummary } from '@mainloop/models/db/memory/edit';
import { exportLines } from '@mainloop/models/db/memory/export';
import { forget } from '@mainloop/models/db/memory/forget';
import { findMemory } from '@mainloop/models/db/memory/view';
import { editPin, pin, unpin } from '@mainloop/models/db/memory/pins';
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Response } from 'express';
import { DB } from '../tokens.ts';
import { refuse } from './refuse.ts';
import { Asked, Route, Sent } from './route.ts';

@Controller()
export class MemoryController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('getMemory')
  memory(@Asked('getMemory') { month }: AskedOf<'getMemory'>): Promise<Given<'getMemory'>> {
    return findMemory(this.db, OWNER, month ?? null);
  }

  @Route('pin')
  async pin(@Sent('pin') body: Taken<'pin'>): Promise<Given<'pin'>> {
    return { id: await pin(this.db, OWNER, body.text, { key: null, messageId: null, actor: 'you' }) };
  }

  @Route('editPin')
  async edit(@Param('id') id: string, @Sent('editPin') body: Taken<'editPin'>): Promise<Given<'editPin'>> {
    if (!(await editPin(this.db, OWNER, id, body.text))) throw refuse('no_pin');
    return { ok: true };
  }

  @Route('unpin')
  async unpin(@Param('id') id: string): Promise<Given<'unpin'>> {
    if (!(await unpin(this.db, OWNER, id))) throw refuse('no_pin');
    return { ok: true };
  }

  @Route('editSummary')
  async editSummary(
    @Param('id') id: string,
    @Sent('editSummary') body: Taken<'editSummary'>,
  ): Promise<Given<'editSummary'>> {
    if (!(await editSummary(this.db, OWNER, id, body.text))) throw refuse('no_summary');
    return { ok: true };
  }

  @Route('forget')
  async forget(@Sent('forget') body: Taken<'forget'>): Promise<Given<'forget'>> {
    if ('everything' in body) return { messages: await forget(this.db, OWNER, 'everything') };
    if ('messageIds' in body) return { messages: await forget(this.db, OWNER, { ids: body.messageIds }) };
    const time = { from: new Date(body.from), to: new Date(body.to) };
    return { messages: await forget(this.db, OWNER, time) };
  }

  @Route('exportMemory')
  async export(@Res() res: Response): Promise<void> {
    res.set({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="mainloop-memory.jsonl"',
      'cache-control': 'no-store',
    });
    for await (const line of exportLines(this.db, OWNER)) {
      if (res.closed) return;
      res.write(`${JSON.stringify(line)}\n`);
    }
    res.end();
  }
}
