// The worker's last look at the place that tasks run in, one row that is written over.
import { CHECKUP_KEY, type Check, type Checkup } from '../flow/checkup.ts';
import { OWNER } from '../flow/ids.ts';
import { one, type Queryable } from './pool.ts';

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
