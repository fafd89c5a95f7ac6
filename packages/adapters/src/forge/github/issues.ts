// Issues, and what is said below them; a pull request is one too.
import type { Forge, ForgeComment, Outcome } from '../port.ts';
import { ensured, type GitHub } from './kit.ts';

/** @returns the part of the forge that is about issues, their comments and reactions */
export function issues({
  kit,
  split,
  call,
  author,
  isOurs,
}: GitHub): Pick<
  Forge,
  'ensureIssue' | 'ensureComment' | 'ensureClosed' | 'readClosing' | 'listIssueComments' | 'listReactions'
> {
  const recent = async (repo: string) =>
    kit.issues.listForRepo({
      ...split(repo),
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: 100,
    });
  return {
    ensureIssue: (input) =>
      call(`the issue in ${input.repo}`, async () => {
        const body = `${input.body}\n\n${input.marker}`;
        const ours = await isOurs();
        const there =
          input.known !== null
            ? (await kit.issues.get({ ...split(input.repo), issue_number: input.known })).data
            : (await recent(input.repo)).data.find((x) => !x.pull_request && ours(x, input.marker));
        if (!there) {
          const made = (await kit.issues.create({ ...split(input.repo), title: input.title, body })).data;
          return ensured(made, 'created');
        }
        if (sameText(there.body, body) && there.title === input.title) return ensured(there, 'unchanged');
        return ensured(
          (
            await kit.issues.update({
              ...split(input.repo),
              issue_number: there.number,
              title: input.title,
              body,
            })
          ).data,
          'updated',
        );
      }),

    ensureComment: (input) =>
      call(`a comment in ${input.repo}`, async () => {
        const body = `${input.body}\n\n${input.marker}`;
        const ours = await isOurs();
        const there = (
          await kit.paginate(kit.issues.listComments, {
            ...split(input.repo),
            issue_number: input.number,
            per_page: 100,
          })
        ).find((x) => ours(x, input.marker));
        if (!there && input.known !== undefined) {
          await kit.issues.updateComment({ ...split(input.repo), comment_id: input.known, body });
          return { id: input.known, outcome: 'updated' };
        }
        if (!there)
          return {
            id: (await kit.issues.createComment({ ...split(input.repo), issue_number: input.number, body }))
              .data.id,
            outcome: 'created',
          };
        if (sameText(there.body, body)) return { id: there.id, outcome: 'unchanged' };
        await kit.issues.updateComment({ ...split(input.repo), comment_id: there.id, body });
        return { id: there.id, outcome: 'updated' };
      }),

    ensureClosed: (repo, number) =>
      call(`#${number}`, async (): Promise<Outcome> => {
        const i = (await kit.issues.get({ ...split(repo), issue_number: number })).data;
        if (i.state === 'closed') return 'unchanged';
        await kit.issues.update({ ...split(repo), issue_number: number, state: 'closed' });
        return 'updated';
      }),

    readClosing: (repo, number) =>
      call(`#${number}`, async () => {
        const i = (await kit.issues.get({ ...split(repo), issue_number: number })).data;
        return { by: i.closed_by?.login ?? '', atIso: i.closed_at ?? '' };
      }),

    listIssueComments: (repo, number) =>
      call(`the comments of #${number}`, async () => {
        const by = await author();
        return (
          await kit.paginate(kit.issues.listComments, { ...split(repo), issue_number: number, per_page: 100 })
        ).map((comment): ForgeComment => ({
          id: comment.id,
          ...by(comment.user),
          body: comment.body ?? '',
          at: comment.created_at,
          path: null,
          line: null,
        }));
      }),

    listReactions: (repo, number) =>
      call(`the reactions of #${number}`, async () =>
        (
          await kit.paginate(kit.reactions.listForIssue, {
            ...split(repo),
            issue_number: number,
            per_page: 100,
          })
        ).map((reaction) => ({
          author: reaction.user?.login ?? '',
          content: reaction.content,
          at: reaction.created_at,
        })),
      ),
  };
}

/** GitHub may hand a body back with \r\n. */
const sameText = (a: string | null | undefined, b: string): boolean =>
  (a ?? '').replaceAll('\r\n', '\n') === b;
