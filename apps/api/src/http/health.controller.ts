import { Controller, Inject } from '@nestjs/common';
import type { Given } from '@mainloop/models/contracts/routes';
import { readCheckup, settingsChecks } from '@mainloop/models/db/health/checkup';
import { count, countTasks, ping } from '@mainloop/models/db/health/health';
import type { Db } from '@mainloop/models/db/pool';
import { checksOf } from '@mainloop/models/flow/machine/checkup';
import type { ApiConfig } from '../config.ts';
import type { Hub } from '../stream/hub.ts';
import { CONFIG, DB, HUB } from '../tokens.ts';
import { Route } from './route.ts';

@Controller()
export class HealthController {
  private readonly db: Db;
  private readonly hub: Hub;
  private readonly config: ApiConfig;
  constructor(@Inject(DB) db: Db, @Inject(HUB) hub: Hub, @Inject(CONFIG) config: ApiConfig) {
    this.db = db;
    this.hub = hub;
    this.config = config;
  }

  @Route('getHealth')
  async health(): Promise<Given<'getHealth'>> {
    await ping(this.db);
    return { ok: true, demo: this.config.demo };
  }

  @Route('checkUp')
  async checkup(): Promise<Given<'checkUp'>> {
    return [...checksOf(await readCheckup(this.db), Date.now()), ...(await settingsChecks(this.db))];
  }

  /** Prometheus text (exposition format 0.0.4). Few names, no ids: ids belong into logs. */
  @Route('getMetrics')
  async metrics(): Promise<Given<'getMetrics'>> {
    const tasks = await countTasks(this.db);
    const counts = await count(this.db);
    const line = (name: string, type: string, help: string, rows: string[]): string =>
      `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${rows.join('\n')}\n`;
    return [
      line(
        'mainloop_tasks',
        'gauge',
        'Tasks by state',
        tasks.map((t) => `mainloop_tasks{state="${t.state}"} ${t.n}`),
      ),
      line('mainloop_runs_active', 'gauge', 'Agent runs that are starting or running', [
        `mainloop_runs_active ${counts.runs}`,
      ]),
      line('mainloop_inbox_open', 'gauge', 'Inbox items that wait for a person', [
        `mainloop_inbox_open ${counts.open}`,
      ]),
      line('mainloop_outbox_unsent', 'gauge', 'Outbox rows that have not reached Temporal', [
        `mainloop_outbox_unsent ${counts.unsent}`,
      ]),
      line('mainloop_outbox_lag_seconds', 'gauge', 'Age of the oldest unsent outbox row', [
        `mainloop_outbox_lag_seconds ${counts.lag.toFixed(3)}`,
      ]),
      line('mainloop_cost_dollars_total', 'counter', 'Money spent on models by all tasks', [
        `mainloop_cost_dollars_total ${counts.cost.toFixed(6)}`,
      ]),
      line('mainloop_stream_readers', 'gauge', 'Open live streams of this replica', [
        `mainloop_stream_readers ${this.hub.readers}`,
      ]),
    ].join('');
  }
}
