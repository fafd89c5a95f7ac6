import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import {
  listAutomations,
  pauseAutomation,
  removeAutomation,
  saveAutomation,
  tryAutomation,
  whyAutomation,
} from '@mainloop/models/db/automations/automations';
import { approveRuleFile, listRuleFiles } from '@mainloop/models/db/automations/repository';
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import { DB } from '../tokens.ts';
import { granted } from './refuse.ts';
import { Route, Sent } from './route.ts';

@Controller()
export class AutomationsController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('listAutomations')
  list(): Promise<Given<'listAutomations'>> {
    return listAutomations(this.db, OWNER);
  }

  @Route('saveAutomation')
  async save(@Sent('saveAutomation') { text }: Taken<'saveAutomation'>): Promise<Given<'saveAutomation'>> {
    const { id, sentence } = granted(await saveAutomation(this.db, OWNER, text));
    return { id, sentence };
  }

  @Route('listAutomationFiles')
  files(): Promise<Given<'listAutomationFiles'>> {
    return listRuleFiles(this.db, OWNER);
  }

  @Route('approveAutomation')
  async approve(
    @Sent('approveAutomation') { digest }: Taken<'approveAutomation'>,
  ): Promise<Given<'approveAutomation'>> {
    const { id, sentence } = granted(await approveRuleFile(this.db, OWNER, digest));
    return { id, sentence };
  }

  @Route('tryAutomation')
  async dryRun(@Sent('tryAutomation') body: Taken<'tryAutomation'>): Promise<Given<'tryAutomation'>> {
    const { ok: _, ...came } = granted(await tryAutomation(this.db, OWNER, body));
    return came;
  }

  @Route('whyAutomation')
  async why(
    @Param('id') id: string,
    @Sent('whyAutomation') { seq }: Taken<'whyAutomation'>,
  ): Promise<Given<'whyAutomation'>> {
    const { ok: _, ...why } = granted(await whyAutomation(this.db, OWNER, { id, seq }));
    return why;
  }

  @Route('pauseAutomation')
  async pause(
    @Param('id') id: string,
    @Sent('pauseAutomation') { paused }: Taken<'pauseAutomation'>,
  ): Promise<Given<'pauseAutomation'>> {
    granted(await pauseAutomation(this.db, OWNER, id, paused));
    return { ok: true };
  }

  @Route('removeAutomation')
  async remove(@Param('id') id: string): Promise<Given<'removeAutomation'>> {
    granted(await removeAutomation(this.db, OWNER, id));
    return { ok: true };
  }
}
