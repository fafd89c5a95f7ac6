// The Forge port: where the code lives and people talk about it. Verbs say "ensure": asking again changes nothing.
import type { CommitAuthor } from '@mainloop/models/flow/forge/author';
import type { CiFacts } from '@mainloop/models/flow/ci/verdict';
import type { ForgeText } from '@mainloop/models/flow/forge/text';
import type { IssueFields } from '@mainloop/models/flow/forge/issue-template';
import { sayRefusal, type MergeRefusal } from '@mainloop/models/flow/forge/merging';
import type { News } from '@mainloop/models/flow/forge/news';
import type { Verdict } from '@mainloop/models/flow/forge/requests';
import type { ListedFile, OpenIssue } from '@mainloop/models/flow/projects/suggestions';
import type { MergeMethod } from '@mainloop/models/flow/workflow';

/** `disabled`: the repository has no such thing, as one without issues. */
export type ForgeErrorKind =
  'rate_limited' | 'not_found' | 'disabled' | 'forbidden' | 'auth' | 'rejected' | 'unavailable';
export class ForgeError extends Error {
  readonly kind: ForgeErrorKind;
  readonly retryAfterMs: number;
  constructor(kind: ForgeErrorKind, message: string, retryAfterMs = 0) {
    super(message);
    this.name = 'ForgeError';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
/** A merge that the forge refuses, with the reason by name. */
export class MergeRefused extends ForgeError {
  readonly why: MergeRefusal;
  /** In the forge's words. */
  readonly said: string;
  constructor(why: MergeRefusal, said: string) {
    super('rejected', sayRefusal(why, said));
    this.why = why;
    this.said = said;
  }
}
/** @returns whether the same call may go through later */
export const isRetryable = (kind: ForgeErrorKind): boolean =>
  kind === 'rate_limited' || kind === 'unavailable';

export type Outcome = 'created' | 'updated' | 'unchanged';
export interface Ensured {
  readonly number: number;
  readonly url: string;
  readonly outcome: Outcome;
  /** When it was last changed, as the forge says; ISO, in whole seconds. */
  readonly at: string;
}
export interface RepoInfo {
  readonly full: string;
  readonly defaultBranch: string;
  readonly cloneUrl: string;
  readonly empty: boolean;
  /** The newest commit of the default branch; null while it is empty. */
  readonly tip: string | null;
  readonly canPush: boolean;
  /** It has a branch that is called as the folder of our branches, so that it can hold none of them. */
  readonly isInOurWay: boolean;
}
/** Of a repository, what may change under a task. */
export interface RepoNow {
  readonly full: string;
  readonly defaultBranch: string;
  readonly cloneUrl: string;
  /** Nothing can be changed in it. */
  readonly isArchived: boolean;
}
export interface ForgeComment {
  readonly id: number;
  readonly author: string;
  /**
   * By the account that we use. With a personal token that is the person too; only with a marker besides it
   * is ours.
   */
  readonly mine: boolean;
  /** By an app, as the forge says. Accounts that behave as a machine may be none. */
  readonly bot: boolean;
  readonly body: string;
  /**
   * When it was written; of a review, when it was sent. What was written in a review that was sent later
   * carries the earlier time.
   */
  readonly at: string;
  readonly path: string | null;
  readonly line: number | null;
  /** The comment on a line that this one replies to. */
  readonly inReplyTo?: number | null;
}
/** A comment on a line, from anywhere in a repository. */
export interface OldLineComment extends ForgeComment {
  /** The number of its pull request. */
  readonly pull: number;
  /** Where a person reads it. */
  readonly url: string;
}
/** A comment of ours on lines of a pull request. */
export interface LineComment {
  readonly repo: string;
  readonly number: number;
  readonly marker: string;
  readonly body: ForgeText;
  readonly sha: string;
  readonly path: string;
  readonly side: 'old' | 'new';
  readonly startLine: number | null;
  readonly line: number;
}
export interface ForgeFile {
  readonly path: string;
  read(): Promise<Uint8Array>;
}
export interface ForgeThread {
  readonly id: string;
  readonly commentId: number;
  readonly resolved: boolean;
}
export interface ForgeCommit {
  readonly sha: string;
  readonly title: string;
  /** Account or, of a commit that belongs to none, name. */
  readonly author: string;
  /** It has two parents or more. */
  readonly isMerge: boolean;
}
export interface PullInfo {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  /** The branch that it goes into. */
  readonly base: string;
  /** Where that stood when the pull request was made or last pushed to. */
  readonly baseSha: string;
  readonly headSha: string;
  readonly mergeSha: string | null;
  /**
   * Whether it merges into its base without a conflict; null while the forge does not know, which it does a
   * moment after a look.
   */
  readonly fits: boolean | null;
}

/**
 * What the forge tells of a commit, and what of it this token may not read, by name: `sayUnreadable` makes a
 * sentence of it.
 */
export interface SeenChecks extends CiFacts {
  readonly unreadable: readonly string[];
}

/** What a poller remembers of one repository: ETags by address, and a fingerprint of each thing it has seen. */
export interface ForgeMemory {
  readonly etags: Map<string, string>;
  readonly seen: Map<string, string>;
}
/** @returns what a repository is first asked with: nothing has been seen of it */
export const freshMemory = (): ForgeMemory => ({ etags: new Map(), seen: new Map() });

export interface Forge {
  whoAmI(): Promise<string>;
  /** Whose commits are made with the token; null where it belongs to no user, as that of an app. */
  whoCommits(): Promise<CommitAuthor | null>;
  getRepo(full: string): Promise<RepoInfo>;
  /** Whether a branch has a folder of that name, with `/` in it. */
  hasFolder(full: string, branch: string, folder: string): Promise<boolean>;
  /** All files of a commit. `isWhole`: false where there are more than the forge lists at once. */
  listFiles(
    repo: string,
    sha: string,
  ): Promise<{ readonly files: readonly ListedFile[]; readonly isWhole: boolean }>;
  /** A file of a commit; null where it is none, no text, or larger than a megabyte. */
  readText(repo: string, sha: string, path: string): Promise<string | null>;
  /** The newest hundred open issues that are not ours; none where they may not be read. */
  listOpenIssues(repo: string): Promise<readonly OpenIssue[]>;
  /**
   * The repository's template for pull requests, of its default branch; null where it has none, or it may not
   * be read.
   */
  readPullTemplate(repo: string): Promise<string | null>;
  /** Those for issues, by the names of their files; the first ten of them. */
  readIssueTemplates(repo: string): Promise<{ readonly name: string; readonly text: string }[]>;
  /** What a repository is called now: one that was renamed or transferred is found under its old name too. */
  findNow(full: string): Promise<RepoNow>;
  /**
   * One issue a task; `disabled` where the repository has none. Found again by its marker in one of our own,
   * its body brought up to date. `fields`: what it is made with; whoever changes that later has changed it.
   * @returns `unset`: what of the fields it was made without, because there is no such thing, or the token
   * may not set it
   */
  ensureIssue(comment: {
    repo: string;
    marker: string;
    title: ForgeText;
    body: ForgeText;
    known: number | null;
    fields?: IssueFields;
  }): Promise<Ensured & { readonly unset?: IssueFields }>;
  ensureDraftPr(comment: {
    repo: string;
    marker: string;
    title: ForgeText;
    body: ForgeText;
    head: string;
    base: string;
  }): Promise<Ensured>;
  /**
   * One comment for each marker. `known`: its id, where it was made before; a list that lags behind may not
   * show it yet.
   */
  ensureComment(comment: {
    repo: string;
    number: number;
    marker: string;
    body: ForgeText;
    known?: number;
  }): Promise<{ id: number; outcome: Outcome }>;
  /**
   * Puts a label on an issue or a pull request, or takes it off. One that the repository does not have is made.
   * Names are told apart as the forge does, without regard to capitals.
   */
  ensureLabel(label: { repo: string; number: number; name: string; isOn: boolean }): Promise<Outcome>;
  /** One comment on lines for each marker. `rejected` when those lines are not part of the change any more. */
  ensureLineComment(comment: LineComment): Promise<{ id: number; outcome: Outcome }>;
  /** One reply for each marker, under a comment on a line. */
  ensureReply(comment: {
    repo: string;
    number: number;
    inReplyTo: number;
    marker: string;
    body: ForgeText;
  }): Promise<{ id: number; outcome: Outcome }>;
  /** Threads on lines, by the id of their first comment. */
  listThreads(repo: string, number: number): Promise<readonly ForgeThread[]>;
  ensureThread(repo: string, thread: ForgeThread, resolved: boolean): Promise<Outcome>;
  ensureReady(repo: string, number: number): Promise<Outcome>;
  /** Takes a "ready" back. `rejected` where the repository has no drafts. */
  ensureDraft(repo: string, number: number): Promise<Outcome>;
  /** Ways to merge that the repository allows; null where it does not tell. */
  mergeMethods(repo: string): Promise<readonly MergeMethod[] | null>;
  /**
   * Merges exactly this commit.
   * @throws MergeRefused when the forge says no; `unavailable` when the base moved just then
   * @param message of the commit that a squash or a merge makes: the forge's own would repeat those of the
   * agent
   */
  ensureMerged(
    repo: string,
    number: number,
    headSha: string,
    method: MergeMethod,
    message: { readonly title: ForgeText; readonly body: ForgeText },
  ): Promise<{ sha: string | null; outcome: Outcome }>;
  /** @returns how many commits of the base a commit does not have */
  countBehind(repo: string, base: string, sha: string): Promise<number>;
  /**
   * Has the forge merge the base into the branch of a pull request, if its head is this commit. It does so in
   * its own time: what comes of it is seen at the branch. `unchanged`: the head is another, or has all of the
   * base.
   * @throws MergeRefused with `conflicts`
   */
  ensureUpdated(repo: string, number: number, headSha: string): Promise<Outcome>;
  /** Puts it into the repository's merge queue, bound to this commit. */
  ensureQueued(repo: string, number: number, headSha: string): Promise<Outcome>;
  /**
   * Whether the repository merges into this branch through a queue of its own; false where the rules may not
   * be read.
   */
  hasQueue(repo: string, base: string): Promise<boolean>;
  /** Whether it stands in the repository's merge queue. */
  isQueued(repo: string, number: number): Promise<boolean>;
  /**
   * What changes from where two commits part to the second, as git writes a diff; '' where the forge does not
   * have one of them any more, null where it is too large to be had.
   */
  readDiff(repo: string, from: string, to: string): Promise<string | null>;
  /** The commits of a pull request, oldest first. */
  listCommits(repo: string, number: number): Promise<readonly ForgeCommit[]>;
  ensureClosed(repo: string, number: number): Promise<Outcome>;
  /** Opens a pull request that was closed. `rejected` when it can't be, as when its branch is gone. */
  ensureReopened(repo: string, number: number): Promise<Outcome>;
  /** Who closed an issue or pull request, '' where that is not told, and when (ISO; '' while it is open). */
  readClosing(repo: string, number: number): Promise<{ by: string; atIso: string }>;
  /**
   * Files beside the code, where no branch and no CI sees them: pictures for a comment. What is there already
   * is not sent again.
   * @param comment `ref`: without "refs/"; `files`: each at the top, under a name that stands for what is in
   * it
   * @returns the address of each, in their order; whoever may see the repository sees what is there
   */
  ensureFiles(comment: {
    repo: string;
    ref: string;
    message: ForgeText;
    files: readonly ForgeFile[];
  }): Promise<{ urls: string[]; outcome: Outcome }>;
  ensureRefGone(repo: string, ref: string): Promise<Outcome>;
  ensureBranchGone(repo: string, branch: string): Promise<Outcome>;
  getPull(repo: string, number: number): Promise<PullInfo>;
  /** @param base the branch that it is to be merged into: its rules say what is required */
  listChecks(repo: string, sha: string, base: string): Promise<SeenChecks>;
  /** Runs what did not run to its end once more. @returns how much of it the forge took up */
  ensureRerun(repo: string, sha: string): Promise<{ asked: number }>;
  /** The log of a job, at most `maxBytes` of its end. */
  jobLog(repo: string, jobId: number, maxBytes: number): Promise<string>;
  /**
   * All comments, whoever wrote them: on the issue or pull request, in reviews, on lines. A time would leave
   * out what was sent late.
   */
  listIssueComments(repo: string, number: number): Promise<readonly ForgeComment[]>;
  listReviews(repo: string, number: number): Promise<readonly (ForgeComment & { verdict: Verdict })[]>;
  listReviewComments(repo: string, number: number): Promise<readonly ForgeComment[]>;
  /** Comments on lines of all pull requests, the newest first, so many at most. */
  listNewestLineComments(repo: string, most: number): Promise<readonly OldLineComment[]>;
  listReactions(
    repo: string,
    number: number,
  ): Promise<readonly { author: string; content: string; at: string }[]>;
  mayWrite(repo: string, login: string): Promise<boolean>;
  /**
   * What changed in the repository since the last call with the same memory: issues and pull requests
   * (reactions too, for which GitHub sends no webhook), branches whose CI moved, and the base. Conditional:
   * an unchanged answer costs no rate limit. With an empty memory everything it sees is news.
   */
  changed(repo: string, base: string, memory: ForgeMemory): Promise<News>;
}
