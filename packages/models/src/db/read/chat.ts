// The conversation, and the tasks that it speaks of.
import type { Forecast } from '../../flow/money/money.ts';
import { OWNER } from '../../flow/ids.ts';
import type { Prisma } from '../generated/client.ts';
import type { Piece, TaskView, ThreadItem, ThreadView } from '../read-views.ts';
import { attachmentsIn, type Views } from './views.ts';

/** Cards in a piece; no hundred messages propose more. */
const PROPOSALS = 100;
/** Messages in a piece. */
const PIECE = 100;

const NO_FORECASTS = new Map<string, Forecast>();

/** @returns what the pages read of the conversation */
export const chat = ({ db, repoOf, taskView, forecasts, proposalView }: Views) => {
  const of = (where: Prisma.MessageWhereInput, order: 'asc' | 'desc', take: number) =>
    db.message.findMany({ where: { ownerId: OWNER, ...where }, orderBy: { seq: order }, take });
  const messagesOf = async (piece: Piece) => {
    if ('before' in piece) return (await of({ seq: { lt: piece.before } }, 'desc', PIECE)).reverse();
    if ('after' in piece) return of({ seq: { gt: piece.after } }, 'asc', PIECE);
    if (!('at' in piece) && !('since' in piece)) return (await of({}, 'desc', PIECE)).reverse();
    const there = 'at' in piece ? { seq: { gte: piece.at } } : { at: { gte: piece.since } };
    const from = await of(there, 'asc', PIECE / 2);
    const first = from.at(0);
    // Nothing was said from then on: the end is as near as it gets.
    const before = await of(first ? { seq: { lt: first.seq } } : {}, 'desc', PIECE / 2);
    return [...before.reverse(), ...from];
  };

  const tasksOf = async (ids: readonly string[]): Promise<TaskView[]> => {
    if (ids.length === 0) return [];
    const found = await db.task.findMany({ where: { ownerId: OWNER, id: { in: [...ids] } } });
    const repo = await repoOf(found.map((t) => t.projectId));
    return found.map((t) => taskView(t, repo, Date.now()));
  };

  return {
    /**
     * A piece of the conversation with the cards that were proposed in it, oldest first: its end, unless
     * another piece is asked for.
     */
    async thread(piece: Piece = {}): Promise<ThreadView> {
      const [messages, turn] = await Promise.all([
        messagesOf(piece),
        db.turn.findFirst({
          where: { ownerId: OWNER, state: { in: ['queued', 'running'] } },
          orderBy: { seq: 'asc' },
        }),
      ]);
      const [oldest, newest] = [messages.at(0)?.seq ?? 0n, messages.at(-1)?.seq ?? 0n];
      const is = (where: { gt: bigint } | { lt: bigint }) =>
        db.message.findFirst({
          where: { ownerId: OWNER, seq: where },
          orderBy: { seq: 'gt' in where ? 'asc' : 'desc' },
          select: { seq: true },
        });
      const [earlier, later] =
        messages.length === 0 ? [null, null] : await Promise.all([is({ lt: oldest }), is({ gt: newest })]);
      const proposals = await db.proposal.findMany({
        where: {
          ownerId: OWNER,
          seq: { ...(earlier ? { gte: oldest } : {}), ...(later ? { lt: later.seq } : {}) },
        },
        orderBy: { seq: 'desc' },
        take: PROPOSALS,
      });
      const repo = await repoOf(proposals.map((p) => p.projectId));
      const forecast = proposals.some((p) => p.state === 'open') ? await forecasts() : NO_FORECASTS;
      const became = new Map(
        (await tasksOf(proposals.flatMap((p) => p.taskId ?? []))).map((task) => [task.id, task]),
      );
      // A card belongs under the reply that proposed it, though it was made a moment earlier.
      const replySeq = new Map(
        messages
          .filter((m) => m.role === 'assistant' && m.turnId !== null)
          .map((m) => [m.turnId, Number(m.seq)]),
      );
      const items: ThreadItem[] = [
        ...messages.map((message): ThreadItem => ({
          seq: Number(message.seq),
          kind: 'message',
          at: message.at,
          message: {
            id: message.id,
            role: message.role,
            text: message.text,
            turnId: message.turnId,
            attachments: attachmentsIn(message.attachments),
          },
        })),
        ...proposals.map((proposal): ThreadItem => ({
          seq: (replySeq.get(proposal.turnId) ?? Number(proposal.seq)) + 0.5,
          kind: 'proposal',
          at: proposal.at,
          proposal: proposalView(proposal, repo, new Date(), forecast, became),
        })),
      ];
      return {
        items: items.sort((x, y) => x.seq - y.seq),
        draft: turn ? { turnId: turn.id, text: turn.draft } : null,
        hasEarlier: earlier !== null,
        hasLater: later !== null,
      };
    },

    /** Those of the tasks that there are. */
    tasksOf,
  };
};
