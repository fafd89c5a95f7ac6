// What people said on a pull request since a time, as far as they may steer the work.
import type { Forge, ForgeComment } from '@mainloop/adapters/forge/port';
import type { TaskRow } from './tasks.ts';

/** Our own comments carry the marker; with a personal token they have the same author as the person's. */
const isOurs = (body: string): boolean => body.includes('<!-- mainloop:');

/**
 * Comments that ask for something: on lines, in a review, or on the pull request; by people who may write to the
 * repository. Anybody can comment on a public repository, and a comment steers an agent.
 */
export async function newComments(forge: Forge, t: TaskRow, sinceIso: string): Promise<(ForgeComment & { verdict: string | null })[]> {
  if (t.pr_number === null) return [];
  const [reviews, lines, talk] = await Promise.all([
    forge.listReviews(t.repo, t.pr_number, sinceIso),
    forge.listReviewComments(t.repo, t.pr_number, sinceIso),
    forge.listIssueComments(t.repo, t.pr_number, sinceIso),
  ]);
  const all = [
    ...reviews
      .filter((r) => r.verdict !== 'APPROVED' && (r.body.trim() !== '' || r.verdict === 'CHANGES_REQUESTED'))
      .map((r) => ({ ...r, verdict: r.verdict as string | null })),
    ...lines.map((c) => ({ ...c, verdict: null })),
    ...talk.map((c) => ({ ...c, verdict: null })),
  ].filter((c) => c.at > sinceIso && !isOurs(c.body));
  const may = new Map<string, boolean>();
  for (const author of new Set(all.map((c) => c.author))) may.set(author, await forge.mayWrite(t.repo, author));
  return all.filter((c) => may.get(c.author)).sort((a, b) => (a.at < b.at ? -1 : 1));
}
