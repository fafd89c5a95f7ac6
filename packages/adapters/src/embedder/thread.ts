// The model itself, in a thread of its own: what it takes to read a text is no pause of anybody else.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { own } from '@mainloop/models/flow/look';
import { DIMENSIONS, inBytes, READ_CHARS } from '@mainloop/models/flow/conversation/meaning';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What the thread is told. */
export interface Files {
  readonly model: string;
  readonly tokenizer: string;
}
export interface Question {
  readonly id: number;
  readonly texts: readonly string[];
}
/** What it says: once when it is ready, then for each question. */
export type Answer =
  | { readonly ready: true }
  | { readonly id: number; readonly vectors: Int8Array[] }
  | { readonly id: number; readonly broken: string };

/** More pieces of words than this the model was not taught to read, and each costs. */
const MAX_PIECES = 128;

const files = workerData as Files;
const tokenizer = new Tokenizer(JSON.parse(readFileSync(files.tokenizer, 'utf8')) as object, {});
const session = await InferenceSession.create(files.model, {
  // One core at most, and nothing kept between two texts that a long one needed.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
});
const port = parentPort!;

async function read(text: string): Promise<Int8Array> {
  const all = tokenizer.encode(text.slice(0, READ_CHARS)).ids;
  // The last one says that the text ends.
  const ids = all.length <= MAX_PIECES ? all : [...all.slice(0, MAX_PIECES - 1), all.at(-1)!];
  const tensor = (values: readonly number[]): Tensor =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length]);
  const nothing = ids.map(() => 0);
  const out = await session.run({
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
    token_type_ids: tensor(nothing),
  });
  const states = own(out, session.outputNames[0]!)!.data as Float32Array;
  const mean = new Float32Array(DIMENSIONS);
  for (let i = 0; i < states.length; i++) mean[i % DIMENSIONS]! += states[i]!;
  return inBytes(mean);
}

// One after the other: two at a time take the same core twice.
let last: Promise<unknown> = Promise.resolve();
port.on('message', ({ id, texts }: Question) => {
  last = last.then(async () => {
    try {
      const vectors: Int8Array[] = [];
      for (const text of texts) vectors.push(await read(text));
      port.postMessage({ id, vectors } satisfies Answer);
    } catch (err) {
      port.postMessage({ id, broken: (err as Error).message } satisfies Answer);
    }
  });
});
port.postMessage({ ready: true } satisfies Answer);
