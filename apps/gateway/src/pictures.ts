// `mainloop show`: a picture of an agent, looked at by content, put together anew and kept beside the story of its task.
import type { Hit } from '@mainloop/network/failpoints';
import { Show } from '@mainloop/models/contracts/runner';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { append, lockLog } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { hasSaid } from '@mainloop/models/db/runs/allowance';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { agentShowed } from '@mainloop/models/events/runs';
import {
  MAX_PICTURE_BYTES,
  PICTURE_ENDING,
  readPicture,
  type Picture,
} from '@mainloop/models/flow/review/pictures';
import { cleanTitle, spellOut } from '@mainloop/models/flow/text';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allowed } from './allowance.ts';
import { readBody, Refused, sendJson } from './http.ts';

interface Asked {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  readonly run: RunByToken;
  /** It is sent once more because the answer to it was lost. */
  readonly again: boolean;
}

/**
 * Takes the bytes of a picture as they are, and its caption from the address. Its name and its folder
 * never leave the sandbox.
 * @throws Refused: 422 with a sentence where it is no picture that can be shown
 */
export async function takePicture(db: Db, { req, res, url, run, again }: Asked, hit: Hit): Promise<void> {
  const { caption } = Show.parse({ caption: url.searchParams.get('caption') ?? '' });
  const read = readPicture(await readBody(req, MAX_PICTURE_BYTES));
  if (!read.ok) throw new Refused(422, read.sentence);
  hit('gateway.talk.before');
  await keep(db, run, read.picture, cleanTitle(spellOut(caption), 200), again);
  hit('gateway.talk.after');
  sendJson(res, 200, { say: 'Shown.' });
}

async function keep(
  db: Db,
  run: RunByToken,
  picture: Picture,
  caption: string,
  again: boolean,
): Promise<void> {
  const data = Buffer.from(picture.bytes);
  const sha256 = createHash('sha256').update(data).digest('hex');
  await withTx(db, async (tx) => {
    await lockLog(tx);
    if (await hasSaid(tx, run, 'agent.showed', { caption, sha256 }, again)) return;
    const shows = await allowed(tx, run, 'shows');
    const { mime, width, height } = picture;
    const { id } = await keepAttachment(tx, run.owner_id, {
      name: `picture-${shows + 1}.${PICTURE_ENDING[mime]}`,
      mime,
      data,
    });
    const payload = { runId: run.id, id, caption, mime, width, height, sha256 };
    await append(tx, [agentShowed.new({ taskId: run.task_id, actor: 'agent', payload })], run.owner_id);
  });
}
