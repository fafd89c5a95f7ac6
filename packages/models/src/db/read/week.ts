// Attention and money, by week and day.
import { OWNER } from '../../flow/ids.ts';
import type { AttentionWeek, CostDay } from '../read-views.ts';
import type { Views } from './views.ts';

/** @returns what the page of the week reads */
export const week = ({ db, repoOf }: Views) => ({
  /** The attention ledger, newest week first: what the person was asked, what it cost them, and what came of it. */
  async attention(weeks: number): Promise<AttentionWeek[]> {
    const rows = await db.$queryRaw<
      {
        week: Date;
        items: bigint;
        measured: bigint;
        ms: bigint;
        taps: bigint;
        not_needed: bigint;
        waited_s: number | null;
        merged: bigint;
      }[]
    >`
      with w as (select generate_series(date_trunc('week', now()) - make_interval(weeks => ${weeks - 1}::int), date_trunc('week', now()), interval '1 week') as week)
      select w.week,
        count(i.id) as items, count(i.attention_ms) as measured, coalesce(sum(i.attention_ms), 0)::bigint as ms, coalesce(sum(i.taps), 0)::bigint as taps,
        count(*) filter (where i.not_needed) as not_needed,
        percentile_cont(0.5) within group (order by extract(epoch from i.answered_at - i.created_at))::float as waited_s,
        (select count(*) from events e where e.owner_id = ${OWNER} and e.type = 'pr.merged' and e.at >= w.week and e.at < w.week + interval '1 week') as merged
      from w left join inbox_items i on i.owner_id = ${OWNER} and i.state = 'answered' and i.answered_at >= w.week and i.answered_at < w.week + interval '1 week'
      group by w.week order by w.week desc`;
    return rows.map((row) => ({
      week: row.week,
      items: Number(row.items),
      measured: Number(row.measured),
      attentionMs: Number(row.ms),
      taps: Number(row.taps),
      notNeeded: Number(row.not_needed),
      medianWaitS: row.waited_s,
      merged: Number(row.merged),
    }));
  },

  /** What models cost on each of the last days, by project and model. Without a project it was the chat. */
  async costs(days: number): Promise<CostDay[]> {
    const since = new Date(Date.now() - days * 24 * 3_600_000);
    const rows = await db.costDay.findMany({
      where: { ownerId: OWNER, day: { gte: since } },
      orderBy: { day: 'desc' },
    });
    const repo = await repoOf(rows.map((r) => r.projectId).filter((id) => id !== ''));
    return rows.map((row) => ({
      day: row.day,
      repo: row.projectId === '' ? '' : (repo.get(row.projectId) ?? row.projectId),
      model: row.model,
      microusd: Number(row.microusd),
      tokens: Number(row.inputTokens) + Number(row.outputTokens),
    }));
  },
});
