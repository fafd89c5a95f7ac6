// The worker's last look at the place that tasks run in, one row that is written over.
import { CHECKUP_KEY, type Check, type Checkup } from '../../flow/checkup.ts';
import { OWNER } from '../../flow/ids.ts';
import { resolveProjectSettings, unreadableWords } from '../../contracts/settings.ts';
import { many, one, type Queryable } from '../pool.ts';
import { getSettings } from '../projects/settings.ts';

export async function saveCheckup(q: Queryable, checks: readonly Check[]): Promise<void> {
  await q.query(
    `insert into settings (owner_id, key, value) values ($1, $2, jsonb_build_object('at', now(), 'checks', $3::jsonb))
     on conflict (owner_id, key) do update set value = excluded.value`,
    [OWNER, CHECKUP_KEY, JSON.stringify(checks)],
  );
}

export async function readCheckup(q: Queryable): Promise<Checkup | null> {
  return (await one<{ value: Checkup }>(q, 'select value from settings where owner_id = $1 and key = $2', [OWNER, CHECKUP_KEY]))?.value ?? null;
}

/** Settings that can't be read, of the owner and of each project. Nothing when all is well. */
export async function settingsChecks(q: Queryable): Promise<readonly Check[]> {
  const projects = await many<{ repo: string; settings: unknown }>(q, 'select repo, settings from projects where owner_id = $1 order by repo', [
    OWNER,
  ]);
  const all = [
    unreadableWords((await getSettings(q, OWNER)).unreadable, 'yours'),
    ...projects.map((p) => unreadableWords(resolveProjectSettings(p.settings).unreadable, p.repo)),
  ];
  return all.filter((says) => says !== null).map((says) => ({ name: 'settings', ok: false, says }));
}
