// Looking for what was meant: vectors of a sentence model, how they are kept, which are near, and how two
// ways to look become one list. Pure.

/**
 * The model that vectors come from. Vectors of two models have nothing to do with each other, so they are
 * kept by this name: another model, or another way to make them, takes another name, and all are made anew.
 */
export const MEANING_MODEL = 'minilm-l6-int8-1';
/** How many numbers a vector has. */
export const DIMENSIONS = 384;
/** A signature is one bit for each of them. */
const WORDS = DIMENSIONS / 32;
/** Bytes of a signature, as it is kept. */
export const SIGNATURE_BYTES = DIMENSIONS / 8;
/**
 * What of a text is looked at, in characters: the model reads 128 pieces of words, and an enormous text is
 * costly to cut into them.
 */
export const READ_CHARS = 2_000;

/** @param vector of any length but zero @returns the same direction in whole numbers, the largest of which is 127 */
export function inBytes(vector: ArrayLike<number>): Int8Array {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]!));
  const out = new Int8Array(vector.length);
  if (largest > 0) for (let i = 0; i < vector.length; i++) out[i] = Math.round((vector[i]! * 127) / largest);
  return out;
}

/**
 * @returns how near two directions are: 1 for the same, 0 for none to do with each other; 0 where one has no
 * direction
 */
export function nearness(a: Int8Array, b: Int8Array): number {
  let dot = 0;
  let ofA = 0;
  let ofB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA === 0 || ofB === 0 ? 0 : dot / Math.sqrt(ofA * ofB);
}

/** @returns the sign of each number, one bit each, 32 in a word: near directions have most of them in common */
export function signatureOf(vector: Int8Array): Uint32Array {
  const out = new Uint32Array(WORDS);
  for (let i = 0; i < DIMENSIONS; i++) if (vector[i]! > 0) out[i >>> 5]! |= 1 << (i & 31);
  return out;
}

/**
 * Counts bits of three words at once, by bytes: full adders make two words of three, and only those two are
 * counted.
 */
function bits(a: number, b: number, c: number): number {
  const odd = a ^ b;
  let ones = odd ^ c;
  let twos = (a & b) | (odd & c);
  ones -= (ones >>> 1) & 0x55555555;
  ones = (ones & 0x33333333) + ((ones >>> 2) & 0x33333333);
  twos -= (twos >>> 1) & 0x55555555;
  twos = (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
  return ((ones + (ones >>> 4)) & 0x0f0f0f0f) + 2 * ((twos + (twos >>> 4)) & 0x0f0f0f0f);
}
const sum = (bytes: number): number => Math.imul(bytes, 0x01010101) >>> 24;

/**
 * Signatures side by side, with when each was said: 52 bytes for a message, and a million are gone through in
 * a hundredth of a second.
 */
export class Signatures {
  private signatures = new Uint32Array(WORDS * 1_024);
  private numbers = new Float64Array(1_024);
  private seconds = new Uint32Array(1_024);
  private distances = new Uint16Array(1_024);
  /** How many there are. */
  size = 0;

  /**
   * @param no what it is found by
   * @param bytes as they are kept: the words of `signatureOf`, the low byte first
   * @param atMs when it was said
   */
  add(no: number, bytes: Uint8Array, atMs: number): void {
    if (this.size === this.numbers.length) this.grow();
    const words = new DataView(bytes.buffer, bytes.byteOffset, SIGNATURE_BYTES);
    for (let k = 0; k < WORDS; k++) this.signatures[this.size * WORDS + k] = words.getUint32(4 * k, true);
    this.numbers[this.size] = no;
    this.seconds[this.size] = Math.floor(atMs / 1_000);
    this.size += 1;
  }

  /**
   * The ones that have the most in common with a vector: a sieve, whose answer wants to be weighed by `nearness`.
   * @param time said from then on, and before then, in milliseconds
   * @returns numbers, at most `most` and the nearest of all, in no order
   */
  nearest(vector: Int8Array, most: number, time: { fromMs?: number; toMs?: number } = {}): number[] {
    const from = Math.floor((time.fromMs ?? 0) / 1_000);
    const to = time.toMs === undefined ? Number.POSITIVE_INFINITY : time.toMs / 1_000;
    const ofDistance = this.measure(signatureOf(vector), from, to);
    let bound = 0;
    for (let found = 0; bound <= DIMENSIONS; bound++) {
      found += ofDistance[bound]!;
      if (found >= most) break;
    }
    const nearer: number[] = [];
    const last: number[] = [];
    for (let i = 0; i < this.size && nearer.length < most; i++) {
      const distance = this.distances[i]!;
      if (distance < bound) nearer.push(this.numbers[i]!);
      else if (distance === bound && distance <= DIMENSIONS && last.length < most)
        last.push(this.numbers[i]!);
    }
    return [...nearer, ...last].slice(0, most);
  }

  /** How far each is, and how many are so far. What was said at another time is further than anything. */
  private measure(of: Uint32Array, from: number, to: number): Uint32Array {
    const signatures = this.signatures;
    const [a, b, c, d, e, f, g, h, i, j, k, l] = [...of] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const count = new Uint32Array(DIMENSIONS + 2);
    for (let n = 0, p = 0; n < this.size; n++, p += WORDS) {
      const at = this.seconds[n]!;
      let distance = DIMENSIONS + 1;
      if (at >= from && at < to)
        distance =
          sum(
            bits(signatures[p]! ^ a, signatures[p + 1]! ^ b, signatures[p + 2]! ^ c) +
              bits(signatures[p + 3]! ^ d, signatures[p + 4]! ^ e, signatures[p + 5]! ^ f),
          ) +
          sum(
            bits(signatures[p + 6]! ^ g, signatures[p + 7]! ^ h, signatures[p + 8]! ^ i) +
              bits(signatures[p + 9]! ^ j, signatures[p + 10]! ^ k, signatures[p + 11]! ^ l),
          );
      this.distances[n] = distance;
      count[distance]! += 1;
    }
    return count;
  }

  private grow(): void {
    const to = this.numbers.length * 2;
    const larger = <A extends Uint32Array | Float64Array | Uint16Array>(made: A, from: A): A => {
      made.set(from);
      return made;
    };
    this.signatures = larger(new Uint32Array(to * WORDS), this.signatures);
    this.numbers = larger(new Float64Array(to), this.numbers);
    this.seconds = larger(new Uint32Array(to), this.seconds);
    this.distances = larger(new Uint16Array(to), this.distances);
  }
}

/** @returns the words of a signature as they are kept, the low byte first */
export function signatureBytes(signature: Uint32Array): Uint8Array {
  const out = new DataView(new ArrayBuffer(SIGNATURE_BYTES));
  for (let k = 0; k < WORDS; k++) out.setUint32(4 * k, signature[k]!, true);
  return new Uint8Array(out.buffer);
}

/**
 * How much less the second of a list counts than the first. The paper on it (Cormack and others, 2009) has
 * 60, for lists of a thousand; of ours, which are short, the first few matter, and 10 finds more
 * (docs/benchmarks.md).
 */
const RANK_OFFSET = 10;

/**
 * One list of several, by the places in them alone: words and vectors are weighed in units that can't be compared.
 * @param lists the best first, nothing twice in one
 * @returns the best first; of two alike, the one that the earlier list has
 */
export function fused<T>(lists: readonly (readonly T[])[]): T[] {
  const scores = new Map<T, number>();
  for (const list of lists)
    for (const [i, x] of list.entries()) scores.set(x, (scores.get(x) ?? 0) + 1 / (RANK_OFFSET + i + 1));
  return [...scores].toSorted((a, b) => b[1] - a[1]).map(([value]) => value);
}
