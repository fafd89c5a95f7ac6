import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import { refsOf } from '@mainloop/models/db/conversation/attachments';
import { listMessages } from '@mainloop/models/db/conversation/thread';
import type { Db } from '@mainloop/models/db/pool';
import { confirm, decline, listOpenProposals } from '@mainloop/models/db/conversation/proposals';
import { OWNER } from '@mainloop/models/flow/ids';
import { say, stopSpeaking, type Turns } from '../chat/turns.ts';
import { DB } from '../tokens.ts';
import { granted, refuse } from './refuse.ts';
import { Route, Sent } from './route.ts';

export const TURNS = Symbol('turns');

@Controller()
export class ChatController {
  private readonly db: Db;
  private readonly turns: Turns;
  constructor(@Inject(DB) db: Db, @Inject(TURNS) turns: Turns) {
    this.db = db;
    this.turns = turns;
  }

  @Route('sendMessage')
  async send(@Sent('sendMessage') body: Taken<'sendMessage'>): Promise<Given<'sendMessage'>> {
    const r = await say(this.db, OWNER, body.text, { clientId: body.clientId, attachments: await refsOf(this.db, OWNER, body.attachments) });
    this.turns.wake();
    return r;
  }

  @Route('stopReply')
  async stop(): Promise<Given<'stopReply'>> {
    await stopSpeaking(this.db, OWNER);
    return { ok: true };
  }

  @Route('listMessages')
  messages(): Promise<Given<'listMessages'>> {
    return listMessages(this.db, OWNER);
  }

  @Route('listProposals')
  proposals(): Promise<Given<'listProposals'>> {
    return listOpenProposals(this.db, OWNER);
  }

  @Route('confirmProposal')
  async confirm(@Param('id') id: string, @Sent('confirmProposal') body: Taken<'confirmProposal'>): Promise<Given<'confirmProposal'>> {
    return { taskId: granted(await confirm(this.db, OWNER, id, body, 'you')).taskId };
  }

  @Route('declineProposal')
  async decline(@Param('id') id: string): Promise<Given<'declineProposal'>> {
    if ((await decline(this.db, OWNER, id, 'you')) === 'not_open') throw refuse('proposal_closed');
    return { ok: true };
  }
}
