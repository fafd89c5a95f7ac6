// What an agent shows.
import { expect, test } from '@jest/globals';
import { many, one } from '@mainloop/models/db/pool';
import { PICTURES } from '@mainloop/models/flow/review/pictures.fixture';
import { database, useRunnerLink, urlOf, liveRun, times } from '@mainloop/testkit/runner-link';

useRunnerLink();

const show = async (
  token: string,
  name: keyof typeof PICTURES | Buffer,
  caption: string,
  more: Record<string, string> = {},
) => {
  const bytes = Buffer.isBuffer(name) ? name : Buffer.from(PICTURES[name]!.base64, 'base64');
  const at = urlOf(`/talk/show?caption=${encodeURIComponent(caption)}`);
  const response = await fetch(at, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...more },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, ...((await response.json()) as { error?: string; say?: string }) };
};
const pictures = (taskId: string) =>
  many<{ caption: string; mime: string; width: number; id: string }>(
    database.db,
    "select payload->>'caption' as caption, payload->>'mime' as mime, (payload->>'width')::int as width, payload->>'id' as id from events where task_id = $1 and type = 'agent.showed' order by seq",
    [taskId],
  );

test('a picture is kept without the words in it, and told with its caption', async () => {
  const { token } = await liveRun('shows');
  expect(await show(token, 'png', '  The list\u202e, after  ')).toEqual({ status: 200, say: 'Shown.' });
  expect(await show(token, 'webpMoving', 'It moves')).toEqual({ status: 200, say: 'Shown.' });
  const shown = await pictures('shows');
  expect(shown).toMatchObject([
    { caption: 'The list[U+202E], after', mime: 'image/png', width: 12 },
    { caption: 'It moves', mime: 'image/webp', width: 12 },
  ]);
  const kept = await one<{ name: string; mime: string; data: Buffer; size: number }>(
    database.db,
    'select name, mime, data, size from attachments where id = $1',
    [shown[0]!.id],
  );
  expect(kept).toMatchObject({ name: 'picture-1.png', mime: 'image/png', size: kept!.data.length });
  expect(kept!.data.includes('SECRET')).toBe(false);
});

test.each([
  [
    'an SVG',
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    422,
    /no PNG, JPEG, WebP or GIF/,
  ],
  ['a page', Buffer.from('<html><script>alert(1)</script>'), 422, /no PNG/],
  ['nothing', Buffer.alloc(0), 422, /no PNG/],
  ['half a picture', Buffer.from(PICTURES.png!.base64, 'base64').subarray(0, 60), 422, /cut off or broken/],
  ['more than 5 MiB', Buffer.alloc(5 * 1024 * 1024 + 1), 413, /over 5 MiB/],
])('%s is not shown', async (what, bytes, status, sentence) => {
  const taskId = `shows-${what.replaceAll(' ', '-')}`;
  const { token } = await liveRun(taskId);
  expect(await show(token, bytes, 'x')).toEqual({ status, error: expect.stringMatching(sentence) });
  expect(await pictures(taskId)).toEqual([]);
});

test('40 pictures at once: twelve are kept, in the log and as bytes; one that is sent again because its answer was lost is there once', async () => {
  const { token } = await liveRun('shows-many');
  const before = (await one<{ n: number }>(database.db, 'select count(*)::int as n from attachments'))!.n;
  const answers = await times(40, (i) => show(token, 'png', `Picture ${i}`));
  expect(answers.filter((a) => a.status === 200)).toHaveLength(12);
  expect(answers.find((a) => a.status !== 200)).toEqual({
    status: 429,
    error: 'This run has had its 12 pictures. Go on without.',
  });
  expect(
    (await one<{ n: number }>(database.db, 'select count(*)::int as n from attachments'))!.n - before,
  ).toBe(12);
  const other = await liveRun('shows-again');
  for (const _ of [1, 2])
    expect((await show(other.token, 'png', 'Once', { 'x-mainloop-again': 'yes' })).status).toBe(200);
  expect(await pictures('shows-again')).toHaveLength(1);
});
