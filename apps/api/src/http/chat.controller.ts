import { Controller, Inject, Param } from '@nestjs/common';
import type { AskedOf, Given, Taken } from '@mainloop/models/contracts/routes';
import { refsOf } from '@mainloop/models/db/conversation/attachments';
import { searchTasks } from '@mainloop/models/db/conversation/search';
import { listMessages } from '@mainloop/models/db/conversation/thread';
import { callSkill, listSkills, removeSkill, saveSkill } from '@mainloop/models/db/conversation/skills';
import { freshId } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { confirm, decline, listOpenProposals, proposeWish } from '@mainloop/models/db/conversation/proposals';
import { OWNER } from '@mainloop/models/flow/ids';
import { dayAfter, excerptOf, wordsIn } from '@mainloop/models/flow/conversation/search';
import type { Finder } from '../chat/finder.ts';
import { say, stopSpeaking, type Turns } from '../chat/turns.ts';
import { DB, FINDER } from '../tokens.ts';
import { granted, refuse } from './refuse.ts';
import { Asked, Route, Sent } from './route.ts';

export const TURNS = Symbol('turns');

/** How many of each kind a search finds. */
const FOUND = 12;
const EXCERPT_CHARS = 160;

@Controller()
export class ChatController {
  private readonly db: Db;
  private readonly turns: Turns;
  private readonly finder: Finder;
  constructor(@Inject(DB) db: Db, @Inject(TURNS) turns: Turns, @Inject(FINDER) finder: Finder) {
    this.db = db;
    this.turns = turns;
    this.finder = finder;
  }

  @Route('sendMessage')
  async send(@Sent('sendMessage') body: Taken<'sendMessage'>): Promise<Given<'sendMessage'>> {
    const result = await say(this.db, OWNER, body.text, {
      clientId: body.clientId,
      attachments: await refsOf(this.db, OWNER, body.attachments),
    });
    this.turns.wake();
    return result;
  }

  @Route('stopReply')
  async stop(): Promise<Given<'stopReply'>> {
    await stopSpeaking(this.db, OWNER);
    return { ok: true };
  }

  @Route('listMessages')
  messages(@Asked('listMessages') { before }: AskedOf<'listMessages'>): Promise<Given<'listMessages'>> {
    return listMessages(this.db, OWNER, before);
  }

  @Route('search')
  async search(@Asked('search') { q, from, to }: AskedOf<'search'>): Promise<Given<'search'>> {
    const words = wordsIn(q);
    if (words.length === 0) return { messages: [], tasks: [] };
    const time = {
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : dayAfter(to),
    };
    const [messages, tasks] = await Promise.all([
      this.finder.find(OWNER, { asked: q, words, ...time, limit: FOUND }),
      searchTasks(this.db, OWNER, words, FOUND),
    ]);
    return {
      messages: messages.map(({ id, role, seq, at, text }) => {
        const { text: excerpt, marks } = excerptOf(text, words, EXCERPT_CHARS);
        return { id, role, seq, at, excerpt, marks: marks.map(([a, b]) => [a, b] as [number, number]) };
      }),
      tasks: tasks.map(({ repo, ...t }) => ({ ...t, project: repo })),
    };
  }

  @Route('listSkills')
  skills(): Promise<Given<'listSkills'>> {
    return listSkills(this.db, OWNER);
  }

  @Route('saveSkill')
  async saveSkill(@Sent('saveSkill') body: Taken<'saveSkill'>): Promise<Given<'saveSkill'>> {
    return { id: granted(await saveSkill(this.db, OWNER, body)).id };
  }

  @Route('removeSkill')
  async removeSkill(@Param('name') name: string): Promise<Given<'removeSkill'>> {
    granted(await removeSkill(this.db, OWNER, name));
    return { ok: true };
  }

  @Route('runSkill')
  async runSkill(
    @Param('name') name: string,
    @Sent('runSkill') { given, projectId }: Taken<'runSkill'>,
  ): Promise<Given<'runSkill'>> {
    const call = { ownerId: OWNER, name, given, projectId, key: `skill/${freshId()}`, turnId: null };
    return { proposalId: granted(await withTx(this.db, (tx) => callSkill(tx, call))).proposalId };
  }

  @Route('listProposals')
  proposals(): Promise<Given<'listProposals'>> {
    return listOpenProposals(this.db, OWNER);
  }

  @Route('proposeTask')
  async propose(@Sent('proposeTask') body: Taken<'proposeTask'>): Promise<Given<'proposeTask'>> {
    const { requestId, ...wish } = body;
    const key = `wish/${requestId ?? freshId()}`;
    return {
      proposalId: granted(await withTx(this.db, (tx) => proposeWish(tx, OWNER, key, wish))).proposalId,
    };
  }

  @Route('confirmProposal')
  async confirm(
    @Param('id') id: string,
    @Sent('confirmProposal') body: Taken<'confirmProposal'>,
  ): Promise<Given<'confirmProposal'>> {
    return { taskId: granted(await confirm(this.db, OWNER, id, body, 'you')).taskId };
  }

  @Route('declineProposal')
  async decline(@Param('id') id: string): Promise<Given<'declineProposal'>> {
    if ((await decline(this.db, OWNER, id, 'you')) === 'not_open') throw refuse('proposal_closed');
    return { ok: true };
  }
}
