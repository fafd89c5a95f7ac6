// What a tester or a linter counts in its last lines. Pure, and only as good as the words of the tools that it knows.

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const number = (text: string | undefined): number => Number(text ?? 0);

/** Each reads one kind of summary; null where there is none of it. */
const READERS: readonly ((text: string) => Counts | null)[] = [
  // Jest, Vitest, and what prints like them.
  (text) => {
    const line = last(text, /^[ \t]*Tests:?[ \t]+(?:.*)$/gm);
    if (line === null || !/\d+ (passed|failed)/.test(line)) return null;
    return { passed: number(/(\d+) passed/.exec(line)?.[1]), failed: number(/(\d+) failed/.exec(line)?.[1]) };
  },
  // Node's own, as TAP and as a list.
  (text) => {
    const passed = last(text, /^(?:#|ℹ) pass (\d+)$/gm);
    return passed === null
      ? null
      : {
          passed: number(/\d+/.exec(passed)?.[0]),
          failed: number(/\d+/.exec(last(text, /^(?:#|ℹ) fail (\d+)$/gm) ?? '')?.[0]),
        };
  },
  // pytest
  (text) => {
    const line = last(text, /^=*\s?.*\b\d+ (?:passed|failed|error)s?\b.* in [\d.]+s.*$/gm);
    if (line === null) return null;
    const errors = number(/(\d+) errors?/.exec(line)?.[1]);
    return {
      passed: number(/(\d+) passed/.exec(line)?.[1]),
      failed: number(/(\d+) failed/.exec(line)?.[1]) + errors,
    };
  },
  // Cargo says it for every crate.
  (text) => {
    const all = [...text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
    return all.length === 0 ? null : { passed: sum(all, 1), failed: sum(all, 2) };
  },
  // Mocha
  (text) => {
    const passed = last(text, /^[ \t]+(\d+) passing\b/gm);
    return passed === null
      ? null
      : {
          passed: number(/\d+/.exec(passed)?.[0]),
          failed: number(/\d+/.exec(last(text, /^[ \t]+(\d+) failing\b/gm) ?? '')?.[0]),
        };
  },
  // Maven says a total last.
  (text) => {
    const line = last(text, /Tests run: \d+, Failures: \d+, Errors: \d+(?:, Skipped: \d+)?/g);
    const match = /run: (\d+), Failures: (\d+), Errors: (\d+)(?:, Skipped: (\d+))?/.exec(line ?? '');
    if (!match) return null;
    const failed = number(match[2]) + number(match[3]);
    return { passed: number(match[1]) - failed - number(match[4]), failed };
  },
];

/**
 * @param tail the end of what a command printed
 * @returns how many tests passed and failed; null where nobody counted, or in words that are not known here
 */
export function countsOf(tail: string): Counts | null {
  // Colours stand between the words.
  // eslint-disable-next-line no-control-regex
  const plain = tail.replace(/\u001b\[[\d;]*m/g, '');
  for (const read of READERS) {
    const found = read(plain);
    if (found !== null) return found;
  }
  return null;
}

const last = (text: string, shape: RegExp): string | null => [...text.matchAll(shape)].at(-1)?.[0] ?? null;
const sum = (all: readonly RegExpMatchArray[], group: number): number =>
  all.reduce((n, m) => n + number(m[group]), 0);
