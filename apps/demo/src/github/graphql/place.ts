// What the parts of the local GitHub's GraphQL stand on: who asks, what a view is, how something is refused.
import { GraphQLError } from 'graphql';
import type { Rights } from '../apps.ts';
import type { Answer, Ctx } from '../ctx.ts';
import type { Comment, Issue, Job, Label, Reaction, Repo, Review, ReviewComment } from '../store.ts';

/**
 * An object of GitHub's schema: each field a value, or a function of its arguments. What it does not name is
 * told to be missing.
 */
export type View = Readonly<Record<string, unknown>>;

/** One request's place. */
export interface Place {
  readonly c: Ctx;
  /** Login of who asks. */
  readonly user: string;
  /** Of a token of an App; all of it without. */
  readonly rights?: Rights | undefined;
  /** The same change over REST, so that both ways do the same. */
  rest(method: string, path: string, body: Record<string, unknown>): Promise<Answer>;
  /** What follows from a pull request that is no draft any more. */
  onReady(pull: Issue): void;
  readonly view: Views;
}

/** One for each kind of object; here, because they all name each other. */
export interface Views {
  user(place: Place, login: string): View;
  repository(place: Place, repo: Repo): View;
  issue(place: Place, issue: Issue): View;
  pull(place: Place, pull: Issue): View;
  comment(place: Place, on: Issue, comment: Comment): View;
  review(place: Place, on: Issue, review: Review): View;
  thread(place: Place, on: Issue, root: ReviewComment): View;
  label(place: Place, label: Label): View;
  commit(place: Place, repo: Repo, commit: CommitFacts): View;
  checkRun(place: Place, repo: Repo, job: Job): View;
  reactions(place: Place, all: readonly Reaction[]): View[];
}

/** Of one commit, as git tells it; the times in ISO 8601. */
export interface CommitFacts {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}
export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

/**
 * An issue or a pull request, as what it is.
 * @returns an `Issue` or a `PullRequest`
 */
export const viewOf = (place: Place, issue: Issue): View =>
  issue.pr === null ? place.view.issue(place, issue) : place.view.pull(place, issue);

/** @throws GraphQLError for an argument that is given and that the local GitHub does not heed */
export function heeds(field: string, args: object, known: readonly string[]): void {
  const other = Object.entries(args).find(
    ([name, value]) => value != null && value !== false && !known.includes(name),
  )?.[0];
  if (other !== undefined)
    throw refused('NOT_IMPLEMENTED', `The local GitHub does not heed the argument "${other}" of ${field}.`);
}

/** @param type as GitHub's answers have it beside the message */
export const refused = (type: string, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { type } });

/** @returns null for what is no id of ours */
export function readGlobalId(id: string): { kind: string; id: number } | null {
  const thread = /^PRRT_(\d+)$/.exec(id)?.[1];
  if (thread !== undefined) return { kind: 'Thread', id: Number(thread) };
  const match = /^(\w+):(\d+)$/.exec(Buffer.from(id, 'base64url').toString());
  return match ? { kind: match[1]!, id: Number(match[2]) } : null;
}

/** @param full owner/name, in any case */
export const repoOf = ({ c, rights }: Place, full: string): Repo | undefined =>
  c.store.one(
    'repo',
    (r) => r.full.toLowerCase() === full.toLowerCase() && (rights === undefined || rights.reaches(r)),
  );
/** @returns the repository: an issue is never without one */
export const repoOfIssue = ({ c }: Place, issue: Issue): Repo =>
  c.store.one('repo', (r) => r.full === issue.repo)!;
