// What every group of routes needs: answers, finding, paging, and telling the webhooks.
import type { Answer, Ask, Ctx } from './ctx.ts';
import * as shape from './shapes.ts';
import { nowIso, type Doc, type Issue, type Label, type Store } from './store.ts';

export type Route = [string, RegExp, (a: Ask) => Promise<Answer>];

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const notFound: Answer = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
};
export const invalid = (message: string, errors: unknown[] = []): Answer => ({
  status: 422,
  body: { message, errors, documentation_url: 'https://docs.github.com/rest', status: '422' },
});

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
export const labelNamed = (store: Store, repo: string, name: string): Label | undefined =>
  store.one('label', (l) => l.repo === repo && isSame(l.name, name));
/** Those of an issue or a pull request, as far as the repository still has them. */
export const labelsOf = (store: Store, i: Issue): Label[] =>
  (i.labels ?? []).flatMap((name) => labelNamed(store, i.repo, name) ?? []);

export async function factsOf(c: Ctx, i: Issue): Promise<shape.Facts> {
  // The branch may be gone.
  const diff =
    i.pr && !i.pr.merged
      ? await c.bare.git(i.repo, ['diff', '--numstat', `${i.pr.baseSha}...${i.pr.headSha}`]).catch(() => '')
      : '';
  const stat = diff
    .split('\n')
    .filter(Boolean)
    .map((l) => l.split('\t'));
  return {
    base: c.base,
    comments: c.store.find('comment', (x) => x.repo === i.repo && x.number === i.number).length,
    reactions: c.store.find('reaction', (x) => x.repo === i.repo && x.number === i.number),
    reviewComments: c.store.find('reviewComment', (x) => x.repo === i.repo && x.number === i.number).length,
    // The branch may be gone.
    commits: i.pr
      ? Number(
          await c.bare
            .git(i.repo, ['rev-list', '--count', `${i.pr.baseSha}..${i.pr.headSha}`])
            .catch(() => '0'),
        )
      : 0,
    fits: await fitOf(c, i),
    labels: labelsOf(c.store, i),
    stat: {
      files: stat.length,
      additions: stat.reduce((n, s) => n + (Number(s[0]) || 0), 0),
      deletions: stat.reduce((n, s) => n + (Number(s[1]) || 0), 0),
    },
  };
}

async function fitOf({ bare }: Ctx, { repo, state, pr }: Issue): Promise<boolean | null> {
  if (pr === null || state !== 'open') return null;
  const base = await bare.sha(repo, pr.base);
  // Its branch or its base may be gone.
  return base === null
    ? null
    : bare.mergedTree(repo, base, pr.headSha).then(
        (tree) => tree !== null,
        () => null,
      );
}

export function openDesk(c: Ctx) {
  const { store, hooks, base } = c;
  const issueOf = (a: Ask, n = a.m[2]): Issue | undefined =>
    store.one('issue', (i) => i.repo === a.repo.full && i.number === Number(n));
  const showIssue = async (i: Issue): Promise<unknown> => shape.issue(i, await factsOf(c, i));
  const showPull = async (a: Ask, i: Issue): Promise<unknown> => shape.pull(i, a.repo, await factsOf(c, i));
  const tell = (a: Ask, event: string, payload: Record<string, unknown>): void =>
    hooks.send(event, { ...payload, repository: shape.repo(base, a.repo), sender: shape.user(base, a.user) });
  const touch = (i: Issue): void => void store.update('issue', i, { updatedAt: nowIso() });
  const nextNumber = (a: Ask): number =>
    Math.max(0, ...store.find('issue', (i) => i.repo === a.repo.full).map((i) => i.number)) + 1;
  const page = <T extends Doc>(a: Ask, all: T[]): T[] => {
    const list = c.staleMs > 0 ? all.filter((d) => !store.isNew(d, c.staleMs)) : all;
    const per = Math.min(100, Number(a.query.get('per_page') ?? 30));
    const at = Math.max(1, Number(a.query.get('page') ?? 1));
    if (list.length > at * per) a.nextPage = at + 1;
    return list.slice((at - 1) * per, at * per);
  };
  const R = (rest: string): RegExp => new RegExp(`^/repos/([^/]+/[^/]+)${rest}$`);
  const filterState = (a: Ask, i: Issue): boolean =>
    (a.query.get('state') ?? 'open') === 'all' || i.state === (a.query.get('state') ?? 'open');
  const close = (i: Issue, by: string): void =>
    void store.update('issue', i, { state: 'closed', closedAt: nowIso(), closedBy: by, updatedAt: nowIso() });
  return { issueOf, showIssue, showPull, tell, touch, nextNumber, page, R, filterState, close };
}
export type Desk = ReturnType<typeof openDesk>;
