// What the agents of a task showed, on its pull request. GitHub takes no pictures for a comment, so they lie in the repository, on no branch.
import { ForgeError, isRetryable } from '@mainloop/adapters/forge/port';
import { deletePictures, listPictures, readAttachment } from '@mainloop/models/db/conversation/attachments';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { agentPicture, agentQuote, joined, ours, type ForgeText } from '@mainloop/models/flow/forge-text';
import { PICTURE_ENDING, type ShownPicture } from '@mainloop/models/flow/pictures';
import type { ForgeContext } from './context.ts';

/** So many stand on a pull request, the newest. */
const MOST_PICTURES = 8;
/** Neither a branch nor a tag: no list shows it, and no CI runs for it. */
const pictureRef = (taskId: string): string => `mainloop/pictures/${taskId}`;

function pictureText(pictures: readonly ShownPicture[], urls: readonly string[]): ForgeText {
  const shown = pictures.map((p, n) =>
    urls[n] === undefined ? agentQuote(p.caption, 200) : agentPicture(p.caption, urls[n]),
  );
  return ours`${urls.length === 0 ? ours`\n\nIn mainloop there are pictures of it:` : ours``}\n\n${joined(shown, '\n\n')}`;
}

/** @returns the pictures as words behind those of a comment; where the forge takes none, their captions. '' when there are none */
export async function ensurePictures(
  { db, forge, hit }: Pick<ForgeContext, 'db' | 'forge' | 'hit'>,
  t: TaskRow,
): Promise<ForgeText> {
  const pictures = await listPictures(db, t.id, MOST_PICTURES);
  if (pictures.length === 0) return ours``;
  const files = pictures.map((p) => ({
    path: `${p.sha256.slice(0, 20)}.${PICTURE_ENDING[p.mime]}`,
    read: async () => (await readAttachment(db, t.ownerId, p.id))?.data ?? new Uint8Array(),
  }));
  hit('forge.pictures.before');
  const urls = await forge
    .ensureFiles({ repo: t.repo, ref: pictureRef(t.id), message: ours`Pictures of a task`, files })
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
 * @param t a task that has ended; one without pictures is left alone
 */
export async function ensurePicturesGone(
  { db, forge }: Pick<ForgeContext, 'db' | 'forge'>,
  t: TaskRow,
): Promise<void> {
  if ((await listPictures(db, t.id, 1)).length === 0) return;
  await forge.ensureRefGone(t.repo, pictureRef(t.id));
  await deletePictures(db, t.id);
}
