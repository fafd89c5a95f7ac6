// Projects, settings and the check-up.
import { z } from 'zod';
import { suggestion } from '../../events/shapes.ts';
import { CHECKUP_KEY, checksOf, type Check, type Checkup } from '../../flow/machine/checkup.ts';
import { accountsOf, spentOf } from '../../flow/runs/holds.ts';
import { OWNER } from '../../flow/ids.ts';
import {
  beginningsAt,
  hasLimit,
  limitsIn,
  PERIOD_FIELD,
  raisedCents,
  spentWords,
  type Spent,
} from '../../flow/money/money.ts';
import { RuleFile, type AutomationFile } from '../../contracts/automations.ts';
import { resolveProjectSettings, resolveSettings } from '../../contracts/settings.ts';
import { PARAMETER_KINDS } from '../../flow/conversation/skills.ts';
import type { RecurringOutcome } from '../../flow/conversation/recurring.ts';
import { listQueued, type QueuedTask } from '../runs/slots.ts';
import type { FiringState } from '../../flow/automations/rule.ts';
import { ruleText } from '../../flow/automations/text.ts';
import { sentenceOf } from '../../flow/automations/sentence.ts';
import type { AutomationView, PauseView, RecurringView, SkillView, SpentLimitView } from '../read-views.ts';
import { offeredEvents } from '../automations/offered.ts';
import { listRuleFiles } from '../automations/repository.ts';
import { nextOf } from '../recurring/next.ts';
import { saySuggestion } from '../../flow/projects/suggestions.ts';
import type { KeptWorkflow } from '../../flow/projects/workflow-file.ts';
import type { Views } from './views.ts';

const checkup: z.ZodType<Checkup> = z.object({
  at: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), says: z.string() })),
});
const checkupIn = (json: unknown): Checkup | null => checkup.nullable().parse(json);

/** Written by our own projection; what the file sets was checked when it was read. */
const keptWorkflow = z.object({
  digest: z.string(),
  file: z.object({ given: z.record(z.string(), z.unknown()), template: z.string() }).nullable(),
  problem: z.string(),
});

const shownProject = <P extends { suggestions: unknown; workflow: unknown }>(project: P) => ({
  ...project,
  suggestions: suggestionsIn(project.suggestions),
  workflow: keptWorkflow.nullable().parse(project.workflow) as KeptWorkflow | null,
});

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

/** As `listAutomations` says it, for the pages: the last five times of a rule. */
async function firingsOf(db: Views['db'], automationId: string): Promise<AutomationView['came']> {
  const firings = await db.automationFiring.findMany({
    where: { automationId },
    orderBy: { seq: 'desc' },
    take: 5,
  });
  const events = await db.event.findMany({
    where: { seq: { in: firings.map(({ seq }) => seq) } },
    select: { seq: true, at: true },
  });
  const atOf = new Map(events.map(({ seq, at }) => [seq, at]));
  return firings.map(({ seq, dueAt, state, says }) => ({
    seq: Number(seq),
    at: atOf.get(seq) ?? dueAt,
    dueAt,
    state: state as FiringState,
    says,
  }));
}

/** As `listRecurring` says it, for the pages: the last five times of a plan. */
async function cameOf(db: Views['db'], recurringId: string, now: Date): Promise<RecurringView['came']> {
  const times = await db.recurringTime.findMany({
    where: { recurringId },
    orderBy: { dueAt: 'desc' },
    take: 5,
  });
  const proposals = await db.proposal.findMany({
    where: { id: { in: times.flatMap((time) => time.proposalId ?? []) } },
  });
  const tasks = await db.task.findMany({
    where: { id: { in: proposals.flatMap((proposal) => proposal.taskId ?? []) } },
    select: { id: true, createdAt: true, endedAt: true },
  });
  return times.map(({ dueAt, cameAt, outcome, sentence, proposalId }) => {
    const proposal = proposals.find(({ id }) => id === proposalId);
    const task = tasks.find(({ id }) => id === proposal?.taskId);
    const isOver = proposal?.state === 'open' && proposal.expiresAt <= now;
    return {
      dueAt,
      cameAt,
      sentence,
      outcome: outcome as RecurringOutcome,
      proposal: isOver ? 'expired' : ((proposal?.state as RecurringView['came'][number]['proposal']) ?? null),
      taskId: task?.id ?? null,
      startedAt: task?.createdAt ?? null,
      finishedAt: task?.endedAt ?? null,
    };
  });
}

/** @returns what the pages read of settings and projects */
export const settings = ({ db, queryable, repoOf }: Views) => ({
  projects: async () =>
    (
      await db.project.findMany({
        where: { ownerId: OWNER, removedAt: null },
        orderBy: { createdAt: 'asc' },
      })
    ).map(shownProject),

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

  /** Skills that come by themselves. */
  recurring: async (): Promise<RecurringView[]> => {
    const now = new Date();
    const plans = await db.recurring.findMany({
      where: { ownerId: OWNER },
      orderBy: [{ skill: 'asc' }, { id: 'asc' }],
    });
    const repos = await repoOf(plans.flatMap((plan) => plan.projectId ?? []));
    return Promise.all(
      plans.map(async ({ ownerId: _, since: __, updatedAt: ___, given, ...plan }) => ({
        ...plan,
        given: z.record(z.string(), z.string()).parse(given),
        project: plan.projectId === null ? null : (repos.get(plan.projectId) ?? null),
        next: plan.paused ? [] : nextOf(plan.cron, plan.zone, now.getTime()),
        came: await cameOf(db, plan.id, now),
      })),
    );
  },

  /** What a rule can wait for. */
  offeredEvents,

  automationFiles: (): Promise<AutomationFile[]> => listRuleFiles(queryable, OWNER),

  automations: async (): Promise<AutomationView[]> => {
    const all = await db.automation.findMany({ where: { ownerId: OWNER }, orderBy: { name: 'asc' } });
    return Promise.all(
      all.map(async ({ id, name, rule, version, paused, problem }) => {
        const read = RuleFile.parse(rule);
        return {
          id,
          name,
          version,
          paused,
          problem,
          text: ruleText(read),
          sentence: sentenceOf(read),
          came: await firingsOf(db, id),
        };
      }),
    );
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

  /** Why each task waits whose next run is queued. */
  queued: (): Promise<QueuedTask[]> => listQueued(queryable, OWNER),

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
