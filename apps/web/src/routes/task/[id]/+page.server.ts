import { error } from '@sveltejs/kit';
import { render } from '#lib/server/markdown.ts';
import { read } from '#lib/server/read.ts';
import { storyOf } from '#lib/story.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ params, depends }) => {
  depends('app:live');
  const [t, diff] = await Promise.all([read().task(params.id), read().latestDiff(params.id)]);
  if (!t) error(404, 'There is no such task.');
  const { events, ...rest } = t;
  return {
    ...rest,
    diff,
    planHtml: t.plan ? render(t.plan) : '',
    promptHtml: render(t.prompt),
    items: t.items.map((i) => ({ ...i, html: render(i.plan ?? i.body) })),
    story: storyOf(events),
  };
};
