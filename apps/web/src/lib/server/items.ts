// An item as its card shows it: words rendered, a held change as lines and never as markup.
import type { ItemView } from '@mainloop/models/db/read';
import { readDiff, type DiffFile } from '@mainloop/models/flow/diff';
import { readHeld } from '@mainloop/models/flow/held';
import { render } from './markdown.ts';

export type ShownItem = ItemView & { html: string; held: readonly DiffFile[] };

export function shownItem(i: ItemView): ShownItem {
  if (i.kind !== 'ci_files') return { ...i, html: render(i.plan ?? i.body), held: [] };
  const { sentence, diff } = readHeld(i.body);
  return { ...i, html: render(sentence), held: readDiff(diff).files };
}
