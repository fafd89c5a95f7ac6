import { taskLinksOf } from '@mainloop/models/flow/task-links';
import { render } from '#lib/server/markdown.ts';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const t = await read().thread();
  // What a reply lists is shown as cards that say how it is now, not how it was when it was said.
  const said = t.items.map((i) => (i.message?.role === 'assistant' ? taskLinksOf(i.message.text) : { words: i.message?.text ?? '', ids: [] }));
  const tasks = new Map((await read().tasksOf([...new Set(said.flatMap((s) => s.ids))])).map((task) => [task.id, task]));
  return {
    draft: t.draft,
    // For the first message only.
    repos: t.items.length === 0 ? (await read().projects()).map((p) => p.name) : [],
    thread: t.items.map(({ proposal, ...i }, n) => ({
      ...i,
      html: i.message && i.message.role !== 'user' ? render(said[n]!.words) : '',
      ...(proposal ? { proposal: { ...proposal, html: render(proposal.prompt) } } : {}),
      tasks: said[n]!.ids.flatMap((id) => tasks.get(id) ?? []),
    })),
  };
};
