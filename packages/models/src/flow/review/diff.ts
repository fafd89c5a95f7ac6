// A unified diff as git writes it, read into files and lines. Pure, and the only place that reads one.
//
// What counts as a line is what git counts: LF and nothing else. Where a hunk ends is said by its own header
// and by nothing inside it, so that no content can forge a file or hide one. Names are read from git's quoted
// form (docs/adr/0010 says why no kept library does this).
import { isCiFile } from '../ci/files.ts';

export interface DiffLine {
  readonly kind: 'add' | 'del' | 'same' | 'hunk';
  readonly text: string;
  readonly old: number | null;
  readonly new: number | null;
  /** The file does not end with a newline after this line. */
  readonly noNewline?: true;
}
export interface DiffFile {
  readonly path: string;
  /** Set when the file was renamed. */
  readonly from: string | null;
  readonly change: 'added' | 'deleted' | 'renamed' | 'changed';
  /** What it is by its mode, such as 100755 or 120000; null where the diff does not say. */
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly additions: number;
  readonly deletions: number;
  readonly lines: readonly DiffLine[];
  /** Lines of it are missing here: the diff was cut, or this file was left out of it for its size. */
  readonly incomplete: boolean;
  readonly binary: boolean;
  /** A CI file: what it says runs with the repository's secrets. */
  readonly ci: boolean;
}
export interface Diff {
  readonly files: readonly DiffFile[];
  /** Something is missing: lines of a file, or whole files after the last one. */
  readonly cut: boolean;
}

/**
 * What stands, at the start of a line of its own, where the rest of a diff was cut. No line of git's begins
 * like this.
 */
export const CUT_MARK = '…';

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?([^\n]*)$/;

/**
 * Reads a diff in git's own form.
 * @param text may be cut anywhere
 * @returns its files in their order, and whether it was cut
 */
export function readDiff(text: string): Diff {
  const all = text.split('\n');
  const files: DiffFile[] = [];
  let cut = false;
  let i = 0;
  while (i < all.length) {
    const line = all[i]!;
    if (line.startsWith(CUT_MARK)) cut = true;
    if (!line.startsWith('diff --git ')) {
      i++;
      continue;
    }
    const { file, next } = readFile(all, i);
    files.push(file);
    cut ||= file.incomplete;
    i = next;
  }
  return { files, cut };
}

function readFile(all: readonly string[], start: number): { file: DiffFile; next: number } {
  const head = new Map<string, string>();
  let i = start + 1;
  let binary = false;
  // Everything up to the first hunk or the next file was written by git, and a name in it can't hold a line
  // feed: it is quoted.
  for (; i < all.length && !/^(@@ |diff --git )/.test(all[i]!) && !all[i]!.startsWith(CUT_MARK); i++) {
    const key =
      /^(old mode|new mode|new file mode|deleted file mode|rename from|rename to|copy from|copy to|---|\+\+\+) (.*)$/s.exec(
        all[i]!,
      );
    if (key) head.set(key[1]!, key[2]!);
    binary ||= /^(Binary files |GIT binary patch)/.test(all[i]!);
  }
  const body = readHunks(all, i);
  const from = head.get('rename from') ?? head.get('copy from');
  const path = unquote(head.get('rename to') ?? head.get('copy to') ?? '') || nameOf(all[start]!, head);
  const added = head.has('new file mode');
  const deleted = head.has('deleted file mode');
  const kinds = { renamed: from !== undefined, added, deleted };
  return {
    file: {
      path,
      from: from === undefined ? null : unquote(from),
      change: (['renamed', 'added', 'deleted'] as const).find((k) => kinds[k]) ?? 'changed',
      oldMode: head.get('old mode') ?? head.get('deleted file mode') ?? null,
      newMode: head.get('new mode') ?? head.get('new file mode') ?? null,
      additions: body.additions,
      deletions: body.deletions,
      lines: body.lines,
      incomplete: body.incomplete || (head.has('+++') && body.lines.length === 0),
      binary,
      ci: isCiFile(path) || (from !== undefined && isCiFile(unquote(from))),
    },
    next: body.next,
  };
}

function readHunks(
  all: readonly string[],
  start: number,
): { lines: DiffLine[]; additions: number; deletions: number; incomplete: boolean; next: number } {
  const lines: DiffLine[] = [];
  let additions = 0,
    deletions = 0,
    i = start;
  for (let at = HUNK.exec(all[i] ?? ''); at; at = HUNK.exec(all[i] ?? '')) {
    let [o, n] = [Number(at[1]), Number(at[3])];
    const [oldEnd, newEnd] = [o + Number(at[2] ?? 1), n + Number(at[4] ?? 1)];
    lines.push({ kind: 'hunk', text: at[5]!, old: null, new: null });
    for (i++; o < oldEnd || n < newEnd || all[i]?.startsWith('\\'); i++) {
      const line = all[i] ?? '';
      const text = line.slice(1);
      if (line.startsWith('+') && n < newEnd) {
        additions++;
        lines.push({ kind: 'add', text, old: null, new: n++ });
      } else if (line.startsWith('-') && o < oldEnd) {
        deletions++;
        lines.push({ kind: 'del', text, old: o++, new: null });
      } else if (line.startsWith(' ')) lines.push({ kind: 'same', text, old: o++, new: n++ });
      else if (line.startsWith('\\')) lines.push({ ...lines.pop()!, noNewline: true });
      else return { lines, additions, deletions, incomplete: true, next: i };
    }
  }
  return { lines, additions, deletions, incomplete: false, next: i };
}

/** The name of a file that was not renamed: both sides have the same. */
function nameOf(first: string, head: ReadonlyMap<string, string>): string {
  const rest = first.slice('diff --git '.length);
  // `a/NAME b/NAME`, or the same as two quoted strings: the middle is where the sides meet.
  const half = (rest.length - 1) / 2;
  if (Number.isInteger(half)) {
    const [a, b] = [unquote(rest.slice(0, half)), unquote(rest.slice(half + 1))];
    if (a.startsWith('a/') && b.startsWith('b/') && a.slice(2) === b.slice(2)) return b.slice(2);
  }
  for (const side of ['+++', '---']) {
    const name = head.get(side)?.replace(/\t$/, '');
    if (name !== undefined && name !== '/dev/null') return unquote(name).slice(2);
  }
  return '?';
}

/**
 * git writes names with unusual characters as C strings, other bytes in octal. Bytes that are no UTF-8 stay
 * visible as `\xff`.
 */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  for (const part of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (part[1] !== undefined) bytes.push(parseInt(part[1], 8));
    else if (part[2] !== undefined) bytes.push(ESCAPES.get(part[2]) ?? part[2].charCodeAt(0));
    else bytes.push(...new TextEncoder().encode(part[3]));
  }
  return nameOfBytes(new Uint8Array(bytes));
}
const ESCAPES = new Map([...'abtnvfr'].map((c, i) => [c, 7 + i] as const));

/**
 * A file's name for people: UTF-8 as it is, any other byte as `\xff`.
 * @returns a name that can be shown; two names of other bytes stay two
 */
export function nameOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Byte by byte, so that what is UTF-8 in between stays readable.
    let name = '';
    for (let i = 0; i < bytes.length;) {
      const size = [1, 2, 3, 4].find((n) => isUtf8(bytes.subarray(i, i + n)) && i + n <= bytes.length);
      name +=
        size === undefined
          ? `\\x${bytes[i]!.toString(16).padStart(2, '0')}`
          : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(i, i + size));
      i += size ?? 1;
    }
    return name;
  }
}
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    // Not UTF-8: that is the answer.
    return false;
  }
}
