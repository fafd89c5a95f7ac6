// Projects, settings and the check-up.
import { z } from 'zod';
import { CHECKUP_KEY, checksOf, type Check, type Checkup } from '../../flow/checkup.ts';
import { OWNER } from '../../flow/ids.ts';
import type { PauseView } from '../read-views.ts';
import type { Views } from './views.ts';

const checkup: z.ZodType<Checkup> = z.object({
  at: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), says: z.string() })),
});
const checkupIn = (json: unknown): Checkup | null => checkup.nullable().parse(json);

export const settings = ({ db }: Views) => ({
  projects: () =>
    db.project.findMany({ where: { ownerId: OWNER, removedAt: null }, orderBy: { createdAt: 'asc' } }),

  /** How many tasks of each project have not ended, by its id. */
  liveTasks: async (): Promise<Map<string, number>> =>
    new Map(
      (
        await db.task.groupBy({ by: ['projectId'], where: { ownerId: OWNER, endedAt: null }, _count: true })
      ).map((g) => [g.projectId, g._count]),
    ),

  /** Whether everything is paused, and what it holds up. */
  pause: async (): Promise<PauseView> => {
    const [pause, agents, queued] = await Promise.all([
      db.pause.findUnique({ where: { ownerId: OWNER } }),
      db.run.count({ where: { ownerId: OWNER, state: { in: ['starting', 'running'] } } }),
      db.run.count({ where: { ownerId: OWNER, state: 'queued' } }),
    ]);
    return { since: pause?.since ?? null, agents, queued };
  },

  settings: async (): Promise<unknown> =>
    (await db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: 'general' } } }))?.value ??
    {},

  checkup: async (): Promise<readonly Check[]> => {
    const row = await db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: CHECKUP_KEY } } });
    return checksOf(checkupIn(row?.value ?? null), Date.now());
  },
});
