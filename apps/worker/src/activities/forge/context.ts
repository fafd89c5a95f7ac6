// What all activities on the forge work with, and what several of them tell.
import type { Forge, PullInfo } from '@mainloop/adapters/forge/port';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { pullRequestClosed, pullRequestMerged, pullRequestReopened } from '@mainloop/models/events/forge';
import type { NewEvent } from '@mainloop/models/events/registry';
import type { Hit } from '@mainloop/network/failpoints';
import { lookAtChecks } from '../../checks.ts';
import { effects } from '../../effects.ts';

export interface ForgeDeps {
  readonly db: Db;
  readonly forge: Forge;
  readonly hit: Hit;
  readonly settleMs: number;
  /** How long a check may be pending before the person is told, in milliseconds. */
  readonly ciPatienceMs: number;
  /** How long nobody may have written before comments are taken up, in milliseconds. */
  readonly quietMs: number;
}

/** Appends one event about a task, in the name of mainloop. */
type Log = (
  task: TaskRow,
  make: (about: { readonly taskId: string; readonly actor: string }) => NewEvent,
) => Promise<unknown>;

export interface ForgeContext {
  readonly db: Db;
  readonly forge: Forge;
  readonly hit: Hit;
  /** How long nobody may have written before comments are taken up, in milliseconds. */
  readonly quietMs: number;
  readonly effect: ReturnType<typeof effects>;
  readonly checks: Parameters<typeof lookAtChecks>[0];
  readonly log: Log;
  /** The task's pull request as the forge has it now; null when it has none yet. */
  readonly pullOf: (task: TaskRow) => Promise<PullInfo | null>;
  /** @param sha of the merge, which is not that of the branch */
  readonly tellMerged: (task: TaskRow, number: number, sha: string | null) => Promise<unknown>;
  /** @returns who closed it, '' when the forge does not say, and when */
  readonly tellClosed: (task: TaskRow, number: number) => Promise<{ by: string; atIso: string }>;
  /** @param closedAt when it was closed before, which makes it told once for each time */
  readonly tellReopened: (task: TaskRow, number: number, closedAt: string) => Promise<unknown>;
}

/**
 * What the forge's activities share: effects with their intents, the log, and looks at the pull request.
 * @param deps waits in milliseconds
 */
export function forgeContext({ db, forge, hit, settleMs, ciPatienceMs, quietMs }: ForgeDeps): ForgeContext {
  const effect = effects({ db, hit, settleMs });
  const log: Log = (task, make) =>
    withTx(db, (tx) => append(tx, [make({ taskId: task.id, actor: 'mainloop' })], task.ownerId));
  return {
    db,
    forge,
    hit,
    quietMs,
    effect,
    checks: { db, forge, effect, patienceMs: ciPatienceMs, said: new Map() },
    log,
    pullOf: (t) => (t.prNumber === null ? Promise.resolve(null) : forge.getPull(t.repo, t.prNumber)),
    tellMerged: (task, number, sha) =>
      log(task, (about) => pullRequestMerged.new({ ...about, payload: { number, sha } })),
    tellClosed: async (task, number) => {
      const closing = await forge.readClosing(task.repo, number);
      const { by, atIso } = closing;
      await log(task, (about) =>
        pullRequestClosed.new({
          ...about,
          key: { at: atIso },
          payload: { number, ...(by === '' ? {} : { by }) },
        }),
      );
      return closing;
    },
    tellReopened: (task, number, closedAt) =>
      log(task, (about) => pullRequestReopened.new({ ...about, key: { closedAt }, payload: { number } })),
  };
}
