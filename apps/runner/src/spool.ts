// Output goes to disk first, then to the gateway in order. A gateway that is away costs nothing but disk.
import { closeSync, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import type { GatewayLink } from './gateway-link.ts';

const CHUNK = 256 * 1024;
/** A line longer than this is clipped: a human reads it, and 100 MB without a newline is an attack or a mistake. */
export const MAX_LINE_BYTES = 64 * 1024;
const MAX_RUN_BYTES = 64 * 1024 * 1024;

/** Splits a byte stream into lines, each at most `max` bytes; what is over is dropped and counted. */
export class LineSplitter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private dropped = 0;
  private readonly onLine: (line: string, dropped: number) => void;
  private readonly max: number;
  constructor(onLine: (line: string, dropped: number) => void, max: number) {
    this.onLine = onLine;
    this.max = max;
  }
  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const lineEnd = chunk.indexOf(10, from);
      this.keep(chunk.subarray(from, lineEnd < 0 ? chunk.length : lineEnd));
      if (lineEnd < 0) return;
      this.flush();
      from = lineEnd + 1;
    }
  }
  flush(): void {
    if (this.heldBytes > 0 || this.dropped > 0)
      this.onLine(Buffer.concat(this.held).toString('utf8'), this.dropped);
    this.held = [];
    this.heldBytes = 0;
    this.dropped = 0;
  }
  private keep(part: Buffer): void {
    const room = Math.max(0, this.max - this.heldBytes);
    const kept = part.subarray(0, room);
    if (kept.length > 0) this.held.push(Buffer.from(kept));
    this.heldBytes += kept.length;
    this.dropped += part.length - kept.length;
  }
}

export class Spool {
  private readonly fd: number;
  private written: number;
  private sent: number;
  private waiting: (() => void) | null = null;
  private closed = false;
  private readonly link: GatewayLink;
  /** @param start offset of this run's output so far, when an earlier attempt already wrote some */
  constructor(file: string, start: number, link: GatewayLink) {
    this.fd = openSync(file, 'w+');
    // The agent has our uid: under a name it could write there too.
    unlinkSync(file);
    this.base = start;
    this.written = this.sent = start;
    this.link = link;
  }
  private readonly base: number;

  get end(): number {
    return this.written;
  }

  write(line: string): void {
    if (this.written - this.base > MAX_RUN_BYTES) return;
    const bytes = Buffer.from(line + '\n');
    writeSync(this.fd, bytes, 0, bytes.length, this.written - this.base);
    this.written += bytes.length;
    this.waiting?.();
  }

  /** Sends until `close` was called and everything is out. Throws only when fenced out. */
  async pump(): Promise<void> {
    while (!this.closed || this.sent < this.written) {
      if (this.sent >= this.written) {
        await new Promise<void>((resolve) => {
          this.waiting = resolve;
          setTimeout(resolve, 1_000);
        });
        this.waiting = null;
        continue;
      }
      const chunk = Buffer.alloc(Math.min(CHUNK, this.written - this.sent));
      readSync(this.fd, chunk, 0, chunk.length, this.sent - this.base);
      const answer = await this.link.patiently('POST', `/run/output?offset=${this.sent}`, chunk);
      if (answer.status !== 200)
        throw new Error(
          `the gateway refused output: ${answer.status} ${answer.body.toString().slice(0, 200)}`,
        );
      const next = (JSON.parse(answer.body.toString()) as { next: number }).next;
      this.sent = Math.max(this.base, next);
    }
    if (fstatSync(this.fd)) closeSync(this.fd);
  }

  close(): void {
    this.closed = true;
    this.waiting?.();
  }
}
