// Issues, and what is said below them; a pull request is one too.
import type { IssueFields } from '@mainloop/models/flow/forge/issue-template';
import { ForgeError, type Forge, type ForgeComment, type Outcome } from '../port.ts';
import { isStatus } from './errors.ts';
import { ensured, type GitHub } from './kit.ts';

const NO_FIELDS: IssueFields = { labels: [], assignees: [], type: '' };

async function keep(names: readonly string[], is: (name: string) => Promise<boolean>): Promise<string[]> {
  const kept: string[] = [];
  for (const name of names) if (await is(name)) kept.push(name);
  return kept;
}

interface Made {
  readonly labels?: readonly (string | { readonly name?: string })[];
  readonly assignees?: readonly { readonly login: string }[] | null;
  readonly type?: { readonly name: string } | null;
}
/** To whoever may not push it drops them without a word. @returns null where the issue has all of them */
function lacks(wanted: IssueFields, made: Made): IssueFields | null {
  const without = (names: readonly string[], there: readonly (string | undefined)[]): string[] => {
    const has = new Set(there.map((name) => name?.toLowerCase()));
    return names.filter((name) => !has.has(name.toLowerCase()));
  };
  const labels = without(
    wanted.labels,
    (made.labels ?? []).map((label) => (typeof label === 'string' ? label : label.name)),
  );
  const assignees = without(
    wanted.assignees,
    (made.assignees ?? []).map((person) => person.login),
  );
  const [type = ''] = without(wanted.type === '' ? [] : [wanted.type], [made.type?.name]);
  return labels.length + assignees.length === 0 && type === '' ? null : { labels, assignees, type };
}

/** Whether an issue was moved to another repository; one that is called otherwise now has it still. */
async function isElsewhere(
  { kit, split }: Pick<GitHub, 'kit' | 'split'>,
  repo: string,
  known: number,
  there: { readonly number: number; readonly repository_url?: string },
): Promise<boolean> {
  if (there.number !== known) return true;
  const isIn = (full: string): boolean =>
    there.repository_url === undefined ||
    there.repository_url.toLowerCase().endsWith(`/repos/${full.toLowerCase()}`);
  return !isIn(repo) && !isIn((await kit.repos.get(split(repo))).data.full_name);
}

/** @returns the part of the forge that is about issues, their comments and reactions */
export function issues({
  kit,
  split,
  call,
  author,
  isOurs,
}: GitHub): Pick<
  Forge,
  | 'ensureIssue'
  | 'ensureComment'
  | 'ensureLabel'
  | 'ensureClosed'
  | 'readClosing'
  | 'listIssueComments'
  | 'listReactions'
> {
  const recent = async (repo: string) =>
    kit.issues.listForRepo({
      ...split(repo),
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: 100,
    });
  const is = async (asking: Promise<unknown>): Promise<boolean> => {
    try {
      await asking;
      return true;
    } catch (err) {
      // Whatever may not be asked may not be set either.
      if (isStatus(err, 403, 404)) return false;
      throw err;
    }
  };
  /** GitHub makes a label that it does not know, and refuses the whole issue for a person whom it does not. */
  const known = async (repo: string, { labels, assignees, type }: IssueFields): Promise<IssueFields> => ({
    labels: await keep(labels, (name) => is(kit.issues.getLabel({ ...split(repo), name }))),
    assignees: await keep(assignees, (assignee) =>
      is(kit.issues.checkUserCanBeAssigned({ ...split(repo), assignee })),
    ),
    type,
  });
  const create = async (
    repo: string,
    words: { readonly title: string; readonly body: string },
    fields: IssueFields = NO_FIELDS,
  ): ReturnType<Forge['ensureIssue']> => {
    const plain = { ...split(repo), ...words };
    const { labels, assignees, type } = await known(repo, fields);
    const extra = {
      ...(labels.length > 0 ? { labels: [...labels] } : {}),
      ...(assignees.length > 0 ? { assignees: [...assignees] } : {}),
      ...(type === '' ? {} : { type }),
    };
    const { data } = await kit.issues.create({ ...plain, ...extra }).catch((err: unknown) => {
      if ((err as { status?: number }).status !== 422 || Object.keys(extra).length === 0) throw err;
      return kit.issues.create(plain);
    });
    const unset = lacks(fields, data);
    return unset === null ? ensured(data, 'created') : { ...ensured(data, 'created'), unset };
  };
  return {
    ensureIssue: (input) =>
      call(`the issue in ${input.repo}`, async () => {
        const body = `${input.body}\n\n${input.marker}`;
        const ours = await isOurs();
        const there =
          input.known !== null
            ? (await kit.issues.get({ ...split(input.repo), issue_number: input.known })).data
            : (await recent(input.repo)).data.find((x) => !x.pull_request && ours(x, input.marker));
        if (!there) return create(input.repo, { title: input.title, body }, input.fields);
        // Its number leads to where it was moved to; there, it may have another one, which here is somebody else's.
        if (input.known !== null && (await isElsewhere({ kit, split }, input.repo, input.known, there)))
          return { ...ensured(there, 'unchanged'), number: input.known };
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
        if (!there) {
          const said = { ...split(input.repo), issue_number: input.number, body };
          const { id } = (await kit.issues.createComment(said)).data as { readonly id?: number };
          // Led elsewhere a write becomes a read, and is answered with a list.
          if (id === undefined) throw new ForgeError('rejected', movedWords(input.repo, input.number));
          return { id, outcome: 'created' };
        }
        if (sameText(there.body, body)) return { id: there.id, outcome: 'unchanged' };
        await kit.issues.updateComment({ ...split(input.repo), comment_id: there.id, body });
        return { id: there.id, outcome: 'updated' };
      }),

    ensureLabel: ({ repo, number, name, isOn }) =>
      call(`the label ${name} on #${number}`, async (): Promise<Outcome> => {
        const at = { ...split(repo), issue_number: number };
        // An issue has a hundred labels at most.
        const { data } = await kit.issues.listLabelsOnIssue({ ...at, per_page: 100 });
        const has = data.find((label) => label.name.toLowerCase() === name.toLowerCase());
        if ((has !== undefined) === isOn) return 'unchanged';
        if (has === undefined) await kit.issues.addLabels({ ...at, labels: [name] });
        else await kit.issues.removeLabel({ ...at, name: has.name });
        return 'updated';
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

const movedWords = (repo: string, number: number): string =>
  `#${number} of ${repo} was moved to another repository, so nothing can be written on it. Answer here, in mainloop.`;

/** GitHub may hand a body back with \r\n. */
const sameText = (a: string | null | undefined, b: string): boolean =>
  (a ?? '').replaceAll('\r\n', '\n') === b;
