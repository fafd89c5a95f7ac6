// Reviews, comments on lines and their threads.
import type { Forge, ForgeComment, ForgeThread, Outcome } from '../port.ts';
import type { GitHub } from './kit.ts';

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
  const lineComment = async (i: { repo: string; number: number; marker: string }) => {
    const ours = await isOurs();
    return (
      await kit.paginate(kit.pulls.listReviewComments, {
        ...split(i.repo),
        pull_number: i.number,
        per_page: 100,
      })
    ).find((c) => ours(c, i.marker));
  };
  return {
    ensureLineComment: (i) =>
      call(`a comment on ${i.path}`, async () => {
        const there = await lineComment(i);
        if (there) return { id: there.id, outcome: 'unchanged' as const };
        const side = i.side === 'old' ? 'LEFT' : 'RIGHT';
        const made = await kit.pulls.createReviewComment({
          ...split(i.repo),
          pull_number: i.number,
          commit_id: i.sha,
          path: i.path,
          body: `${i.body}\n\n${i.marker}`,
          line: i.line,
          side,
          ...(i.startLine === null || i.startLine === i.line
            ? {}
            : { start_line: i.startLine, start_side: side }),
        });
        return { id: made.data.id, outcome: 'created' as const };
      }),

    ensureReply: (i) =>
      call(`a reply in ${i.repo}`, async () => {
        const there = await lineComment(i);
        if (there) return { id: there.id, outcome: 'unchanged' as const };
        const made = await kit.pulls.createReplyForReviewComment({
          ...split(i.repo),
          pull_number: i.number,
          comment_id: i.inReplyTo,
          body: `${i.body}\n\n${i.marker}`,
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
          for (const t of page.nodes)
            threads.push({
              id: t.id,
              commentId: t.comments.nodes[0]?.databaseId ?? 0,
              resolved: t.isResolved,
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
        ).map((c): ForgeComment => ({
          id: c.id,
          ...by(c.user),
          body: c.body,
          at: c.created_at,
          path: c.path,
          line: c.line ?? null,
          inReplyTo: c.in_reply_to_id ?? null,
        }));
      }),
  };
}

/** GitHub offers review threads over GraphQL only (https://docs.github.com/graphql/reference/objects#pullrequestreviewthread). */
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
