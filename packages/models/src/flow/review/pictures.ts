// Pictures that come out of a sandbox: which of their bytes are a picture, and nothing beside them. What is
// kept is put together anew from the parts that make it one, so that no second file, no script and no word
// about where it was made travels along. Pure.

export const PICTURE_MIMES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;
export type PictureMime = (typeof PICTURE_MIMES)[number];
export const PICTURE_ENDING: Readonly<Record<PictureMime, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

export interface Picture {
  readonly mime: PictureMime;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}
/** A picture that an agent has shown, as the story, a card and the pull request tell of it. */
export interface ShownPicture {
  /** Under which its bytes are kept. */
  readonly id: string;
  readonly caption: string;
  readonly mime: PictureMime;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Of what is kept, in hex. */
  readonly sha256: string;
}

export const MAX_PICTURE_BYTES = 5 * 1024 * 1024;
/** Beyond this a phone can't show it: a page photographed whole at twice its size has about 30 million. */
export const MAX_PICTURE_PIXELS = 40_000_000;
const MAX_SIDE = 32_767;

export type PictureRead =
  { readonly ok: true; readonly picture: Picture } | { readonly ok: false; readonly sentence: string };

const NO_PICTURE = 'That is no PNG, JPEG, WebP or GIF. Take a screenshot as a PNG and show that.';
const BROKEN = 'That picture is cut off or broken, so it could not be shown.';
const TOO_LARGE = `That picture is over ${MAX_PICTURE_BYTES / 1024 / 1024} MiB. Show a smaller one.`;
const TOO_MANY = `That picture has more than ${MAX_PICTURE_PIXELS / 1_000_000} million pixels. Show a smaller one.`;

/** What ends the reading of a picture that does not hold what it says. */
class NotWhole extends Error {}

/**
 * Decides by content alone, whatever a file is called.
 * @returns the picture, put together from the parts that make it one, or what is wrong with it
 */
export function readPicture(bytes: Uint8Array): PictureRead {
  if (bytes.length > MAX_PICTURE_BYTES) return { ok: false, sentence: TOO_LARGE };
  const read = READERS.find(([isOne]) => isOne(bytes))?.[1];
  if (read === undefined) return { ok: false, sentence: NO_PICTURE };
  try {
    const picture = read(bytes);
    const { width, height } = picture;
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
      return { ok: false, sentence: BROKEN };
    return width * height > MAX_PICTURE_PIXELS ? { ok: false, sentence: TOO_MANY } : { ok: true, picture };
  } catch (err) {
    // A RangeError is a number read past the end.
    if (err instanceof NotWhole || err instanceof RangeError) return { ok: false, sentence: BROKEN };
    throw err;
  }
}

type Read = (bytes: Uint8Array) => Picture;
const begins = (bytes: Uint8Array, from: number, ascii: string): boolean =>
  nameAt(bytes, from, ascii.length) === ascii;
const nameAt = (bytes: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(from, from + length));
const READERS: readonly (readonly [(bytes: Uint8Array) => boolean, Read])[] = [
  [(b) => begins(b, 0, '\x89PNG\r\n\x1a\n'), readPng],
  [(b) => begins(b, 0, '\xff\xd8\xff'), readJpeg],
  [(b) => begins(b, 0, 'GIF87a') || begins(b, 0, 'GIF89a'), readGif],
  [(b) => begins(b, 0, 'RIFF') && begins(b, 8, 'WEBP'), readWebp],
];

const numbersOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
function part(bytes: Uint8Array, from: number, length: number): Uint8Array {
  if (from + length > bytes.length) throw new NotWhole();
  return bytes.subarray(from, from + length);
}
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const piece of parts) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** What a PNG is drawn from. Text, times, profiles, what moves and what is not known are left out. */
const PNG_PARTS = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'sBIT',
  'pHYs',
  'bKGD',
]);

function readPng(bytes: Uint8Array): Picture {
  const numbers = numbersOf(bytes);
  if (!begins(bytes, 12, 'IHDR') || numbers.getUint32(8) !== 13) throw new NotWhole();
  const kept = [part(bytes, 0, 8)];
  let drawn = 0;
  for (let at = 8; ;) {
    const length = numbers.getUint32(at);
    const chunk = part(bytes, at, 12 + length);
    const name = nameAt(chunk, 4, 4);
    if (PNG_PARTS.has(name)) kept.push(chunk);
    if (name === 'IDAT') drawn += length;
    if (name === 'IEND') break;
    at += 12 + length;
  }
  if (drawn === 0) throw new NotWhole();
  return {
    mime: 'image/png',
    width: numbers.getUint32(16),
    height: numbers.getUint32(20),
    bytes: joined(kept),
  };
}

/**
 * Frames of every kind that browsers show; not the table of Huffman codes, the extension and the arithmetic
 * codes between them.
 */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const JPEG_TABLES = new Set([0xc4, 0xcc, 0xda, 0xdb, 0xdc, 0xdd]);
/** How pixels lie to each other, without the small picture that may come with it. */
const jfif = (segment: Uint8Array): Uint8Array =>
  joined([new Uint8Array([0xff, 0xe0, 0, 16]), part(segment, 4, 12), new Uint8Array(2)]);

function keptOf(marker: number, segment: Uint8Array): Uint8Array | null {
  if (isFrame(marker) || JPEG_TABLES.has(marker)) return segment;
  if (marker === 0xe0 && begins(segment, 4, 'JFIF\0')) return jfif(segment);
  // How its colours are meant; without it some pictures are shown inverted.
  return marker === 0xee && begins(segment, 4, 'Adobe')
    ? part(segment, 0, Math.min(segment.length, 16))
    : null;
}

function readJpeg(bytes: Uint8Array): Picture {
  const numbers = numbersOf(bytes);
  const kept = [part(bytes, 0, 2)];
  let size: { width: number; height: number } | null = null;
  for (let at = 2; ;) {
    if (numbers.getUint8(at) !== 0xff) throw new NotWhole();
    const marker = numbers.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    const length = numbers.getUint16(at + 2);
    if (length < 2) throw new NotWhole();
    const segment = part(bytes, at, 2 + length);
    const keeps = keptOf(marker, segment);
    if (keeps !== null) kept.push(keeps);
    if (isFrame(marker)) size = { width: numbers.getUint16(at + 7), height: numbers.getUint16(at + 5) };
    at += 2 + length;
    if (marker !== 0xda) continue;
    const scan = scanAt(bytes, at);
    kept.push(scan);
    at += scan.length;
  }
  if (size === null) throw new NotWhole();
  return { mime: 'image/jpeg', ...size, bytes: joined([...kept, new Uint8Array([0xff, 0xd9])]) };
}

/**
 * The pixels of a scan, up to the marker after it. A marker that only restarts the decoder, or stands for a
 * byte, is a part of them.
 */
function scanAt(bytes: Uint8Array, from: number): Uint8Array {
  for (let at = from; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1]!;
    if (bytes[at] === 0xff && next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return bytes.subarray(from, at);
  }
  throw new NotWhole();
}

const GIF_APPS = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);
/** How many bytes a table of colours has. */
const tableBytes = (packed: number): number => ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1));

/** How many bytes a row of blocks has, with the empty one at its end. */
function blocksLength(bytes: Uint8Array, from: number): number {
  const numbers = numbersOf(bytes);
  for (let at = from; ;) {
    const length = numbers.getUint8(at);
    part(bytes, at, 1 + length);
    at += 1 + length;
    if (length === 0) return at - from;
  }
}

function readGif(bytes: Uint8Array): Picture {
  const numbers = numbersOf(bytes);
  const head = 13 + tableBytes(numbers.getUint8(10));
  const kept = [part(bytes, 0, head)];
  let frames = 0;
  for (let at = head; numbers.getUint8(at) !== 0x3b;) {
    const kind = numbers.getUint8(at);
    if (kind !== 0x21 && kind !== 0x2c) throw new NotWhole();
    // A frame has a head of ten bytes, its colours and one number before its blocks; anything else has two.
    const before = kind === 0x2c ? 11 + tableBytes(numbers.getUint8(at + 9)) : 2;
    const block = part(bytes, at, before + blocksLength(bytes, at + before));
    if (kind === 0x2c) frames++;
    const label = block[1];
    if (kind === 0x2c || label === 0xf9 || (label === 0xff && GIF_APPS.has(nameAt(block, 3, 11))))
      kept.push(block);
    at += block.length;
  }
  if (frames === 0) throw new NotWhole();
  return {
    mime: 'image/gif',
    width: numbers.getUint16(6, true),
    height: numbers.getUint16(8, true),
    bytes: joined([...kept, new Uint8Array([0x3b])]),
  };
}

const WEBP_PARTS = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF']);
/** That it moves, and that it has see-through parts. The other bits promise a profile and words, which are left out. */
const WEBP_FLAGS = 0x12;

/** @returns those chunks of a WebP that it is drawn from, each at an even place */
function webpChunks(bytes: Uint8Array, from: number): { name: string; data: Uint8Array }[] {
  const numbers = numbersOf(bytes);
  const found: { name: string; data: Uint8Array }[] = [];
  for (let at = from; at < bytes.length;) {
    const length = numbers.getUint32(at + 4, true);
    const name = nameAt(bytes, at, 4);
    const data = part(bytes, at + 8, length);
    if (name === 'VP8X')
      found.push({ name, data: joined([new Uint8Array([data[0]! & WEBP_FLAGS]), part(data, 1, 9)]) });
    else if (name === 'ANMF')
      found.push({ name, data: joined([part(data, 0, 16), ...webpChunks(data, 16).map(webpChunk)]) });
    else if (WEBP_PARTS.has(name)) found.push({ name, data });
    at += 8 + length + (length % 2);
  }
  return found;
}

function webpChunk({ name, data }: { name: string; data: Uint8Array }): Uint8Array {
  const head = new Uint8Array(8);
  for (let i = 0; i < 4; i++) head[i] = name.charCodeAt(i);
  numbersOf(head).setUint32(4, data.length, true);
  return joined([head, data, new Uint8Array(data.length % 2)]);
}

function webpSize(name: string, data: Uint8Array): { width: number; height: number } | null {
  const numbers = numbersOf(data);
  const three = (at: number): number => numbers.getUint16(at, true) + (numbers.getUint8(at + 2) << 16) + 1;
  if (name === 'VP8X') return { width: three(4), height: three(7) };
  if (name === 'VP8 ')
    return { width: numbers.getUint16(6, true) & 0x3fff, height: numbers.getUint16(8, true) & 0x3fff };
  if (name !== 'VP8L') return null;
  const bits = numbers.getUint32(1, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

function readWebp(bytes: Uint8Array): Picture {
  const end = 8 + numbersOf(bytes).getUint32(4, true);
  const chunks = webpChunks(part(bytes, 0, end), 12);
  const size = chunks.map(({ name, data }) => webpSize(name, data)).find((s) => s !== null);
  if (size === undefined || !chunks.some(({ name }) => name === 'VP8 ' || name === 'VP8L' || name === 'ANMF'))
    throw new NotWhole();
  const inside = joined(chunks.map(webpChunk));
  const head = new Uint8Array(12);
  head.set(bytes.subarray(0, 12));
  numbersOf(head).setUint32(4, 4 + inside.length, true);
  return { mime: 'image/webp', ...size, bytes: joined([head, inside]) };
}
