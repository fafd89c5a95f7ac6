// Answers that somebody of ours asks for once: whoever is killed while the model still answers asks again, and
// is given the same answer, which is paid for once. Kept in the memory of this process, for some minutes.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Writable } from 'node:stream';

/** What an answer is written to: the client, or what stands for it. */
export type Answering = Writable & {
  readonly headersSent: boolean;
  writeHead(
    status: number,
    headers: Readonly<Record<string, string | number | string[] | undefined>>,
  ): unknown;
};

const KEPT_MS = 10 * 60_000;
/** A summary is a page. What is longer is passed on to whoever waits, and not kept. */
const MAX_BYTES = 256 * 1024;
const MAX_ANSWERS = 100;
const NAME = /^[\w./:-]{1,300}$/;

/**
 * @param body as it goes to the model
 * @returns a key for exactly this question under this name; null where the answer is not asked for once
 */
export function onceKey(headers: IncomingHttpHeaders, body: Buffer): string | null {
  const name = headers['x-mainloop-once'];
  if (typeof name !== 'string' || !NAME.test(name)) return null;
  return `${name} ${createHash('sha256').update(body).digest('hex')}`;
}

/** Stands for the client and never leaves. Whoever follows it gets all of it, from the beginning. */
class KeptAnswer extends Writable {
  headersSent = false;
  isWorthKeeping = true;
  private head: Parameters<Answering['writeHead']> | null = null;
  private readonly pieces: Buffer[] = [];
  private bytes = 0;
  private readonly followers = new Set<Answering>();

  writeHead(...head: Parameters<Answering['writeHead']>): void {
    this.head = head;
    this.headersSent = true;
    if (head[0] !== 200) this.isWorthKeeping = false;
    for (const follower of this.followers) follower.writeHead(...head);
  }
  override _write(piece: Buffer, _: BufferEncoding, done: () => void): void {
    this.bytes += piece.length;
    if (this.bytes > MAX_BYTES) this.isWorthKeeping = false;
    else this.pieces.push(piece);
    for (const follower of this.followers) follower.write(piece);
    done();
  }
  override _final(done: () => void): void {
    for (const follower of this.followers) follower.end();
    done();
  }
  override _destroy(err: Error | null, done: (err: Error | null) => void): void {
    // Cut: then it is cut for them too.
    if (!this.writableFinished) {
      this.isWorthKeeping = false;
      for (const follower of this.followers) follower.destroy();
    }
    done(err);
  }
  follow(answering: Answering): void {
    if (this.head !== null) answering.writeHead(...this.head);
    for (const piece of this.pieces) answering.write(piece);
    if (this.writableFinished) return void answering.end();
    this.followers.add(answering);
    answering.once('close', () => this.followers.delete(answering));
  }
}

export class KeptAnswers {
  private readonly kept = new Map<string, KeptAnswer>();

  /** Gives whoever asks again the answer that there is, or that is just being given. @returns false where there is none */
  follow(key: string, answering: Answering): boolean {
    const there = this.kept.get(key);
    if (there === undefined || !there.isWorthKeeping) return false;
    there.follow(answering);
    return true;
  }

  /** @returns what the answer is written to from now on; it outlives whoever asked */
  begin(key: string, answering: Answering): Answering {
    const answer = new KeptAnswer();
    // Whoever follows has been cut then; there is nobody else to tell.
    answer.on('error', () => undefined);
    answer.follow(answering);
    this.kept.set(key, answer);
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > MAX_ANSWERS && oldest !== undefined) this.kept.delete(oldest);
    const drop = (): void => {
      if (this.kept.get(key) === answer) this.kept.delete(key);
    };
    answer.once('close', () => {
      if (answer.isWorthKeeping) setTimeout(drop, KEPT_MS).unref();
      else drop();
    });
    return answer;
  }
}
