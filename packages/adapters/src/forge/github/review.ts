// Reviews, comments on lines and their threads.
import type { Forge, ForgeComment, ForgeThread, Outcome } from '../port.ts';
import type { GitHub } from './kit.ts';

interface GivenComment {
  readonly id: number;
  readonly user: { login?: string; type?: string } | null;
  readonly body: string;
  readonly created_at: string;
  readonly path: string;
  readonly line?: number | null;
  readonly in_reply_to_id?: number | null;
}
/**
 * @param given a comment on a line, as GitHub lists them
 * @param by of the kit: who wrote it
 */
export const onLine = (given: GivenComment, by: Awaited<ReturnType<GitHub['author']>>): ForgeComment => ({
  id: given.id,
  ...by(given.user),
  body: given.body,
  at: given.created_at,
  path: given.path,
  line: given.line ?? null,
  inReplyTo: given.in_reply_to_id ?? null,
});

/** @returns the part of the forge that is about reviews and their threads */
export function review({
  kit,
  split,
  call,
  author,
  isOurs,
}: GitHub): Pick<
  Forge,
  'ensureLineComment' | 'ensureReply' | 'listThreads' | 'ensureThread' | 'listReviews' | 'listReviewComments'
> {
  const lineComment = async (input: { repo: string; number: number; marker: string }) => {
    const ours = await isOurs();
    return (
      await kit.paginate(kit.pulls.listReviewComments, {
        ...split(input.repo),
        pull_number: input.number,
        per_page: 100,
      })
    ).find((c) => ours(c, input.marker));
  };
  return {
    ensureLineComment: (comment) =>
      call(`a comment on ${comment.path}`, async () => {
        const there = await lineComment(comment);
        if (there) return { id: there.id, outcome: 'unchanged' as const };
        const side = comment.side === 'old' ? 'LEFT' : 'RIGHT';
        const made = await kit.pulls.createReviewComment({
          ...split(comment.repo),
          pull_number: comment.number,
          commit_id: comment.sha,
          path: comment.path,
          body: `${comment.body}\n\n${comment.marker}`,
          line: comment.line,
          side,
          ...(comment.startLine === null || comment.startLine === comment.line
            ? {}
            : { start_line: comment.startLine, start_side: side }),
        });
        return { id: made.data.id, outcome: 'created' as const };
      }),

    ensureReply: (comment) =>
      call(`a reply in ${comment.repo}`, async () => {
        const there = await lineComment(comment);
        if (there) return { id: there.id, outcome: 'unchanged' as const };
        const made = await kit.pulls.createReplyForReviewComment({
          ...split(comment.repo),
          pull_number: comment.number,
          comment_id: comment.inReplyTo,
          body: `${comment.body}\n\n${comment.marker}`,
        });
        return { id: made.data.id, outcome: 'created' as const };
      }),

    listThreads: (repo, number) =>
      call(`the threads of #${number}`, async () => {
        const { owner, repo: name } = split(repo);
        const threads: ForgeThread[] = [];
        for (let after: string | null = null; ;) {
          const r: ThreadsAnswer = await kit.graphql(THREADS, { owner, name, number, after });
          const page = r.repository.pullRequest.reviewThreads;
          for (const thread of page.nodes)
            threads.push({
              id: thread.id,
              commentId: thread.comments.nodes[0]?.databaseId ?? 0,
              resolved: thread.isResolved,
            });
          if (!page.pageInfo.hasNextPage) return threads;
          after = page.pageInfo.endCursor;
        }
      }),

    ensureThread: (repo, thread, resolved) =>
      call(`a thread in ${repo}`, async (): Promise<Outcome> => {
        if (thread.resolved === resolved) return 'unchanged';
        const verb = resolved ? 'resolveReviewThread' : 'unresolveReviewThread';
        const kind = resolved ? 'ResolveReviewThreadInput' : 'UnresolveReviewThreadInput';
        await kit.graphql(
          `mutation($input: ${kind}!) { ${verb}(input: $input) { thread { id isResolved } } }`,
          { input: { threadId: thread.id } },
        );
        return 'updated';
      }),

    listReviews: (repo, number) =>
      call(`the reviews of #${number}`, async () => {
        const by = await author();
        return (
          await kit.paginate(kit.pulls.listReviews, { ...split(repo), pull_number: number, per_page: 100 })
        ).map((r) => ({
          id: r.id,
          ...by(r.user),
          body: r.body,
          at: r.submitted_at ?? '',
          path: null,
          line: null,
          verdict: r.state as 'COMMENTED',
        }));
      }),

    listReviewComments: (repo, number) =>
      call(`the review comments of #${number}`, async () => {
        const by = await author();
        return (
          await kit.paginate(kit.pulls.listReviewComments, {
            ...split(repo),
            pull_number: number,
            per_page: 100,
          })
        ).map((comment) => onLine(comment, by));
      }),
  };
}

/**
 * GitHub offers review threads over GraphQL only
 * (https://docs.github.com/graphql/reference/objects#pullrequestreviewthread).
 */
const THREADS =
  'query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id isResolved comments(first: 1) { nodes { databaseId } } } } } } }';
interface ThreadsAnswer {
  readonly repository: {
    readonly pullRequest: {
      readonly reviewThreads: {
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        readonly nodes: readonly {
          readonly id: string;
          readonly isResolved: boolean;
          readonly comments: { readonly nodes: readonly { readonly databaseId: number | null }[] };
        }[];
      };
    };
  };
}
