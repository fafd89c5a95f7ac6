// What every group of routes needs: answers, finding, paging, and telling the webhooks.
import type { Answer, Ask, Ctx } from './ctx.ts';
import * as shape from './shapes.ts';
import { nowIso, type Doc, type Issue, type Label, type Repo, type Store } from './store.ts';

export type Route = [string, RegExp, (request: Ask) => Promise<Answer>];

/** @returns 200 with a body */
export const ok = (body: unknown): Answer => ({ status: 200, body });
/** @returns 201 with a body */
export const created = (body: unknown): Answer => ({ status: 201, body });
export const notFound: Answer = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
};
/**
 * Something in what was sent does not do.
 * @param errors which field and why, as GitHub lists them
 * @returns 422, see
 * https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
 */
export const invalid = (message: string, errors: unknown[] = []): Answer => ({
  status: 422,
  body: { message, errors, documentation_url: 'https://docs.github.com/rest', status: '422' },
});

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
/** @param name in any case, as GitHub compares them */
export const labelNamed = (store: Store, repo: string, name: string): Label | undefined =>
  store.one('label', (l) => l.repo === repo && isSame(l.name, name));
/**
 * Those of an issue or a pull request, as far as the repository still has them.
 * @returns in the order in which they were given
 */
export const labelsOf = (store: Store, issue: Issue): Label[] =>
  (issue.labels ?? []).flatMap((name) => labelNamed(store, issue.repo, name) ?? []);

/**
 * Who may write to it: here the accounts that belong to this machine, and whose it is.
 * @param login of the account
 * @returns whether GitHub would let it push there
 */
export const mayPush = ({ full }: Pick<Repo, 'full'>, login: string): boolean =>
  ['mainloop', 'you', 'demo-colleague', full.split('/')[0]].includes(login);

/**
 * @returns what is shown of an issue and is not in it: counts, and of a pull request that is not merged
 * its size
 */
export async function factsOf(context: Ctx, issue: Issue): Promise<shape.Facts> {
  // The branch may be gone.
  const diff =
    issue.pr && !issue.pr.merged
      ? await context.bare
          .git(issue.repo, ['diff', '--numstat', `${issue.pr.baseSha}...${issue.pr.headSha}`])
          .catch(() => '')
      : '';
  const stat = diff
    .split('\n')
    .filter(Boolean)
    .map((l) => l.split('\t'));
  return {
    base: context.base,
    comments: context.store.find('comment', (x) => x.repo === issue.repo && x.number === issue.number).length,
    reactions: context.store.find('reaction', (x) => x.repo === issue.repo && x.number === issue.number),
    reviewComments: context.store.find(
      'reviewComment',
      (x) => x.repo === issue.repo && x.number === issue.number,
    ).length,
    // The branch may be gone.
    commits: issue.pr
      ? Number(
          await context.bare
            .git(issue.repo, ['rev-list', '--count', `${issue.pr.baseSha}..${issue.pr.headSha}`])
            .catch(() => '0'),
        )
      : 0,
    fits: await fitOf(context, issue),
    labels: labelsOf(context.store, issue),
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

/**
 * What the routes of every topic need: finding, showing, telling, pages.
 * @returns functions over one store
 */
export function openDesk(context: Ctx) {
  const { store, hooks, base } = context;
  const issueOf = (request: Ask, n = request.m[2]): Issue | undefined =>
    store.one('issue', (i) => i.repo === request.repo.full && i.number === Number(n));
  const showIssue = async (issue: Issue): Promise<unknown> =>
    shape.issue(issue, await factsOf(context, issue));
  const showPull = async (request: Ask, issue: Issue): Promise<unknown> =>
    shape.pull(issue, request.repo, await factsOf(context, issue));
  const tell = (request: Ask, event: string, payload: Record<string, unknown>): void =>
    hooks.send(event, {
      ...payload,
      repository: shape.repo(base, request.repo),
      sender: shape.user(base, request.user),
    });
  /** @param action what befell it, as the webhook of pull requests calls that */
  const tellPull = async (request: Ask, issue: Issue, action: string): Promise<void> =>
    tell(request, 'pull_request', {
      action,
      number: issue.number,
      pull_request: await showPull(request, issue),
    });
  const touch = (issue: Issue): void => void store.update('issue', issue, { updatedAt: nowIso() });
  const nextNumber = ({ repo }: Pick<Ask, 'repo'>): number => {
    const isHere = (x: { readonly repo: string }): boolean => x.repo === repo.full;
    const given = [...store.find('issue', isHere), ...store.find('gone', isHere)].map((x) => x.number);
    return Math.max(0, ...given) + 1;
  };
  const page = <T extends Doc>(request: Ask, all: T[]): T[] => {
    const list = context.staleMs > 0 ? all.filter((d) => !store.isNew(d, context.staleMs)) : all;
    const per = Math.min(100, Number(request.query.get('per_page') ?? 30));
    const at = Math.max(1, Number(request.query.get('page') ?? 1));
    if (list.length > at * per) request.nextPage = at + 1;
    return list.slice((at - 1) * per, at * per);
  };
  const repoPath = (rest: string): RegExp => new RegExp(`^/repos/([^/]+/[^/]+)${rest}$`);
  const filterState = (request: Ask, issue: Issue): boolean =>
    (request.query.get('state') ?? 'open') === 'all' ||
    issue.state === (request.query.get('state') ?? 'open');
  const close = (issue: Issue, by: string): void =>
    void store.update('issue', issue, {
      state: 'closed',
      closedAt: nowIso(),
      closedBy: by,
      updatedAt: nowIso(),
    });
  return {
    issueOf,
    showIssue,
    showPull,
    tell,
    tellPull,
    touch,
    nextNumber,
    page,
    R: repoPath,
    filterState,
    close,
  };
}
export type Desk = ReturnType<typeof openDesk>;
