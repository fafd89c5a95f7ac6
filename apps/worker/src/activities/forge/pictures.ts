// What the agents of a task showed, on its pull request. GitHub takes no pictures for a comment, so they lie
// in the repository, on no branch.
import { ForgeError, isRetryable } from '@mainloop/adapters/forge/port';
import { deletePictures, listPictures, readAttachment } from '@mainloop/models/db/conversation/attachments';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { agentPicture, agentQuote, joined, ours, type ForgeText } from '@mainloop/models/flow/forge/text';
import { PICTURE_ENDING, type ShownPicture } from '@mainloop/models/flow/review/pictures';
import type { ForgeContext } from './context.ts';

/** So many stand on a pull request, the newest. */
const MOST_PICTURES = 8;
/** Neither a branch nor a tag: no list shows it, and no CI runs for it. */
const pictureRef = (taskId: string): string => `mainloop/pictures/${taskId}`;

function pictureText(pictures: readonly ShownPicture[], urls: readonly string[]): ForgeText {
  const shown = pictures.map((picture, n) =>
    urls[n] === undefined ? agentQuote(picture.caption, 200) : agentPicture(picture.caption, urls[n]),
  );
  return ours`${urls.length === 0 ? ours`\n\nIn mainloop there are pictures of it:` : ours``}\n\n${joined(shown, '\n\n')}`;
}

/**
 * @returns the pictures as words behind those of a comment; where the forge takes none, their captions. ''
 * when there are none
 */
export async function ensurePictures(
  { db, forge, hit }: Pick<ForgeContext, 'db' | 'forge' | 'hit'>,
  task: TaskRow,
): Promise<ForgeText> {
  const pictures = await listPictures(db, task.id, MOST_PICTURES);
  if (pictures.length === 0) return ours``;
  const files = pictures.map((picture) => ({
    path: `${picture.sha256.slice(0, 20)}.${PICTURE_ENDING[picture.mime]}`,
    read: async () => (await readAttachment(db, task.ownerId, picture.id))?.data ?? new Uint8Array(),
  }));
  hit('forge.pictures.before');
  const urls = await forge
    .ensureFiles({ repo: task.repo, ref: pictureRef(task.id), message: ours`Pictures of a task`, files })
    .then(
      (made) => made.urls,
      (err: unknown) => {
        if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
        return [];
      },
    );
  hit('forge.pictures.after');
  return pictureText(pictures, urls);
}

/**
 * Takes them away, here and there.
 * @param task a task that has ended; one without pictures is left alone
 */
export async function ensurePicturesGone(
  { db, forge }: Pick<ForgeContext, 'db' | 'forge'>,
  task: TaskRow,
): Promise<void> {
  if ((await listPictures(db, task.id, 1)).length === 0) return;
  await forge.ensureRefGone(task.repo, pictureRef(task.id));
  await deletePictures(db, task.id);
}
