import { Controller, Inject } from '@nestjs/common';
import type { Given } from '@mainloop/models/contracts/routes';
import { askCycle, readCycle } from '@mainloop/models/db/cycle/cycles';
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import { DB } from '../tokens.ts';
import { Route } from './route.ts';

@Controller()
export class CycleController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('getCycle')
  read(): Promise<Given<'getCycle'>> {
    return readCycle(this.db, OWNER, new Date());
  }

  @Route('askCycle')
  async ask(): Promise<Given<'askCycle'>> {
    await askCycle(this.db, OWNER);
    return { ok: true };
  }
}
