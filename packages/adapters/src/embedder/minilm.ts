// MiniLM with weights of 8 bits, on this machine. It is loaded with the first text, and given back when
// nobody has asked for a while.
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { EmbedderError, type Embedder } from './port.ts';
import type { Answer, Files, Question } from './thread.ts';

const IDLE_MS = 5 * 60_000;
/** One after the other is read; whoever looks for something waits a second and a half at most. */
const MOST_WAITING = 64;

interface Waiting {
  readonly resolve: (vectors: Int8Array[]) => void;
  readonly reject: (err: Error) => void;
}
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/**
 * @param files where they are; null when nobody has said
 * @param idleMs how long it stays loaded when nobody asks
 */
export function minilm(files: Files | null, idleMs = IDLE_MS): Embedder {
  let thread: Thread | null = null;
  let idle: NodeJS.Timeout | undefined;
  let next = 0;

  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const gone = thread;
    thread = null;
    await gone?.worker.terminate();
  };
  const rest = (t: Thread): void => {
    clearTimeout(idle);
    if (t.waiting.size > 0) return;
    idle = setTimeout(() => void close(), idleMs);
    idle.unref();
  };
  const load = (from: Files): Thread => {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: from });
    // Whoever has nothing else to do may end.
    worker.unref();
    const made: Thread = { worker, waiting: new Map() };
    let ready = false;
    worker.on('message', (answer: Answer) => {
      if ('ready' in answer) {
        ready = true;
        return;
      }
      const waiting = made.waiting.get(answer.id);
      made.waiting.delete(answer.id);
      if ('vectors' in answer) waiting?.resolve(answer.vectors);
      else waiting?.reject(new EmbedderError('broken', answer.broken));
      rest(made);
    });
    const ended = (why: string): void => {
      if (thread === made) thread = null;
      for (const waiting of made.waiting.values())
        waiting.reject(new EmbedderError(ready ? 'broken' : 'not_here', why));
      made.waiting.clear();
    };
    worker.on('error', (err: unknown) => ended((err as Error).message));
    worker.on('exit', () => ended('The sentence model has ended.'));
    return made;
  };

  return {
    async embed(texts) {
      if (texts.length === 0) return [];
      if (files === null || !existsSync(files.model) || !existsSync(files.tokenizer))
        throw new EmbedderError('not_here', 'The sentence model is not on this machine.');
      thread ??= load(files);
      clearTimeout(idle);
      const t = thread;
      if (t.waiting.size >= MOST_WAITING)
        throw new EmbedderError('busy', 'The sentence model has too much to read.');
      const id = next++;
      return new Promise((resolve, reject) => {
        t.waiting.set(id, { resolve, reject });
        t.worker.postMessage({ id, texts } satisfies Question);
      });
    },
    close,
  };
}
