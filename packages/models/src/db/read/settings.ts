// Projects, settings and the check-up.
import { z } from 'zod';
import { suggestion } from '../../events/shapes.ts';
import { CHECKUP_KEY, checksOf, type Check, type Checkup } from '../../flow/checkup.ts';
import { accountsOf, spentOf } from '../../flow/holds.ts';
import { OWNER } from '../../flow/ids.ts';
import {
  beginningsAt,
  hasLimit,
  limitsIn,
  PERIOD_FIELD,
  raisedCents,
  spentWords,
  type Spent,
} from '../../flow/money.ts';
import { resolveProjectSettings, resolveSettings } from '../../contracts/settings.ts';
import { PARAMETER_KINDS } from '../../flow/skills.ts';
import type { PauseView, SkillView, SpentLimitView } from '../read-views.ts';
import { saySuggestion } from '../../flow/suggestions.ts';
import type { Views } from './views.ts';

const checkup: z.ZodType<Checkup> = z.object({
  at: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), says: z.string() })),
});
const checkupIn = (json: unknown): Checkup | null => checkup.nullable().parse(json);

const skillParameters = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(PARAMETER_KINDS),
    choices: z.array(z.string()).optional(),
    fallback: z.string().optional(),
  }),
);

const generalOf = async (db: Views['db']): Promise<unknown> =>
  (await db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: 'general' } } }))?.value;

/** As `readSpent` says it, for the pages. */
async function spentBy(db: Views['db'], nowMs: number): Promise<Map<string, Spent>> {
  const began = beginningsAt(nowMs);
  const days = await db.costDay.findMany({
    where: { ownerId: OWNER, day: { gte: began.week < began.month ? began.week : began.month } },
    select: { projectId: true, day: true, microusd: true },
  });
  return new Map(
    [...Map.groupBy(days, (d) => d.projectId)].map(([projectId, of]) => {
      const since = (first: Date): number =>
        of.reduce((sum, d) => (d.day >= first ? sum + Number(d.microusd) : sum), 0);
      return [projectId, { day: since(began.day), week: since(began.week), month: since(began.month) }];
    }),
  );
}
/** In words; one of a kind that this version does not know is left out. */
const suggestionsIn = (json: unknown): string[] =>
  z
    .array(z.unknown())
    .parse(json)
    .flatMap((one) => suggestion.safeParse(one).data ?? [])
    .map(saySuggestion);

/** @returns what the pages read of settings and projects */
export const settings = ({ db }: Views) => ({
  projects: async () =>
    (
      await db.project.findMany({
        where: { ownerId: OWNER, removedAt: null },
        orderBy: { createdAt: 'asc' },
      })
    ).map((project) => ({ ...project, suggestions: suggestionsIn(project.suggestions) })),

  /** How many tasks of each project have not ended, by its id. */
  liveTasks: async (): Promise<Map<string, number>> =>
    new Map(
      (
        await db.task.groupBy({ by: ['projectId'], where: { ownerId: OWNER, endedAt: null }, _count: true })
      ).map((g) => [g.projectId, g._count]),
    ),

  skills: async (): Promise<SkillView[]> => {
    const kept = await db.skill.findMany({ where: { ownerId: OWNER }, orderBy: { name: 'asc' } });
    return kept.map((s) => ({
      name: s.name,
      prompt: s.prompt,
      parameters: skillParameters.parse(s.parameters),
      projectId: s.projectId,
    }));
  },

  /** Whether everything is paused, and what it holds up. */
  pause: async (): Promise<PauseView> => {
    const [pause, agents, queued] = await Promise.all([
      db.pause.findUnique({ where: { ownerId: OWNER } }),
      db.run.count({ where: { ownerId: OWNER, state: { in: ['starting', 'running'] } } }),
      db.run.count({ where: { ownerId: OWNER, state: 'queued' } }),
    ]);
    return { since: pause?.since ?? null, agents, queued };
  },

  /** Limits of money that are spent, so that new work waits: the owner's first. */
  spentLimits: async (): Promise<readonly SpentLimitView[]> => {
    const mine = resolveSettings(await generalOf(db));
    const projects = await db.project.findMany({ where: { ownerId: OWNER, removedAt: null } });
    const limited = projects.map(({ id, name, settings: kept }) => ({
      id,
      name,
      limits: limitsIn(resolveProjectSettings(kept)),
    }));
    if (![limitsIn(mine), ...limited.map(({ limits }) => limits)].some(hasLimit)) return [];
    const accounts = accountsOf(limitsIn(mine), limited, await spentBy(db, Date.now()));
    return spentOf(accounts).map((hold) => ({
      ...hold,
      field: PERIOD_FIELD[hold.period],
      raisedCents: raisedCents(
        hold.cents,
        accounts.find(({ projectId }) => projectId === hold.projectId)?.spent[hold.period] ?? 0,
      ),
      sentence: spentWords(hold),
    }));
  },

  settings: async (): Promise<unknown> => (await generalOf(db)) ?? {},

  checkup: async (): Promise<readonly Check[]> => {
    const row = await db.setting.findUnique({ where: { ownerId_key: { ownerId: OWNER, key: CHECKUP_KEY } } });
    return checksOf(checkupIn(row?.value ?? null), Date.now());
  },
});
