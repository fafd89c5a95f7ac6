// Tasks that a message of the chat is about: links in its text, which the page shows as cards and a terminal
// as lines. Pure.
import { cleanTitle } from '../text.ts';

export interface NamedTask {
  readonly id: string;
  readonly title: string;
}

const ID = '[\\w-]{1,80}';
const LINE = new RegExp(`^- \\[[^\\]\\n]*\\]\\(/task/(${ID})\\)$`);
const LINK = new RegExp(`\\]\\(/task/(${ID})(?=[)?])`, 'g');

const idsIn = (text: string): string[] => [...text.matchAll(LINK)].map((m) => m[1]!);

/** @returns what was said, and behind it a line for each of the tasks that it does not link already */
export function withTaskLinks(said: string, tasks: readonly NamedTask[]): string {
  const named = new Set(idsIn(said));
  const lines = new Map(
    tasks
      .filter((t) => !named.has(t.id))
      .map((t) => [t.id, `- [${cleanTitle(t.title).replace(/[[\]\\]/g, '')}](/task/${t.id})`]),
  );
  return lines.size === 0
    ? said
    : [said.trimEnd(), [...lines.values()].join('\n')].filter(Boolean).join('\n\n');
}

/**
 * @returns the words without the lines at their end that only link a task, and the ids of all tasks that are
 * linked, each once
 */
export function taskLinksOf(text: string): { readonly words: string; readonly ids: readonly string[] } {
  const ids = [...new Set(idsIn(text))];
  const lines = text.trimEnd().split('\n');
  while (lines.length > 0 && LINE.test(lines.at(-1)!)) lines.pop();
  return { words: lines.join('\n').trimEnd(), ids };
}
