// A piece of the conversation as the page shows it.
import type { Piece } from '@mainloop/models/db/read';
import { taskLinksOf } from '@mainloop/models/flow/conversation/task-links';
import { render } from './markdown.ts';
import { read } from './read.ts';

export type ThreadPiece = Awaited<ReturnType<typeof threadPiece>>;
export type Said = ThreadPiece['thread'][number];

/**
 * A piece of the conversation, as a page shows it.
 * @param piece which one: the end, or from somewhere
 */
export async function threadPiece(piece: Piece) {
  const thread = await read().thread(piece);
  // What a reply lists is shown as cards that say how it is now, not how it was when it was said.
  const said = thread.items.map((item) =>
    item.message?.role === 'assistant'
      ? taskLinksOf(item.message.text)
      : { words: item.message?.text ?? '', ids: [] },
  );
  const tasks = new Map(
    (await read().tasksOf([...new Set(said.flatMap((s) => s.ids))])).map((task) => [task.id, task]),
  );
  return {
    draft: thread.draft,
    hasEarlier: thread.hasEarlier,
    hasLater: thread.hasLater,
    thread: thread.items.map(({ proposal, at, ...i }, n) => ({
      ...i,
      atIso: at.toISOString(),
      html: i.message && i.message.role !== 'user' ? render(said[n]!.words) : '',
      ...(proposal ? { proposal: { ...proposal, html: render(proposal.prompt) } } : {}),
      tasks: said[n]!.ids.flatMap((id) => tasks.get(id) ?? []),
    })),
  };
}

/** A place in the event log, from an address. @returns undefined for what is none */
export function placeIn(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
