// The conversation, and the tasks that it speaks of.
import { OWNER } from '../../flow/ids.ts';
import type { TaskView, ThreadItem } from '../read-views.ts';
import { attachmentsIn, type Views } from './views.ts';

export const chat = ({ db, repoOf, taskView, proposalView }: Views) => ({
  async thread(limit = 100): Promise<{ items: ThreadItem[]; draft: { turnId: string; text: string } | null }> {
    const [messages, proposals, turn] = await Promise.all([
      db.message.findMany({ where: { ownerId: OWNER }, orderBy: { seq: 'desc' }, take: limit }),
      db.proposal.findMany({ where: { ownerId: OWNER }, orderBy: { seq: 'desc' }, take: 50 }),
      db.turn.findFirst({ where: { ownerId: OWNER, state: { in: ['queued', 'running'] } }, orderBy: { seq: 'asc' } }),
    ]);
    const repo = await repoOf(proposals.map((p) => p.projectId));
    const oldest = messages.at(-1)?.seq ?? 0n;
    // A card belongs under the reply that proposed it, though it was made a moment earlier.
    const replySeq = new Map(messages.filter((m) => m.role === 'assistant' && m.turnId !== null).map((m) => [m.turnId, Number(m.seq)]));
    const items: ThreadItem[] = [
      ...messages.map((m): ThreadItem => ({
        seq: Number(m.seq),
        kind: 'message',
        at: m.at,
        message: { id: m.id, role: m.role, text: m.text, turnId: m.turnId, attachments: attachmentsIn(m.attachments) },
      })),
      ...proposals
        .filter((p) => p.seq >= oldest)
        .map((p): ThreadItem => ({
          seq: (replySeq.get(p.turnId) ?? Number(p.seq)) + 0.5,
          kind: 'proposal',
          at: p.at,
          proposal: proposalView(p, repo, new Date()),
        })),
    ];
    return { items: items.sort((a, b) => a.seq - b.seq), draft: turn ? { turnId: turn.id, text: turn.draft } : null };
  },

  /** Those of the tasks that there are. */
  async tasksOf(ids: readonly string[]): Promise<TaskView[]> {
    if (ids.length === 0) return [];
    const found = await db.task.findMany({ where: { ownerId: OWNER, id: { in: [...ids] } } });
    const repo = await repoOf(found.map((t) => t.projectId));
    return found.map((t) => taskView(t, repo, Date.now()));
  },

  /** Tasks of any age by a word of their title or repository, the newest first. */
  async find(words: string): Promise<{ id: string; title: string; repo: string; state: string }[]> {
    const q = words.trim();
    if (q === '') return [];
    const projects = await db.project.findMany({ where: { ownerId: OWNER, repo: { contains: q, mode: 'insensitive' } }, select: { id: true } });
    const rows = await db.task.findMany({
      where: { ownerId: OWNER, OR: [{ title: { contains: q, mode: 'insensitive' } }, { projectId: { in: projects.map((p) => p.id) } }] },
      orderBy: { updatedAt: 'desc' },
      take: 12,
    });
    const repo = await repoOf(rows.map((t) => t.projectId));
    return rows.map((t) => ({ id: t.id, title: t.title, repo: repo.get(t.projectId) ?? '', state: t.state }));
  },
});
