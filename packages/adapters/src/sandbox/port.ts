// The Sandbox port: where a run's process lives. Every verb may be asked again; asking again changes nothing.
import type { Check } from '@mainloop/models/flow/machine/checkup';
import type { CommitAuthor } from '@mainloop/models/flow/forge/author';
import type { SandboxLimit } from '@mainloop/models/flow/runs/limits';

export interface SandboxRun {
  readonly taskId: string;
  readonly runId: string;
  readonly epoch: number;
  /** The run's token for the gateway. The only secret that enters a sandbox, and it dies with the run. */
  readonly token: string;
  /** "owner/name", to find the shared mirror of the repository. */
  readonly repo: string;
  /**
   * What the project says of its set-up, for a sandbox that can keep one for the next task. Left out: nothing
   * is to be kept.
   */
  readonly setup?: ProjectSetup;
  /** Whose commits the agent's are. Left out: nobody's account. */
  readonly author?: CommitAuthor;
}

export interface ProjectSetup {
  /** The branch that its tasks start from. */
  readonly base: string;
  /** The project's own command; null: one is looked for. */
  readonly command: string | null;
  /** Of the repository, where it runs; left out: its top. */
  readonly folder?: string;
}

export type SandboxStatus =
  | { readonly kind: 'running'; readonly runId: string; readonly epoch: number }
  | {
      readonly kind: 'exited';
      readonly runId: string;
      readonly epoch: number;
      readonly detail: string;
      readonly over?: 'disk';
    }
  /** It has not started and will not by waiting; the sentence says what a person has to do. */
  | { readonly kind: 'stuck'; readonly runId: string; readonly epoch: number; readonly sentence: string }
  | { readonly kind: 'none' };

/** A sandbox met one of its limits. */
export interface LimitHit {
  readonly taskId: string;
  readonly runId: string;
  readonly limit: SandboxLimit;
  /** The limit itself: processes, or MiB. */
  readonly max: number;
}

/** `setup` errors carry a sentence for the person; nothing was left running. */
export class SandboxError extends Error {
  readonly kind: 'unavailable' | 'setup';
  constructor(kind: 'unavailable' | 'setup', message: string) {
    super(message);
    this.name = 'SandboxError';
    this.kind = kind;
  }
}

export interface Sandbox {
  /** Makes the place a task works in. */
  provision(taskId: string): Promise<void>;
  /** Starts the runner of one run. A run that is already there under the same epoch is left alone. */
  start(run: SandboxRun): Promise<void>;
  status(taskId: string): Promise<SandboxStatus>;
  /** Ends whatever runs in it. The place stays. */
  stop(taskId: string): Promise<void>;
  /** Ends whatever runs in it and removes the place. */
  release(taskId: string): Promise<void>;
  /** Task ids of all places that exist, so that orphans can be found. */
  list(): Promise<readonly string[]>;
  /** Places that were released and do not go away, each with the reason in the machine's own words. */
  stuck(): Promise<readonly { taskId: string; reason: string; forMs: number }[]>;
  /** Whether runs can live there at all, in words for a person. Never throws. */
  checkup(): Promise<readonly Check[]>;
}
