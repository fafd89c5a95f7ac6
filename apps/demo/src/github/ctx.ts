// What the routes of the local GitHub share.
import type { Bare } from './bare.ts';
import type { Hooks } from './hooks.ts';
import type { Repo, Store } from './store.ts';

export interface Ctx {
  readonly store: Store;
  readonly bare: Bare;
  readonly hooks: Hooks;
  readonly base: string;
  /** How far lists lag behind, as GitHub's sometimes do; for tests. */
  readonly staleMs: number;
}
export interface Ask {
  readonly user: string;
  readonly repo: Repo;
  readonly m: RegExpMatchArray;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}
export type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };
