// What each kind of item is called, on a card and on the command line.
import type { ItemKind } from './events.ts';

export const KIND = {
  question: 'Question',
  plan: 'Plan',
  review: 'Review',
  ci_files: 'CI files',
  guardrail: 'Guardrail',
  gate: 'Held back',
  pr_closed: 'Closed',
  failure: 'Failed',
  permission: 'Permission',
  campfire: 'Campfire',
  recurring: 'Recurring',
  automation: 'Automation',
  workflow: 'WORKFLOW.md',
  stuck: 'Stuck',
} satisfies Record<ItemKind, string>;
