// What the local GitHub remembers, in one SQLite file: documents by kind, kept in memory and written through.
import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseSync } from 'node:sqlite';

export interface Doc {
  id: number;
}
export interface Repo extends Doc {
  full: string;
  /**
   * The folder of this machine that it was made from, without links in it; absent: none, or made before this
   * was noted.
   */
  folder?: string;
  defaultBranch: string;
  createdAt: string;
  /** What it was called before; these names lead to it. */
  former?: readonly string[];
  /** Of the default branch, as a ruleset would have them; none without it. */
  rules?: RepoRules;
}
export interface RepoRules {
  /** Checks without which nothing is merged. */
  readonly required?: readonly string[];
  /** Ways to merge; all without it. */
  readonly methods?: readonly string[];
  readonly mergeQueue?: boolean;
  readonly reviews?: number;
  /** What it has not; all of it without this. */
  readonly without?: readonly ('drafts' | 'issues')[];
  /** What its issues may be called, as its organisation has it; nothing without it. */
  readonly issueTypes?: readonly string[];
  /** Nothing is changed in it any more. */
  readonly archived?: boolean;
  /** So much is written into it by one account in a minute; without it, as much as comes. */
  readonly contentPerMinute?: number;
  /** Environments in which nothing begins before somebody approves it. */
  readonly held?: readonly string[];
  /** Every push is refused with these words, as a pre-receive hook says them. */
  readonly refusesPushes?: string;
}
export interface Issue extends Doc {
  repo: string;
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  user: string;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  /** Absent while it is open, and on what was closed before this was noted. */
  closedBy?: string | null;
  /** Why it was closed, as REST has it; "completed" without it. */
  stateReason?: string;
  /** Logins; nobody without it. */
  assignees?: readonly string[];
  /** Names; none without it. */
  labels?: readonly string[];
  /** One of `issueTypes`. */
  issueType?: string;
  /** Only who may write says something there. */
  locked?: boolean;
  lockReason?: string | null;
  pr: null | {
    head: string;
    base: string;
    headSha: string;
    baseSha: string;
    draft: boolean;
    merged: boolean;
    mergedAt: string | null;
    mergeSha: string | null;
    /** A merge that is being done: what its base becomes, and from what. Whoever starts after a kill does the rest. */
    merging?: Merging;
  };
}
/** A number that an issue had: deleted, or moved to where it is now. */
interface Gone extends Doc {
  repo: string;
  number: number;
  readonly to: { readonly repoId: number; readonly number: number } | null;
}
export interface Merging {
  readonly sha: string;
  readonly from: string;
  readonly message: string;
}
export interface Label extends Doc {
  repo: string;
  name: string;
  /** Six hex digits. */
  color: string;
  description: string | null;
  createdAt: string;
}
/** A push that is being taken; `before` is where the branches stood. */
export interface Pushing extends Doc {
  repo: string;
  user: string;
  before: [branch: string, sha: string][];
  /** Its line in the list of calls stands; then all that follows from it has begun. */
  state: 'taken' | 'noted' | 'told';
}
/**
 * What workflows may wait for. It is here until all runs that it starts are listed: whoever starts after a
 * kill does the rest.
 */
export interface Happening extends Doc {
  repo: string;
  branch: string;
  sha: string;
  /** Of a push: where the branch stood. */
  before: string | null;
  /** What befell a pull request; null for a push. */
  pull: { readonly number: number; readonly action: string } | null;
}
export interface Comment extends Doc {
  repo: string;
  number: number;
  body: string;
  user: string;
  createdAt: string;
  updatedAt: string;
}
export interface Review extends Doc {
  repo: string;
  number: number;
  body: string;
  state: 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED' | 'PENDING';
  user: string;
  sha: string;
  /** '' while it is pending: only who writes it sees it. */
  submittedAt: string;
}
export interface ReviewComment extends Doc {
  repo: string;
  number: number;
  reviewId: number;
  body: string;
  path: string;
  line: number | null;
  user: string;
  sha: string;
  createdAt: string;
  /** Of the last edit; absent: never. */
  updatedAt?: string;
  inReplyTo: number | null;
  /** On the first comment of a thread. */
  resolved?: boolean;
}
export interface Reaction extends Doc {
  repo: string;
  number: number;
  content: string;
  user: string;
  createdAt: string;
}
export interface WorkflowRun extends Doc {
  repo: string;
  name: string;
  path: string;
  branch: string;
  sha: string;
  /** What set it off; a push without it. */
  event?: string;
  /** The how many-th run of the same on this commit; the first without it. */
  attempt?: number;
  status: string;
  conclusion: string | null;
  createdAt: string;
  updatedAt: string;
}
/** A job and its check run share the id, as they do on GitHub. */
export interface Job extends Doc {
  repo: string;
  runId: number;
  name: string;
  sha: string;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  log: string;
  /** The environment that held it back. */
  environment?: string;
  /** What its check says of itself. */
  note?: string;
  /** What is written beside it: of a failed job each line that says why; none without it. */
  annotations?: readonly string[];
  /** In order; none for a job of which nothing ran, and for those from before they were noted. */
  steps?: readonly JobStep[];
}
export interface JobStep {
  readonly name: string;
  readonly conclusion: 'success' | 'failure' | 'skipped';
  readonly startedAt: string;
  readonly completedAt: string;
  /** How many lines of the job's log are this step's; they follow those of the step before. */
  readonly lines: number;
}
export interface Status extends Doc {
  repo: string;
  sha: string;
  context: string;
  state: string;
  description?: string | null;
  createdAt: string;
}
/** A GitHub App; its id is what it signs as. */
export interface App extends Doc {
  slug: string;
  owner: string;
  /** PEM; the private half is the App's alone. */
  publicKey: string;
  permissions: Readonly<Record<string, string>>;
  createdAt: string;
}
export interface Installation extends Doc {
  appId: number;
  /** Whose repositories. */
  account: string;
  /** Full names; null: all of them, also those to come. */
  repositories: readonly string[] | null;
  permissions: Readonly<Record<string, string>>;
  suspendedAt: string | null;
  createdAt: string;
}
export interface AppToken extends Doc {
  /** SHA-256. */
  hash: string;
  installationId: number;
  /** Ids; null: all of the installation's. */
  repositories: readonly number[] | null;
  permissions: Readonly<Record<string, string>>;
  expiresAt: string;
}
export interface Call extends Doc {
  at: string;
  method: string;
  path: string;
  status: number;
  user: string | null;
  body: unknown;
}

interface Kinds {
  repo: Repo;
  issue: Issue;
  gone: Gone;
  comment: Comment;
  review: Review;
  reviewComment: ReviewComment;
  reaction: Reaction;
  run: WorkflowRun;
  job: Job;
  status: Status;
  label: Label;
  call: Call;
  pushing: Pushing;
  happening: Happening;
  app: App;
  installation: Installation;
  appToken: AppToken;
}
export type Kind = keyof Kinds;

export class Store {
  private readonly db: DatabaseSync;
  private readonly docs = new Map<Kind, Map<number, Doc>>();
  private next = 1000;
  private readonly madeAt = new WeakMap<Doc, number>();
  private readonly asked = new AsyncLocalStorage<{ readonly call: Omit<Call, 'id'>; noted: Call | null }>();

  constructor(file: string) {
    this.db = new DatabaseSync(file);
    this.db.exec(
      'pragma journal_mode=wal; pragma synchronous=normal; create table if not exists docs (kind text, id integer primary key, data text)',
    );
    for (const r of this.db.prepare('select kind, id, data from docs order by id').all() as {
      kind: Kind;
      id: number;
      data: string;
    }[]) {
      this.of(r.kind).set(r.id, JSON.parse(r.data) as Doc);
      this.next = Math.max(this.next, r.id + 1);
    }
  }

  insert<K extends Kind>(kind: K, doc: Omit<Kinds[K], 'id'>): Kinds[K] {
    return this.noting(kind, () => {
      const full = { ...doc, id: this.next++ } as Kinds[K];
      this.of(kind).set(full.id, full);
      this.madeAt.set(full, Date.now());
      this.db.prepare('insert into docs values (?,?,?)').run(kind, full.id, JSON.stringify(full));
      return full;
    });
  }

  update<K extends Kind>(kind: K, doc: Kinds[K], change: Partial<Kinds[K]>): Kinds[K] {
    return this.noting(kind, () => {
      Object.assign(doc, change);
      this.db.prepare('update docs set data = ? where id = ?').run(JSON.stringify(doc), doc.id);
      return doc;
    });
  }

  remove<K extends Kind>(kind: K, doc: Kinds[K]): void {
    this.noting(kind, () => {
      this.of(kind).delete(doc.id);
      this.db.prepare('delete from docs where id = ?').run(doc.id);
    });
  }

  /**
   * Does what a call asks for. The call is written down together with the first thing that it changes, or at
   * its end.
   */
  during<T extends { readonly status: number }>(call: Omit<Call, 'id'>, act: () => Promise<T>): Promise<T> {
    const asked = { call, noted: null as Call | null };
    return this.asked.run(asked, async () => {
      const done = await act();
      if (asked.noted === null) asked.noted = this.insert('call', { ...call, status: done.status });
      else if (asked.noted.status !== done.status) this.update('call', asked.noted, { status: done.status });
      return done;
    });
  }

  private noting<T>(kind: Kind, write: () => T): T {
    const asked = this.asked.getStore();
    if (kind === 'call' || asked === undefined || asked.noted !== null) return write();
    this.db.exec('begin');
    asked.noted = this.insert('call', asked.call);
    const done = write();
    this.db.exec('commit');
    return done;
  }

  find<K extends Kind>(kind: K, is: (record: Kinds[K]) => boolean = () => true): Kinds[K][] {
    return [...this.of(kind).values()].filter((d) => is(d as Kinds[K])) as Kinds[K][];
  }

  one<K extends Kind>(kind: K, is: (record: Kinds[K]) => boolean): Kinds[K] | undefined {
    for (const doc of this.of(kind).values()) if (is(doc as Kinds[K])) return doc as Kinds[K];
    return undefined;
  }

  /** Made less than `ms` ago: a list that lags behind does not show it yet. */
  isNew(doc: Doc, ms: number): boolean {
    return Date.now() - (this.madeAt.get(doc) ?? 0) < ms;
  }

  close(): void {
    this.db.close();
  }

  private of(kind: Kind): Map<number, Doc> {
    let kept = this.docs.get(kind);
    if (!kept) this.docs.set(kind, (kept = new Map()));
    return kept;
  }
}

/** @returns without parts of a second, as GitHub has times */
export const nowIso = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
