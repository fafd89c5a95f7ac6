// Pull requests: listed, opened, shown, merged. Their reviews and comments on lines are in reviews.ts and line-comments.ts.
import type { Answer, Ask, Ctx } from './ctx.ts';
import { ok, created, invalid, notFound, type Desk, type Route } from './desk.ts';
import { commitsOf } from './compare.ts';
import { mergePull, updateBranch } from './merge.ts';
import * as shape from './shapes.ts';
import { nowIso } from './store.ts';

/**
 * A pull request as a diff or as patches, where that is asked for:
 * https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
 */
async function asText(
  { bare }: Ctx,
  request: Ask,
  pull: { baseSha: string; headSha: string },
): Promise<Answer | null> {
  const kind = /application\/vnd\.github\.(?:v3\.)?(diff|patch)\b/.exec(request.accept)?.[1];
  if (kind === undefined) return null;
  const [from, to] = [pull.baseSha, pull.headSha];
  const ask =
    kind === 'diff'
      ? ['diff', '--no-color', '--no-ext-diff', `${from}...${to}`, '--']
      : ['format-patch', '--stdout', `${from}..${to}`, '--'];
  return {
    status: 200,
    text: await bare.git(request.repo.full, ask),
    headers: { 'content-type': `application/vnd.github.v3.${kind}; charset=utf-8` },
  };
}

/**
 * Pull requests: https://docs.github.com/rest/pulls/pulls
 * @returns the routes
 */
export function pullRoutes(context: Ctx, desk: Desk): Route[] {
  const { R } = desk;
  return [
    ['GET', R('/pulls'), (request) => listPulls(context, desk, request)],
    ['POST', R('/pulls'), (request) => openPull(context, desk, request)],
    ['GET', R('/pulls/(\\d+)'), (request) => showOne(context, desk, request)],
    ['GET', R('/pulls/(\\d+)/commits'), (request) => listCommits(context, desk, request)],
    ['PUT', R('/pulls/(\\d+)/merge'), (request) => merge(context, desk, request)],
    [
      'PUT',
      R('/pulls/(\\d+)/update-branch'),
      async (request) => {
        const issue = desk.issueOf(request);
        return issue?.pr ? updateBranch(context, request.repo, issue, request.user, request.body) : notFound;
      },
    ],
  ];
}

/** The newest first; of one branch alone where `head` is asked for. */
async function listPulls({ store }: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const head = request.query.get('head')?.split(':').at(-1);
  const list = store
    .find(
      'issue',
      (issue) =>
        issue.repo === request.repo.full &&
        issue.pr !== null &&
        desk.filterState(request, issue) &&
        (head === undefined || issue.pr.head === head),
    )
    .reverse();
  return ok(await Promise.all(desk.page(request, list).map((issue) => desk.showPull(request, issue))));
}

/** Two branches with commits between them, and no other open pull request from the same one. */
async function openPull(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store, bare } = context;
  const head = String(request.body.head).split(':').at(-1)!;
  const to = String(request.body.base);
  const [headSha, baseSha] = [await bare.sha(request.repo.full, head), await bare.sha(request.repo.full, to)];
  const refuse = (error: Record<string, string>): Answer =>
    invalid('Validation Failed', [{ resource: 'PullRequest', ...error }]);
  if (headSha === null || baseSha === null)
    return refuse({ field: headSha === null ? 'head' : 'base', code: 'invalid' });
  if (headSha === baseSha) return refuse({ code: 'custom', message: `No commits between ${to} and ${head}` });
  if (store.one('issue', (i) => i.repo === request.repo.full && i.pr?.head === head && i.state === 'open'))
    return refuse({
      code: 'custom',
      message: `A pull request already exists for ${request.repo.full.split('/')[0]}:${head}.`,
    });
  const fork = (await bare.git(request.repo.full, ['merge-base', baseSha, headSha])).trim();
  const issue = store.insert('issue', {
    repo: request.repo.full,
    number: desk.nextNumber(request),
    title: String(request.body.title),
    body: (request.body.body as string | undefined) ?? null,
    state: 'open',
    user: request.user,
    createdAt: nowIso(),
    updatedAt: nowIso(),
    closedAt: null,
    pr: {
      head,
      base: to,
      headSha,
      baseSha: fork,
      draft: request.body.draft === true,
      merged: false,
      mergedAt: null,
      mergeSha: null,
    },
  });
  await desk.tellPull(request, issue, 'opened');
  context.befell(request.repo, issue, 'opened');
  return created(await desk.showPull(request, issue));
}

async function showOne(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const issue = desk.issueOf(request);
  if (!issue?.pr) return notFound;
  return (await asText(context, request, issue.pr)) ?? ok(await desk.showPull(request, issue));
}

async function listCommits({ bare, base }: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const issue = desk.issueOf(request);
  if (!issue?.pr) return notFound;
  const range = `${issue.pr.baseSha}..${issue.pr.headSha}`;
  const commits = await commitsOf(bare, request.repo.full, ['--reverse', range]);
  const asDocs = commits.map((is, id) => ({ id, is }));
  return ok(desk.page(request, asDocs).map((x) => shape.commit(base, request.repo, x.is)));
}

async function merge(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const issue = desk.issueOf(request);
  if (!issue?.pr) return notFound;
  const merged = await mergePull(context, request.repo, issue, request.user, request.body);
  if (merged.status === 200) await desk.tellPull(request, issue, 'closed');
  return merged;
}
