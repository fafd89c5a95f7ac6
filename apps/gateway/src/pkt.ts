// git's wire format, as much of it as a push needs (gitprotocol-pack(5), gitprotocol-common(5)).

export interface RefUpdate {
  readonly oldSha: string;
  readonly newSha: string;
  readonly ref: string;
}
export interface PushHead {
  readonly updates: readonly RefUpdate[];
  readonly capabilities: string;
  readonly packAt: number;
}

export const ZERO = '0'.repeat(40);

/** Longer than the commands of any push that we take. */
export const MAX_PUSH_HEAD_BYTES = 256 * 1024;

/**
 * Reads the commands at the head of a receive-pack request. Throws on anything that is not well-formed.
 * @param body its beginning, so much of it at least or all
 */
export function parsePush(body: Buffer): PushHead {
  const updates: RefUpdate[] = [];
  let capabilities = '';
  let at = 0;
  for (;;) {
    const size = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (!Number.isInteger(size) || at + size > body.length) throw new Error('malformed push');
    if (size === 0) return { updates, capabilities, packAt: at + 4 };
    const line = body.toString('utf8', at + 4, at + size).replace(/\n$/, '');
    at += size;
    const [cmd, caps] = line.split('\0', 2);
    if (caps !== undefined) capabilities = caps;
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (\S+)$/.exec(cmd ?? '');
    if (!match) throw new Error('malformed push command');
    updates.push({ oldSha: match[1]!, newSha: match[2]!, ref: match[3]! });
    if (updates.length > 50) throw new Error('too many refs in one push');
  }
}

/**
 * One line of git's protocol: its length in four hexadecimal digits, and its bytes.
 * @see https://git-scm.com/docs/protocol-common
 * @param text without its length
 */
export const pkt = (text: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from((Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')),
    Buffer.from(text),
  ]);
const FLUSH = Buffer.from('0000');

/**
 * The report git shows the pusher: one verdict for each ref, and lines for the terminal.
 * @param error why nothing was taken; null when all was
 * @param say lines for the terminal, with line breaks
 */
export function pushReport(
  updates: readonly RefUpdate[],
  capabilities: string,
  error: string | null,
  say: string,
): Buffer {
  const status = Buffer.concat([
    pkt('unpack ok\n'),
    ...updates.map((update) =>
      pkt(
        error === null
          ? `ok ${update.ref}\n`
          : `ng ${update.ref} ${error.replace(/[\r\n]+/g, ' ').slice(0, 400)}\n`,
      ),
    ),
    FLUSH,
  ]);
  if (!/side-band-64k/.test(capabilities)) return status;
  const lines =
    say === ''
      ? []
      : [pkt(Buffer.concat([Buffer.from([2]), Buffer.from(say.endsWith('\n') ? say : `${say}\n`)]))];
  return Buffer.concat([...lines, pkt(Buffer.concat([Buffer.from([1]), status])), FLUSH]);
}
