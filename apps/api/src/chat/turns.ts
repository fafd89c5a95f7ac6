// A chat turn is leased. Its text is kept as it grows; whoever finds an expired lease takes over and says it
// anew. An owner's turns are spoken one after the other, in the order in which their messages were said.
import { randomUUID } from 'node:crypto';
import { ModelError, type ChatImage, type Model } from '@mainloop/adapters/model/port';
import { withIds } from '@mainloop/logs/log';
import { readAttachment } from '@mainloop/models/db/conversation/attachments';
import {
  claimTurn,
  endTurn,
  findSpeaker,
  insertTurn,
  notifyDelta,
  updateDraft,
  updateTurnDone,
  type Turn,
} from '@mainloop/models/db/conversation/thread';
import { callSkill } from '@mainloop/models/db/conversation/skills';
import { actingAs } from '@mainloop/models/db/acting';
import { append, freshId } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { YOU } from '@mainloop/models/flow/actors';
import type { AttachmentRef } from '@mainloop/models/flow/events';
import { withTaskLinks, type NamedTask } from '@mainloop/models/flow/conversation/task-links';
import { cleanText, spellOutSoFar } from '@mainloop/models/flow/text';
import { readCall } from '@mainloop/models/flow/conversation/skills';
import { SYSTEM, threadFor } from './context.ts';
import { promptOf } from './prompt.ts';
import type { Finder } from './finder.ts';
import { runTool, TOOLS } from './tools.ts';

const LEASE_MS = 6_000;
const KEEP_MS = 100;
/** Postgres passes on 8,000 bytes at a time. */
const MAX_DELTA_CHARS = 2_500;
const MAX_ROUNDS = 8;
const MAX_ATTEMPTS = 3;
const WENT_WRONG = '_Something went wrong on this side while answering. Say it again, please._';

/**
 * Keeps a message and the turn that answers it.
 * @param text as the user typed it
 * @returns the ids of both; the same `clientId` again is the same message
 */
export async function say(
  db: Db,
  ownerId: string,
  text: string,
  { clientId, attachments = [] }: { clientId?: string | undefined; attachments?: AttachmentRef[] } = {},
): Promise<{ messageId: string; turnId: string }> {
  const messageId = clientId ? `m-${clientId}` : `m-${freshId()}`;
  const turnId = `turn-${messageId}`;
  await withTx(db, async (tx) => {
    const fresh = await append(
      tx,
      [
        messageSaid.byPerson({
          actor: 'you',
          payload: {
            id: messageId,
            role: 'user',
            text: cleanText(text, 200_000),
            turnId,
            ...(attachments.length > 0 ? { attachments } : {}),
          },
        }),
      ],
      ownerId,
    );
    for (const said of fresh) await insertTurn(tx, ownerId, turnId, said.seq);
  });
  return { messageId, turnId };
}

/**
 * Ends what is being said, where it is. Whoever speaks it finds that it is theirs no more, and stops asking
 * the model. What was said meanwhile is answered after it.
 * @param ownerId whose turn; where none is being said nothing happens
 */
export async function stopSpeaking(db: Db, ownerId: string): Promise<void> {
  await withTx(db, async (tx) => {
    const turn = await endTurn(tx, ownerId);
    if (turn === null) return;
    const text = cleanText(`${turn.draft}\n\n_Stopped._`.trim(), 100_000);
    await append(
      tx,
      [
        messageSaid.reply({
          actor: 'mainloop',
          payload: { id: `m-${turn.id}`, role: 'assistant', text, turnId: turn.id },
        }),
      ],
      ownerId,
    );
  });
}

export class Turns {
  private readonly me = randomUUID();
  private readonly running = new Set<Promise<void>>();
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private readonly db: Db;
  private readonly model: Model;
  private readonly finder: Finder;
  private readonly complain: (err: unknown) => void;
  /** @param complain takes what went wrong and is tried again, for the log */
  constructor(db: Db, model: Model, finder: Finder, complain: (err: unknown) => void) {
    this.db = db;
    this.model = model;
    this.finder = finder;
    this.complain = complain;
  }

  start(): void {
    this.timer = setInterval(() => this.wake(), 1_000);
    this.wake();
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.abort.abort();
    await Promise.allSettled(this.running);
  }

  /** Takes turns that nobody holds. Called after every message and by a timer. */
  wake(): void {
    const work = claimTurn(this.db, this.me, LEASE_MS)
      .then(async (turn) => {
        if (!turn) return;
        this.wake();
        const speaker = (await findSpeaker(this.db, turn.seq)) ?? YOU;
        await withIds({ ownerId: turn.ownerId, turnId: turn.id }, () =>
          actingAs(speaker, () => this.speak(turn, speaker)),
        );
        // The next message of this owner may have waited for this answer.
        this.wake();
      })
      .catch((err: unknown) => this.complain(err));
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  /** @param speaker who said the message that it answers */
  private async speak(turn: Turn, speaker: string): Promise<void> {
    // Whoever spoke it before died of it each time. What was said after it has waited long enough.
    if (turn.attempts > MAX_ATTEMPTS) return this.finish(turn, WENT_WRONG);
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, this.abort.signal]);
    let text = '';
    let kept = 0;
    const keep = async (): Promise<void> => {
      const shown = spellOutSoFar(text);
      const delta = shown.slice(kept, kept + MAX_DELTA_CHARS);
      const from = kept;
      kept += delta.length;
      const isMine = await updateDraft(this.db, { id: turn.id, by: this.me, text: shown, leaseMs: LEASE_MS });
      if (!isMine) cut.abort();
      else if (delta !== '') await notifyDelta(this.db, { turnId: turn.id, from, text: delta });
    };
    let keeping = Promise.resolve();
    const timer = setInterval(() => {
      // When it goes on like this the lease ends, and the turn is said anew.
      keeping = keeping.then(keep).catch(() => undefined);
    }, KEEP_MS);
    try {
      const said = await this.converse(turn, speaker, signal, (delta) => {
        text += delta.replaceAll('\u0000', '');
      });
      await this.finish(turn, said);
    } catch (err) {
      if (signal.aborted) return;
      if (!(err instanceof ModelError)) this.complain(err);
      if (err instanceof ModelError) await this.finish(turn, `${text ? `${text}\n\n` : ''}_${err.message}_`);
      else if (turn.attempts >= MAX_ATTEMPTS) await this.finish(turn, WENT_WRONG);
    } finally {
      clearInterval(timer);
      await keeping;
    }
  }

  /** What the model is told, and what it may do. */
  private async converse(
    turn: Turn,
    speaker: string,
    signal: AbortSignal,
    onText: (d: string) => void,
  ): Promise<string> {
    const { db } = this;
    const prompt = await promptOf(db, turn);
    const called = await this.callIn(turn, prompt.memory.messages.at(-1)?.text ?? '');
    if (called !== null) return called;
    let calls = 0;
    const shown: NamedTask[] = [];
    const said = await this.model.converse({
      model: prompt.model,
      system: SYSTEM,
      memory: prompt.memory.text,
      aside: prompt.aside,
      messages: threadFor(prompt.memory.messages, await this.images(turn.ownerId, prompt.images)),
      tools: TOOLS,
      maxRounds: MAX_ROUNDS,
      maxTokens: 4_000,
      signal,
      onText,
      runTool: async (name, input) => {
        const call = { turnId: turn.id, index: calls++, ownerId: turn.ownerId, speaker, name, input };
        const result = await runTool(db, call, this.finder);
        shown.push(...(result.tasks ?? []));
        return result;
      },
    });
    return withTaskLinks(said, shown);
  }

  /** @returns what is said when a message calls a skill, which needs no model; null for any other message */
  private async callIn(turn: Turn, said: string): Promise<string | null> {
    const call = readCall(said);
    if (call === null) return null;
    const { ownerId, id } = turn;
    const result = await withTx(this.db, (tx) =>
      callSkill(tx, {
        ownerId,
        name: call.name,
        given: call.rest,
        projectId: null,
        key: `${id}/skill`,
        turnId: id,
      }),
    );
    return result.ok ? `Here is \`/${call.name}\`. Nothing runs before you tap Start.` : result.sentence;
  }

  /** The newest pictures of the thread, as the model takes them. */
  private async images(ownerId: string, ids: readonly string[]): Promise<Map<string, ChatImage>> {
    const out = new Map<string, ChatImage>();
    for (const id of ids) {
      const attachment = await readAttachment(this.db, ownerId, id);
      if (attachment) out.set(id, { mime: attachment.mime, base64: attachment.data.toString('base64') });
    }
    return out;
  }

  private async finish(turn: { id: string; ownerId: string }, text: string): Promise<void> {
    await withTx(this.db, async (tx) => {
      if (!(await updateTurnDone(tx, turn.id, this.me))) return;
      await append(
        tx,
        [
          messageSaid.reply({
            actor: 'mainloop',
            payload: {
              id: `m-${turn.id}`,
              role: 'assistant',
              text: cleanText(text || '…', 100_000),
              turnId: turn.id,
            },
          }),
        ],
        turn.ownerId,
      );
    });
  }
}
