// Settings with their defaults filled in, each field for itself. What was never set has its default; what can't be read has the
// strictest value there is, and is named. Pure.
import { own } from '../flow/look.ts';
import { ITEM_KINDS, type ItemKind } from '../flow/events.ts';
import type { QuietHours } from '../flow/notices.ts';
import { DEFAULTS, ProjectSettings, Settings } from './http.ts';

export interface OwnerSettings {
  readonly chatModel: string;
  readonly maxRuns: number;
  readonly dayBudgetCents: number | null;
  readonly notifyKinds: readonly ItemKind[];
  readonly quietHours: QuietHours | null;
  /** Fields that could not be read. */
  readonly unreadable: readonly string[];
}

export interface ResolvedProjectSettings {
  readonly model: string;
  readonly budgetCents: number;
  readonly dayBudgetCents: number | null;
  readonly maxRuns: number;
  readonly maxMinutes: number;
  readonly setupCommand: string | null;
  /** Where no set-up command is set: whether one is found from the repository's files. */
  readonly findSetup: boolean;
  readonly verifyCommand: string | null;
  readonly permissions: 'sandbox' | 'ask';
  readonly allowRules: readonly string[];
  readonly egress: 'registries' | 'none' | readonly string[];
  readonly skipPlan: boolean;
  /** Fields that could not be read. */
  readonly unreadable: readonly string[];
}

/** What stands in for a field that can't be read: the least of what it may allow. */
export const STRICTEST = {
  model: DEFAULTS.chatModel,
  budgetCents: 1,
  dayBudgetCents: 1,
  maxRuns: 1,
  maxMinutes: 1,
  setupCommand: null,
  findSetup: false,
  verifyCommand: null,
  permissions: 'ask',
  allowRules: [],
  egress: 'none',
  skipPlan: false,
} as const satisfies Omit<ResolvedProjectSettings, 'unreadable'>;

const STRICTEST_OWN = { chatModel: DEFAULTS.chatModel, maxRuns: 1, dayBudgetCents: 1, notifyKinds: ITEM_KINDS, quietHours: null } as const;

interface Readable {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: unknown };
}

/**
 * @param raw what the database holds; undefined where it holds nothing
 * @param shape a reader for each field
 * @returns the fields that were set and could be read; the strictest value of each that could not, and its name
 */
function fieldByField<T extends object>(
  raw: unknown,
  shape: Readonly<Record<string, Readable>>,
  strictest: Readonly<Record<string, unknown>>,
): { set: T; unreadable: string[] } {
  if (raw === undefined) return { set: {} as T, unreadable: [] };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { set: { ...strictest } as T, unreadable: Object.keys(shape) };
  const set: [string, unknown][] = [];
  const unreadable: string[] = [];
  for (const [field, reader] of Object.entries(shape)) {
    if (!Object.hasOwn(raw, field)) continue;
    const r = reader.safeParse(own(raw as Record<string, unknown>, field));
    if (!r.success) unreadable.push(field);
    set.push([field, r.success ? r.data : own(strictest, field)]);
  }
  return { set: Object.fromEntries(set) as T, unreadable };
}

export function resolveProjectSettings(raw: unknown): ResolvedProjectSettings {
  const { set: s, unreadable } = fieldByField<ProjectSettings>(raw, ProjectSettings.shape, STRICTEST);
  return {
    model: s.model ?? DEFAULTS.taskModel,
    budgetCents: s.budgetCents ?? DEFAULTS.budgetCents,
    dayBudgetCents: s.dayBudgetCents ?? null,
    maxRuns: s.maxRuns ?? DEFAULTS.maxRuns,
    maxMinutes: s.maxMinutes ?? DEFAULTS.maxMinutes,
    setupCommand: s.setupCommand?.trim() || null,
    findSetup: s.findSetup ?? true,
    verifyCommand: s.verifyCommand?.trim() || null,
    permissions: s.permissions ?? 'sandbox',
    allowRules: s.allowRules ?? [],
    egress: s.egress ?? 'registries',
    skipPlan: s.skipPlan ?? false,
    unreadable,
  };
}

export function resolveSettings(raw: unknown): OwnerSettings {
  const { set: s, unreadable } = fieldByField<Settings>(raw, Settings.shape, STRICTEST_OWN);
  return {
    chatModel: s.chatModel ?? DEFAULTS.chatModel,
    maxRuns: s.maxRuns ?? DEFAULTS.maxRuns,
    dayBudgetCents: s.dayBudgetCents ?? null,
    notifyKinds: s.notifyKinds ?? ITEM_KINDS,
    quietHours: s.quietHours ?? null,
    unreadable,
  };
}

const WORDS: Readonly<Record<string, string>> = {
  model: 'the model',
  chatModel: 'the chat model',
  budgetCents: 'dollars a task',
  dayBudgetCents: 'dollars a day',
  maxRuns: 'agents at once',
  maxMinutes: 'minutes a run',
  setupCommand: 'the set-up command',
  findSetup: 'whether set-up is found',
  verifyCommand: 'the verify command',
  permissions: 'whether agents ask',
  allowRules: 'what is allowed without asking',
  egress: 'what the sandbox may reach',
  skipPlan: 'whether plans are skipped',
  notifyKinds: 'what devices are told of',
  quietHours: 'quiet hours',
};

/** @returns null when every field could be read */
export function unreadableWords(fields: readonly string[], of: string): string | null {
  if (fields.length === 0) return null;
  return `These settings of ${of} can't be read, so the strictest values count for them: ${fields.map((f) => own(WORDS, f) ?? f).join(', ')}. Set them again.`;
}
