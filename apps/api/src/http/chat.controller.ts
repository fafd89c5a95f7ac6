import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ConfirmProposal, SendMessage } from '@mainloop/models/contracts/http';
import { refsOf } from '@mainloop/models/db/attachments';
import { listMessages, type MessageRow } from '@mainloop/models/db/conversation';
import type { Db } from '@mainloop/models/db/pool';
import { confirm, decline, listOpenProposals, type ProposalSummary } from '@mainloop/models/db/proposals';
import { OWNER } from '@mainloop/models/flow/ids';
import { say, type Turns } from '../chat/turns.ts';
import { DB } from '../tokens.ts';
import { granted, refuse } from './refuse.ts';

export const TURNS = Symbol('turns');

@ApiTags('chat')
@Controller('api')
export class ChatController {
  private readonly db: Db;
  private readonly turns: Turns;
  constructor(@Inject(DB) db: Db, @Inject(TURNS) turns: Turns) {
    this.db = db;
    this.turns = turns;
  }

  @Post('chat')
  @HttpCode(202)
  @ApiOperation({ summary: 'Say something. The reply streams as deltas and ends as a message.' })
  async send(@Body({ schema: SendMessage }) body: SendMessage): Promise<{ messageId: string; turnId: string }> {
    const r = await say(this.db, OWNER, body.text, { clientId: body.clientId, attachments: await refsOf(this.db, OWNER, body.attachments) });
    this.turns.wake();
    return r;
  }

  @Get('chat/messages')
  @ApiOperation({ summary: 'The thread, newest 200, oldest first' })
  messages(): Promise<MessageRow[]> {
    return listMessages(this.db, OWNER);
  }

  @Get('proposals')
  @ApiOperation({ summary: 'Proposals that wait for a yes or no' })
  proposals(): Promise<ProposalSummary[]> {
    return listOpenProposals(this.db, OWNER);
  }

  @Post('proposals/:id/confirm')
  @HttpCode(200)
  @ApiOperation({ summary: 'Start the proposed task. The digest is what the card showed; a double tap makes one task.' })
  async confirm(@Param('id') id: string, @Body({ schema: ConfirmProposal }) body: ConfirmProposal): Promise<{ taskId: string }> {
    return { taskId: granted(await confirm(this.db, OWNER, id, body, 'you')).taskId };
  }

  @Post('proposals/:id/decline')
  @HttpCode(200)
  @ApiOperation({ summary: 'Not now' })
  async decline(@Param('id') id: string): Promise<{ ok: true }> {
    if ((await decline(this.db, OWNER, id, 'you')) === 'not_open') throw refuse('proposal_closed');
    return { ok: true };
  }
}
