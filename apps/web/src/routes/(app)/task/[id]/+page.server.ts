import { error } from '@sveltejs/kit';
import { changedFiles } from '#lib/server/changes.ts';
import { failureOf, shownTaskItem } from '#lib/server/items.ts';
import { render } from '#lib/server/markdown.ts';
import { read } from '#lib/server/read.ts';
import { storyOf } from '@mainloop/models/events/story';
import type { PageServerLoad } from './$types';

/**
 * One task with its story.
 * @returns what the page shows of it
 * @throws 404 where there is none
 */
export const load: PageServerLoad = async ({ params, depends }) => {
  depends('app:live');
  const [task, review] = await Promise.all([read().task(params.id), read().review(params.id)]);
  if (!task) error(404, 'There is no such task.');
  const { events, ...rest } = task;
  const newest = review?.pushes[0];
  return {
    ...rest,
    files: newest ? await changedFiles(params.id, newest.id) : [],
    comments: review?.comments.length ?? 0,
    planHtml: task.plan ? render(task.plan) : '',
    promptHtml: render(task.prompt),
    items: await Promise.all(task.items.filter((i) => i.state === 'open').map(shownTaskItem)),
    story: storyOf(events),
    failure: task.items.some((i) => i.kind === 'failure' && i.state === 'open')
      ? await failureOf(params.id)
      : null,
  };
};
