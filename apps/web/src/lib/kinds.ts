// What each kind of item is called.
import type { ItemKind } from '@mainloop/models/flow/events';

export const KIND = {
  question: 'Question',
  plan: 'Plan',
  review: 'Review',
  ci_files: 'CI files',
  gate: 'Held back',
  pr_closed: 'Closed',
  failure: 'Failed',
  permission: 'Permission',
} satisfies Record<ItemKind, string>;
