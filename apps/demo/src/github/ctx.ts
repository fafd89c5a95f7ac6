// What the routes of the local GitHub share.
import type { Hit } from '@mainloop/network/failpoints';
import type { Bare } from './bare.ts';
import type { Hooks } from './hooks.ts';
import type { Issue, Repo, Store, WorkflowRun } from './store.ts';

export interface Ctx {
  readonly store: Store;
  readonly bare: Bare;
  readonly hooks: Hooks;
  readonly base: string;
  /** How far lists lag behind, as GitHub's sometimes do; for tests. */
  readonly staleMs: number;
  /** Where a test may end us. */
  readonly hit: Hit;
  /** Runs a workflow again on the same commit. */
  rerun(repo: Repo, run: WorkflowRun): void;
  /** Begins a run that waited for an approval. */
  letThrough(repo: Repo, run: WorkflowRun): void;
  /** What a branch that was moved sets off. */
  /** @param before where the branch stood; null: it is new */
  pushed(repo: Repo, branch: string, sha: string, before: string | null): void;
  /** What befell a pull request, for the workflows that wait for that. */
  befell(repo: Repo, pull: Issue, action: string): void;
}
export interface Ask {
  readonly user: string;
  readonly repo: Repo;
  readonly m: RegExpMatchArray;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  /** The media types that are wanted, as the header has them. */
  readonly accept: string;
  /** By a token of an App, whose permission was looked at already. */
  readonly isApp?: boolean;
  /** Set by what pages a list: the page after this one, if there is one. */
  nextPage?: number;
}
export interface Answer {
  readonly status: number;
  /** Goes out as JSON. */
  readonly body?: unknown;
  /** Goes out as it is, under the content type of the headers. */
  readonly text?: string;
  readonly headers?: Record<string, string>;
}
