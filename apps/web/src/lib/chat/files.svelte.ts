// Files on their way into a message: pasted, dropped, photographed or chosen.
import type { AttachmentRef } from '@mainloop/models/flow/events';

/** Larger pictures are made smaller here: the model reads no more than this of them, and a train's network is slow. */
const LONG_SIDE = 2_000;
const SHRINK_FROM_BYTES = 1_500_000;
const MAX_BYTES = 20 * 1024 * 1024;

export class Outbox {
  files = $state<AttachmentRef[]>([]);
  sending = $state(0);
  problem = $state('');

  async add(list: Iterable<File>): Promise<void> {
    this.problem = '';
    // The browser empties its own list while we send.
    const all = Array.from(list);
    for (const file of all) {
      if (this.files.length + this.sending >= 10)
        return void (this.problem = 'Ten files at most with one message.');
      this.sending++;
      try {
        const data = await smaller(file);
        if (data.size > MAX_BYTES)
          throw new Error(`${file.name} is over 20 MB. Put it into the repository instead.`);
        const response = await fetch(`/api/attachments?name=${encodeURIComponent(nameOf(file, data))}`, {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: data,
        });
        // No JSON: then the status is all there is to say.
        const said = (await response.json().catch(() => ({}))) as AttachmentRef & { error?: string };
        if (!response.ok) throw new Error(said.error ?? `${file.name} could not be sent.`);
        this.files.push(said);
      } catch (err) {
        this.problem =
          err instanceof TypeError ? 'You are offline, so the file was not sent.' : (err as Error).message;
      } finally {
        this.sending--;
      }
    }
  }

  drop(id: string): void {
    this.files = this.files.filter((f) => f.id !== id);
  }

  take(): AttachmentRef[] {
    this.problem = '';
    const all = this.files;
    this.files = [];
    return all;
  }
}

async function smaller(file: File): Promise<Blob> {
  if (!/^image\/(png|jpeg|webp)$/.test(file.type) || file.size < SHRINK_FROM_BYTES) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const out = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
    return out.size < file.size ? out : file;
  } catch {
    // Not a picture this browser can read: the server says what is wrong with it.
    return file;
  }
}

const nameOf = (file: File, data: Blob): string =>
  data.type === 'image/jpeg' && data !== file ? file.name.replace(/\.\w+$/, '.jpg') : file.name;
