// Which packages a run was given, for its story: each once, gathered for a moment, and no more than a person
// would look through.
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { packagesFetched } from '@mainloop/models/events/runs';

const GATHER_MS = 10_000;
/** Of one run. What is beyond is counted. */
const MAX_NAMES = 500;

interface Given {
  readonly run: Pick<RunByToken, 'id' | 'task_id' | 'owner_id'>;
  readonly names: Set<string>;
  /** How many of them stand in the story. */
  reported: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Keeps together what runs were given, and writes it to their story in one piece.
 * @param onError an event that could not be written
 */
export function packageReports(db: Db, onError: (err: unknown) => void) {
  const runs = new Map<string, Given>();

  const report = async (runId: string): Promise<void> => {
    const given = runs.get(runId);
    if (!given) return;
    if (given.timer !== null) clearTimeout(given.timer);
    given.timer = null;
    const fresh = [...given.names].slice(given.reported);
    if (fresh.length === 0) return;
    const shown = fresh.slice(0, Math.max(0, MAX_NAMES - given.reported));
    given.reported = given.names.size;
    await withTx(db, (tx) =>
      append(
        tx,
        [
          packagesFetched.new({
            taskId: given.run.task_id,
            actor: 'mainloop',
            payload: { runId, packages: shown, more: fresh.length - shown.length },
          }),
        ],
        given.run.owner_id,
      ),
    );
  };

  return {
    /** @param name "npm is-odd@3.0.1" */
    given(run: Given['run'], name: string): void {
      const given = runs.get(run.id) ?? { run, names: new Set<string>(), reported: 0, timer: null };
      runs.set(run.id, given);
      if (given.names.size > MAX_NAMES * 20 || given.names.has(name)) return;
      given.names.add(name);
      given.timer ??= setTimeout(() => void report(run.id).catch(onError), GATHER_MS).unref();
    },
    /** What is not reported yet of a run that ends. Never rejects. */
    async end(runId: string): Promise<void> {
      await report(runId).catch(onError);
      runs.delete(runId);
    },
    /** The same of all of them. */
    async all(): Promise<void> {
      await Promise.all([...runs.keys()].map((id) => report(id).catch(onError)));
    },
  };
}
