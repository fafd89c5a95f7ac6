// The packages of all tasks, on disk: files under what they hash to, and pages with the time they were read.
// Nothing gets here but from a registry, and no file before it hashes to what the registry's page says.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Refused } from '../http.ts';
import type { Hash } from './asked.ts';
import { UPSTREAM_FAILED } from './fetcher.ts';

export interface KeptPage {
  readonly body: Buffer;
  readonly etag: string | null;
  readonly readAt: number;
}

/** What a file is kept under: its hash, or where it came from. */
export type FileKey = Hash | { readonly address: string };

export interface KeptFile {
  readonly bytes: number;
  read(): Readable;
}

export type Cache = ReturnType<typeof openCache>;

/** @param folder only ours: no sandbox sees it */
export function openCache(folder: string) {
  const [files, pages, arriving] = ['files', 'pages', 'arriving'].map((f) => path.join(folder, f)) as [
    string,
    string,
    string,
  ];
  rmSync(arriving, { recursive: true, force: true });
  for (const f of [folder, files, pages, arriving]) mkdirSync(f, { recursive: true, mode: 0o700 });
  const fileAt = (key: FileKey): string =>
    path.join(
      files,
      'address' in key
        ? `address-${createHash('sha256').update(key.address).digest('hex')}`
        : `${key.algorithm}-${key.hex}`,
    );
  const pageAt = (key: string): string => path.join(pages, createHash('sha256').update(key).digest('hex'));
  const put = async (to: string, data: Buffer): Promise<void> => {
    const part = path.join(arriving, randomUUID());
    await writeFile(part, data, { mode: 0o600 });
    await rename(part, to);
  };
  // Only the order in which files are forgotten hangs on it.
  const used = (file: string): Promise<void> => utimes(file, new Date(), new Date()).catch(() => undefined);

  return {
    async page(key: string): Promise<KeptPage | null> {
      // Not there, or not readable: it is read from the registry again.
      const whole = await readFile(pageAt(key)).catch(() => null);
      const end = whole?.indexOf(10) ?? -1;
      if (whole === null || end < 0) return null;
      const head = JSON.parse(whole.subarray(0, end).toString()) as { etag: string | null; readAt: number };
      return { ...head, body: whole.subarray(end + 1) };
    },

    keepPage: (key: string, page: KeptPage): Promise<void> =>
      put(
        pageAt(key),
        Buffer.concat([
          Buffer.from(`${JSON.stringify({ etag: page.etag, readAt: page.readAt })}\n`),
          page.body,
        ]),
      ),

    async file(key: FileKey): Promise<KeptFile | null> {
      const at = fileAt(key);
      // Not there: it is downloaded.
      const stats = await stat(at).catch(() => null);
      if (stats === null) return null;
      await used(at);
      return { bytes: stats.size, read: () => createReadStream(at) };
    },

    /**
     * Reads it to its end and keeps it when it is what it should be.
     * @param name for the sentence
     * @throws Refused when it is too large or hashes to something else: then nothing of it stays
     */
    async keepFile(
      key: FileKey,
      from: Readable,
      options: { name: string; maxBytes: number },
    ): Promise<KeptFile> {
      const part = path.join(arriving, randomUUID());
      try {
        const hash = createHash('address' in key ? 'sha256' : key.algorithm);
        const out = await open(part, 'wx', 0o600);
        let bytes = 0;
        try {
          for await (const piece of from as AsyncIterable<Buffer>) {
            bytes += piece.length;
            if (bytes > options.maxBytes)
              throw new Refused(
                UPSTREAM_FAILED,
                `mainloop: ${options.name} is over ${Math.round(options.maxBytes / 1024 / 1024)} MiB.`,
              );
            hash.update(piece);
            await out.writeFile(piece);
          }
        } finally {
          await out.close();
        }
        if (!('address' in key) && hash.digest('hex') !== key.hex)
          throw new Refused(
            UPSTREAM_FAILED,
            `mainloop: ${options.name} is not what its registry says it is (${key.algorithm}), so it is not handed out.`,
          );
        await rename(part, fileAt(key));
        return { bytes, read: () => createReadStream(fileAt(key)) };
      } finally {
        await rm(part, { force: true });
      }
    },

    /** Forgets what was not used for longest, until no more is left than that. @returns how many bytes are left */
    async sweep(maxBytes: number): Promise<number> {
      const all: { at: string; bytes: number; usedMs: number }[] = [];
      for (const dir of [files, pages])
        for (const name of await readdir(dir)) {
          const at = path.join(dir, name);
          // Forgotten by somebody else meanwhile.
          const stats = await stat(at).catch(() => null);
          if (stats !== null) all.push({ at, bytes: stats.size, usedMs: stats.mtimeMs });
        }
      let left = all.reduce((n, f) => n + f.bytes, 0);
      for (const file of all.sort((a, b) => a.usedMs - b.usedMs)) {
        if (left <= maxBytes) break;
        await rm(file.at, { force: true });
        left -= file.bytes;
      }
      return left;
    },
  };
}
