// A zip of a few texts (APPNOTE.TXT 6.3.10), as GitHub sends the logs of a run. Pure.
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  /** With "/" between folders. */
  readonly name: string;
  readonly text: string;
}

/** Names are UTF-8. */
const UTF8 = 0x0800;
const DEFLATED = 8;
/** 1980-01-01, the first day that a zip knows: the same entries make the same bytes. */
const DATE = 0x0021;
const VERSION = 20;

/**
 * @returns an archive that every unzip reads; its files have no time of their own (PKWARE's APPNOTE, 4.3)
 */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const plain = Buffer.from(entry.text);
    const packed = deflateRawSync(plain);
    const about = Buffer.alloc(26);
    for (const [offset, value] of [
      [0, VERSION],
      [2, UTF8],
      [4, DEFLATED],
      [8, DATE],
      [22, name.length],
    ] as const)
      about.writeUInt16LE(value, offset);
    about.writeUInt32LE(crc32(plain), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(plain.length, 18);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), about, name, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), about, rest, name);
    at += 4 + about.length + name.length + packed.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(index.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, index, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
