// What to say to somebody who comes back. Asked once a visit, so it is not part of what the pages load again and again.
import { json } from '@sveltejs/kit';
import { pausedWords } from '@mainloop/models/flow/runs/paused';
import { greetingOf } from '#lib/chat/greeting.ts';
import { render } from '#lib/server/markdown.ts';
import { read } from '#lib/server/read.ts';
import type { RequestHandler } from './$types';

/**
 * What happened while the person was away.
 * @returns JSON, for the greeting above the conversation
 */
export const GET: RequestHandler = async () => {
  const result = read();
  const [away, inbox, pause, spent] = await Promise.all([
    result.away(),
    result.inbox(),
    result.pause(),
    result.spentLimits(),
  ]);
  const text = greetingOf(
    away,
    new Set(inbox.needsYou.flatMap((i) => i.taskId ?? [])),
    new Set(inbox.failed.map((t) => t.id)),
    inbox.waiting,
    [pausedWords(pause), ...spent.map((limit) => limit.sentence)].filter(Boolean),
    Date.now(),
  );
  return json({ html: text === null ? null : render(text) });
};
