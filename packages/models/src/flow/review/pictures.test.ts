import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PICTURES } from './pictures.fixture.ts';
import { MAX_PICTURE_BYTES, readPicture } from './pictures.ts';

const names = Object.keys(PICTURES);
const bytesOf = (name: string): Buffer => Buffer.from(PICTURES[name]!.base64, 'base64');
const read = (bytes: Uint8Array) => {
  const r = readPicture(bytes);
  return r.ok ? { mime: r.picture.mime, width: r.picture.width, height: r.picture.height } : r.sentence;
};
const kept = (bytes: Uint8Array): Buffer => {
  const r = readPicture(bytes);
  if (!r.ok) throw new Error(r.sentence);
  return Buffer.from(r.picture.bytes);
};
const chunk = (name: string, data: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, data, Buffer.alloc(4)]);
};
const PNG = bytesOf('png');
const BROKEN = 'That picture is cut off or broken, so it could not be shown.';
const NO_PICTURE = 'That is no PNG, JPEG, WebP or GIF. Take a screenshot as a PNG and show that.';

describe.each(names)('%s', (name) => {
  test('is known by what is in it', () => {
    expect(read(bytesOf(name))).toEqual({ mime: PICTURES[name]!.mime, width: 12, height: 7 });
  });

  test('keeps no words, and nothing of a second file behind it', () => {
    const two = Buffer.concat([bytesOf(name), Buffer.from('PK\x03\x04<script>SECRET</script>')]);
    expect(kept(two).includes('SECRET')).toBe(false);
    expect(kept(two).includes('script')).toBe(false);
  });

  test('is the same when it is read once more', () => {
    expect(kept(kept(bytesOf(name)))).toEqual(kept(bytesOf(name)));
  });

  test('is refused wherever it is cut off', () => {
    const whole = bytesOf(name);
    for (let end = 0; end < whole.length - 1; end++) {
      const said = read(whole.subarray(0, end));
      // A GIF or a PNG that lacks only what is left out anyway may be whole.
      if (typeof said !== 'string') expect(kept(whole.subarray(0, end))).toEqual(kept(whole));
      else expect([BROKEN, NO_PICTURE]).toContain(said);
    }
  });

  test('never says more than that when any of its bytes is another', () => {
    const whole = bytesOf(name);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(whole);
        changed[at] = value;
        const r = readPicture(changed);
        if (r.ok) expect(r.picture.bytes.length).toBeLessThanOrEqual(whole.length);
        else expect(r.sentence).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['an SVG that says it is XML', '<?xml version="1.0"?><svg/>'],
  ['a page', '<!doctype html><img src=x onerror=alert(1)>'],
  ['nothing', ''],
  ['a PDF', '%PDF-1.7'],
  ['a bitmap', 'BM6\0\0\0'],
  ['a page that begins like half a PNG', '\x89PNG<html>'],
  ['a RIFF that is a sound', 'RIFF\x24\0\0\0WAVEfmt '],
])('%s is no picture', (_, text) => {
  expect(read(Buffer.from(text, 'latin1'))).toBe(NO_PICTURE);
});

test.each([
  ['a PNG without a drawn line', Buffer.concat([PNG.subarray(0, 33), chunk('IEND', Buffer.alloc(0))])],
  ['a GIF that is a script', Buffer.from('GIF89a/*\0\0\0\0\0\0*/=1;alert(1)//;', 'latin1')],
  ['a GIF without a frame', Buffer.from('GIF89a\x0c\0\x07\0\0\0\0;', 'latin1')],
  [
    'a PNG with a chunk that is longer than itself',
    Buffer.concat([PNG.subarray(0, 33), Buffer.from([0xff, 0xff, 0xff, 0xff, 73, 68, 65, 84])]),
  ],
  ['a JPEG that is only a head', Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
])('%s is broken', (_, bytes) => {
  expect(read(bytes)).toBe(BROKEN);
});

test('what a PNG hides between its lines is left out', () => {
  const hidden = Buffer.concat([
    PNG.subarray(0, 33),
    chunk('tEXt', Buffer.from('Comment\0<script>')),
    chunk('acTL', Buffer.alloc(8)),
    PNG.subarray(33),
  ]);
  expect(kept(hidden)).toEqual(kept(PNG));
});

test('one that is too large, or would be once it is unpacked, says so', () => {
  expect(read(Buffer.concat([PNG, Buffer.alloc(MAX_PICTURE_BYTES)]))).toBe(
    'That picture is over 5 MiB. Show a smaller one.',
  );
  const bomb = Buffer.from(PNG);
  bomb.writeUInt32BE(30_000, 16);
  bomb.writeUInt32BE(30_000, 20);
  expect(read(bomb)).toBe('That picture has more than 40 million pixels. Show a smaller one.');
  bomb.writeUInt32BE(2 ** 31, 20);
  expect(read(bomb)).toBe(BROKEN);
  bomb.writeUInt32BE(0, 20);
  expect(read(bomb)).toBe(BROKEN);
});
