// Which packages a run was given, for its story: each once, gathered for a moment, and no more than a person would look through.
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
  /** Names that were told already. */
  told: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Keeps together what runs were given, and writes it to their story in one piece.
 * @param onError an event that could not be written
 */
export function teller(db: Db, onError: (err: unknown) => void) {
  const runs = new Map<string, Given>();

  const tell = async (runId: string): Promise<void> => {
    const g = runs.get(runId);
    if (!g) return;
    if (g.timer !== null) clearTimeout(g.timer);
    g.timer = null;
    const fresh = [...g.names].slice(g.told);
    if (fresh.length === 0) return;
    const shown = fresh.slice(0, Math.max(0, MAX_NAMES - g.told));
    g.told = g.names.size;
    await withTx(db, (tx) =>
      append(
        tx,
        [
          packagesFetched.new({
            taskId: g.run.task_id,
            actor: 'mainloop',
            payload: { runId, packages: shown, more: fresh.length - shown.length },
          }),
        ],
        g.run.owner_id,
      ),
    );
  };

  return {
    /** @param name "npm is-odd@3.0.1" */
    given(run: Given['run'], name: string): void {
      const g = runs.get(run.id) ?? { run, names: new Set<string>(), told: 0, timer: null };
      runs.set(run.id, g);
      if (g.names.size > MAX_NAMES * 20 || g.names.has(name)) return;
      g.names.add(name);
      g.timer ??= setTimeout(() => void tell(run.id).catch(onError), GATHER_MS).unref();
    },
    /** What is not told yet of a run that ends. Never rejects. */
    async end(runId: string): Promise<void> {
      await tell(runId).catch(onError);
      runs.delete(runId);
    },
    /** The same of all of them. */
    async all(): Promise<void> {
      await Promise.all([...runs.keys()].map((id) => tell(id).catch(onError)));
    },
  };
}
