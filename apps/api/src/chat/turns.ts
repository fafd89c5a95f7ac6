// A chat turn is leased. Its text is kept as it grows; whoever finds an expired lease takes over and says it anew. An owner's turns are spoken
// one after the other, in the order in which their messages were said.
import { randomUUID } from 'node:crypto';
import { ModelError, type ChatImage, type Model } from '@mainloop/adapters/model/port';
import { readAttachment } from '@mainloop/models/db/attachments';
import { append, freshId } from '@mainloop/models/db/log';
import { many, one, withTx, type Db } from '@mainloop/models/db/pool';
import { getSettings } from '@mainloop/models/db/settings';
import type { AttachmentRef } from '@mainloop/models/flow/events';
import { cleanText } from '@mainloop/models/flow/text';
import { imagesIn, systemPrompt, threadFor, threadUpTo, type ProjectFact, type TaskFact, type ThreadMessage } from './context.ts';
import { runTool, TOOLS } from './tools.ts';

const LEASE_MS = 6_000;
const KEEP_MS = 100;
const MAX_ROUNDS = 8;
const MAX_ATTEMPTS = 3;
const WENT_WRONG = '_Something went wrong on this side while answering. Say it again, please._';

interface Turn {
  readonly id: string;
  readonly owner_id: string;
  readonly attempts: number;
  /** That of its message in the event log. */
  readonly seq: number;
}

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
        {
          type: 'message.said',
          actor: 'you',
          dedupeKey: `said/${messageId}`,
          payload: { id: messageId, role: 'user', text: cleanText(text, 200_000), turnId, ...(attachments.length > 0 ? { attachments } : {}) },
        },
      ],
      ownerId,
    );
    for (const said of fresh) await tx.query("insert into turns (id, owner_id, state, seq) values ($1,$2,'queued',$3)", [turnId, ownerId, said.seq]);
  });
  return { messageId, turnId };
}

export class Turns {
  private readonly me = randomUUID();
  private readonly running = new Set<Promise<void>>();
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private readonly db: Db;
  private readonly model: Model;
  constructor(db: Db, model: Model) {
    this.db = db;
    this.model = model;
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
    const work = this.claim()
      .then(async (turn) => {
        if (!turn) return;
        this.wake();
        await this.speak(turn);
        // The next message of this owner may have waited for this answer.
        this.wake();
      })
      .catch(() => undefined);
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private claim(): Promise<Turn | null> {
    return one(
      this.db,
      `update turns set state = 'running', lease_by = $1, lease_until = now() + $2 * interval '1 millisecond', attempts = attempts + 1, draft = ''
        where id = (select t.id from turns t where t.state in ('queued','running') and (t.lease_until is null or t.lease_until < now())
                       and not exists (select 1 from turns b where b.owner_id = t.owner_id and b.state in ('queued','running') and b.seq < t.seq)
                     order by t.seq limit 1 for update skip locked)
        returning id, owner_id, attempts, seq`,
      [this.me, LEASE_MS],
    );
  }

  private async speak(turn: Turn): Promise<void> {
    // Whoever spoke it before died of it each time. What was said after it has waited long enough.
    if (turn.attempts > MAX_ATTEMPTS) return this.finish(turn, WENT_WRONG);
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, this.abort.signal]);
    let text = '';
    let kept = 0;
    const keep = async (): Promise<void> => {
      const delta = text.slice(kept, kept + 6_000);
      const from = kept;
      kept += delta.length;
      const r = await this.db.query(
        `update turns set draft = $3, lease_until = now() + $4 * interval '1 millisecond' where id = $1 and lease_by = $2 and state = 'running'`,
        [turn.id, this.me, text.replaceAll('\u0000', ''), LEASE_MS],
      );
      if (r.rowCount === 0) cut.abort();
      else if (delta !== '')
        await this.db.query('select pg_notify($1,$2)', ['mainloop_delta', JSON.stringify({ turnId: turn.id, from, text: delta })]);
    };
    let keeping = Promise.resolve();
    const timer = setInterval(() => {
      keeping = keeping.then(keep).catch(() => undefined);
    }, KEEP_MS);
    try {
      const said = await this.converse(turn, signal, (d) => {
        text += d;
      });
      await this.finish(turn, said);
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof ModelError) await this.finish(turn, `${text ? `${text}\n\n` : ''}_${err.message}_`);
      else if (turn.attempts >= MAX_ATTEMPTS) await this.finish(turn, WENT_WRONG);
    } finally {
      clearInterval(timer);
      await keeping;
    }
  }

  /** What the model is told, and what it may do. */
  private async converse(turn: Turn, signal: AbortSignal, onText: (d: string) => void): Promise<string> {
    const { db } = this;
    const owner = [turn.owner_id];
    const thread = threadUpTo(
      turn.seq,
      await many<ThreadMessage>(
        db,
        `with before as (select * from messages where owner_id = $1 and seq <= $2 order by seq desc limit 80)
         select role, text, at, attachments, turn_id as "turnId", seq from before
         union all
         select role, text, at, attachments, turn_id, seq from messages
          where owner_id = $1 and seq > $2 and role = 'assistant' and turn_id in (select turn_id from before)`,
        [turn.owner_id, turn.seq],
      ),
    );
    const projects = await many<ProjectFact>(db, 'select id, repo from projects where owner_id = $1 order by repo limit 100', owner);
    const tasks = await many<TaskFact>(
      db,
      'select t.id, t.title, p.repo, t.state, t.status_line, t.ci from tasks t join projects p on p.id = t.project_id where t.owner_id = $1 and t.ended_at is null order by t.updated_at desc limit 30',
      owner,
    );
    const { chatModel } = await getSettings(db, turn.owner_id);
    let calls = 0;
    return this.model.converse({
      model: chatModel,
      system: systemPrompt(projects, tasks, new Date().toISOString()),
      messages: threadFor(thread, await this.images(turn.owner_id, imagesIn(thread))),
      tools: TOOLS,
      maxRounds: MAX_ROUNDS,
      maxTokens: 4_000,
      signal,
      onText,
      runTool: (name, input) => runTool(db, { turnId: turn.id, index: calls++, ownerId: turn.owner_id, name, input }),
    });
  }

  /** The newest pictures of the thread, as the model takes them. */
  private async images(ownerId: string, ids: readonly string[]): Promise<Map<string, ChatImage>> {
    const out = new Map<string, ChatImage>();
    for (const id of ids) {
      const a = await readAttachment(this.db, ownerId, id);
      if (a) out.set(id, { mime: a.mime, base64: a.data.toString('base64') });
    }
    return out;
  }

  private async finish(turn: { id: string; owner_id: string }, text: string): Promise<void> {
    await withTx(this.db, async (tx) => {
      const mine = await tx.query("update turns set state = 'done', lease_until = null where id = $1 and lease_by = $2 and state = 'running'", [
        turn.id,
        this.me,
      ]);
      if (mine.rowCount === 0) return;
      await append(
        tx,
        [
          {
            type: 'message.said',
            actor: 'mainloop',
            dedupeKey: `reply/${turn.id}`,
            payload: { id: `m-${turn.id}`, role: 'assistant', text: cleanText(text || '…', 100_000), turnId: turn.id },
          },
        ],
        turn.owner_id,
      );
    });
  }
}
