// Settings of the owner and of each project, with their defaults filled in.
import { DEFAULTS, ProjectSettings, Settings } from '../contracts/http.ts';
import { ITEM_KINDS, type ItemKind } from '../flow/events.ts';
import type { QuietHours } from '../flow/notices.ts';
import { one, type Queryable } from './pool.ts';

export interface OwnerSettings {
  readonly chatModel: string;
  readonly maxRuns: number;
  readonly dayBudgetCents: number | null;
  readonly notifyKinds: readonly ItemKind[];
  readonly quietHours: QuietHours | null;
}

export async function getSettings(q: Queryable, ownerId: string): Promise<OwnerSettings> {
  const row = await one<{ value: unknown }>(q, "select value from settings where owner_id = $1 and key = 'general'", [ownerId]);
  const s = Settings.safeParse(row?.value ?? {}).data ?? {};
  return {
    chatModel: s.chatModel ?? DEFAULTS.chatModel,
    maxRuns: s.maxRuns ?? DEFAULTS.maxRuns,
    dayBudgetCents: s.dayBudgetCents ?? null,
    notifyKinds: s.notifyKinds ?? ITEM_KINDS,
    quietHours: s.quietHours ?? null,
  };
}

export async function saveSettings(q: Queryable, ownerId: string, s: Settings): Promise<void> {
  await q.query(
    `insert into settings (owner_id, key, value) values ($1, 'general', $2) on conflict (owner_id, key) do update set value = settings.value || excluded.value`,
    [ownerId, JSON.stringify(s)],
  );
}

export interface ResolvedProjectSettings {
  readonly model: string;
  readonly budgetCents: number;
  readonly dayBudgetCents: number | null;
  readonly maxRuns: number;
  readonly maxMinutes: number;
  readonly setupCommand: string | null;
  readonly verifyCommand: string | null;
  readonly permissions: 'sandbox' | 'ask';
  readonly allowRules: readonly string[];
  readonly egress: 'registries' | 'none' | readonly string[];
  readonly skipPlan: boolean;
}

export function resolveProjectSettings(raw: unknown): ResolvedProjectSettings {
  const s = ProjectSettings.safeParse(raw ?? {}).data ?? {};
  return {
    model: s.model ?? DEFAULTS.taskModel,
    budgetCents: s.budgetCents ?? DEFAULTS.budgetCents,
    dayBudgetCents: s.dayBudgetCents ?? null,
    maxRuns: s.maxRuns ?? DEFAULTS.maxRuns,
    maxMinutes: s.maxMinutes ?? DEFAULTS.maxMinutes,
    setupCommand: s.setupCommand?.trim() || null,
    verifyCommand: s.verifyCommand?.trim() || null,
    permissions: s.permissions ?? 'sandbox',
    allowRules: s.allowRules ?? [],
    egress: s.egress ?? 'registries',
    skipPlan: s.skipPlan ?? false,
  };
}
