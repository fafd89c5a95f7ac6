// The review on the forge and the one in the app, kept in step: what people said there comes in, what was said here goes out.
import { ForgeError, type Forge, type ForgeComment } from '@mainloop/adapters/forge/port';
import { listCommentEffects, saveThread } from '@mainloop/models/db/forge/effects';
import { listForgeAnswers } from '@mainloop/models/db/inbox/items';
import { append, appendOnce } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { listReplies, listThreads, listUnpublished, type ReviewCommentRow } from '@mainloop/models/db/review/comments';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { reviewCommented, reviewPublished, reviewResolved } from '@mainloop/models/events/review';
import { agentCode, agentName, agentQuote, ours, personsWords, type ForgeText } from '@mainloop/models/flow/forge-text';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import { cleanText } from '@mainloop/models/flow/text';
import type { Effect } from './effects.ts';
import { answerIdOf } from './questions.ts';

/** The forge counts reviews, comments on lines and other comments each for themselves. */
type Said = ForgeComment & { readonly where: 'review' | 'line' | 'talk' };

/**
 * Comments that ask for something: on lines, in a review, or on the pull request; by people who may write to the
 * repository. Anybody can comment on a public repository, and a comment steers an agent.
 */
export async function newComments(db: Db, forge: Forge, t: TaskRow, sinceIso: string): Promise<Said[]> {
  if (t.prNumber === null) return [];
  const [reviews, lines, talk] = await Promise.all([
    forge.listReviews(t.repo, t.prNumber, sinceIso),
    forge.listReviewComments(t.repo, t.prNumber, sinceIso),
    forge.listIssueComments(t.repo, t.prNumber, sinceIso),
  ]);
  const all = [
    ...reviews
      .filter((r) => r.verdict !== 'APPROVED' && (r.body.trim() !== '' || r.verdict === 'CHANGES_REQUESTED'))
      .map((r) => ({ ...r, where: 'review' as const })),
    ...lines.map((c) => ({ ...c, where: 'line' as const })),
    ...talk.map((c) => ({ ...c, where: 'talk' as const })),
  ].filter((c) => c.at > sinceIso && !isOurComment(c));
  const answers = new Set(await listForgeAnswers(db, t.id));
  const may = new Map<string, boolean>();
  for (const author of new Set(all.map((c) => c.author))) may.set(author, await forge.mayWrite(t.repo, author));
  return all.filter((c) => may.get(c.author) && !(c.where === 'talk' && answers.has(answerIdOf(c.id)))).sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** Puts what people said on the forge beside what was said in the app. Once each, however often it is seen. */
export async function importComments(db: Db, t: TaskRow, found: readonly Said[]): Promise<void> {
  if (found.length === 0) return;
  await withTx(db, (tx) =>
    append(
      tx,
      found.map((c) =>
        reviewCommented.onForge({
          taskId: t.id,
          actor: c.author,
          key: { where: c.where },
          payload: {
            id: `${t.id}-${c.where}${c.id}`,
            path: c.path,
            side: 'new',
            startLine: null,
            line: c.line,
            sha: t.headSha,
            quote: '',
            text: cleanText(c.body.trim() || 'Changes are asked for.', 20_000),
            author: c.author,
            via: 'github',
            state: 'open',
            forgeId: c.id,
          },
        }),
      ),
      t.ownerId,
    ),
  );
}

/** Brings comments made in the app, and the agent's replies to any comment, onto the pull request. */
export async function publishReview({ db, forge, effect }: { db: Db; forge: Forge; effect: Effect }, t: TaskRow): Promise<void> {
  if (t.prNumber === null) return;
  const at = { repo: t.repo, number: t.prNumber };
  for (const c of await listUnpublished(db, t.id)) {
    const m = marker(t.id, `comment-${c.id}`);
    const { id } = await effect(t, `comment-${c.id}`, async () => {
      if (c.path !== null && c.line !== null && c.sha !== null) {
        try {
          const place = { path: c.path, side: c.side, startLine: c.start_line, line: c.line, sha: c.sha };
          return { ...(await forge.ensureLineComment({ ...at, marker: m, body: personsWords(c.body), ...place })), line: true };
        } catch (err) {
          // Those lines are gone from the change, by a force push or a fix. What was said about them still counts.
          if (!(err instanceof ForgeError) || err.kind !== 'rejected') throw err;
        }
      }
      return { ...(await forge.ensureComment({ ...at, marker: m, body: inWords(c) })), line: false };
    });
    await appendOnce(db, [reviewPublished.new({ taskId: t.id, actor: 'mainloop', payload: { id: c.id, forgeId: id } })]);
  }
  const replies = await listReplies(db, t.id);
  const online = await listCommentEffects(db, t.id);
  for (const r of replies) {
    const m = marker(t.id, `reply-${r.seq}`);
    const isLine = r.via === 'github' ? r.id.startsWith(`${t.id}-line`) : (online.get(`${t.id}/comment-${r.id}`) ?? false);
    await effect(t, `reply-${r.seq}`, () =>
      isLine && r.forgeId !== null
        ? forge.ensureReply({ ...at, inReplyTo: r.forgeId, marker: m, body: agentQuote(r.text) })
        : forge.ensureComment({ ...at, marker: m, body: ours`${agentQuote(r.body.slice(0, 500))}\n\nThe agent:\n\n${agentQuote(r.text)}` }),
    );
  }
}

function inWords(c: ReviewCommentRow): ForgeText {
  const body = personsWords(c.body);
  if (c.path === null) return body;
  const where = c.line === null ? ours`On ${agentName(c.path)}` : ours`On ${agentName(c.path)}, line ${c.line}`;
  return c.quote ? ours`${where}:\n\n${agentCode(c.quote)}\n\n${body}` : ours`${where}:\n\n${body}`;
}

/**
 * Threads that were resolved, or opened again, here or there. What both sides last agreed on is remembered: the side that differs
 * from it has changed.
 */
export async function syncThreads(db: Db, forge: Forge, t: TaskRow): Promise<void> {
  if (t.prNumber === null) return;
  const ours = await listThreads(db, t.id);
  if (ours.length === 0) return;
  const there = new Map((await forge.listThreads(t.repo, t.prNumber)).map((x) => [x.commentId, x]));
  for (const c of ours) {
    const thread = there.get(c.forgeId);
    if (!thread) continue;
    const here = c.state === 'resolved';
    const agreed = c.agreed ?? false;
    if (thread.resolved !== agreed)
      await appendOnce(db, [reviewResolved.new({ taskId: t.id, actor: 'github', payload: { id: c.id, resolved: thread.resolved } })]);
    else if (here !== agreed) await forge.ensureThread(t.repo, thread, here);
    else continue;
    await saveThread(db, t.id, c.id, thread.resolved !== agreed ? thread.resolved : here);
  }
}
