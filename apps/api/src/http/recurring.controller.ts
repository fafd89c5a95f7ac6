import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import type { Db } from '@mainloop/models/db/pool';
import {
  listRecurring,
  pauseRecurring,
  removeRecurring,
  saveRecurring,
  seeRecurring,
} from '@mainloop/models/db/recurring/recurring';
import { OWNER } from '@mainloop/models/flow/ids';
import { DB } from '../tokens.ts';
import { granted } from './refuse.ts';
import { Route, Sent } from './route.ts';

@Controller()
export class RecurringController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('listRecurring')
  list(): Promise<Given<'listRecurring'>> {
    return listRecurring(this.db, OWNER, new Date());
  }

  @Route('saveRecurring')
  async save(@Sent('saveRecurring') body: Taken<'saveRecurring'>): Promise<Given<'saveRecurring'>> {
    const { id, next } = granted(await saveRecurring(this.db, OWNER, body));
    return { id, next };
  }

  @Route('pauseRecurring')
  async pause(
    @Param('id') id: string,
    @Sent('pauseRecurring') { paused }: Taken<'pauseRecurring'>,
  ): Promise<Given<'pauseRecurring'>> {
    granted(await pauseRecurring(this.db, OWNER, id, paused));
    return { ok: true };
  }

  @Route('seeRecurring')
  async seen(@Param('id') id: string): Promise<Given<'seeRecurring'>> {
    granted(await seeRecurring(this.db, OWNER, id));
    return { ok: true };
  }

  @Route('removeRecurring')
  async remove(@Param('id') id: string): Promise<Given<'removeRecurring'>> {
    granted(await removeRecurring(this.db, OWNER, id));
    return { ok: true };
  }
}
