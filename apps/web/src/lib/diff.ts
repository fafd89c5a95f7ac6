// A unified diff of git, split into files and lines for showing. Pure.
// Ours, because the kept parsers (parse-diff 0.12, gitdiff-parser 0.3) read renamed files with quoted names and a missing
// newline at the end wrong (tried).
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
  readonly additions: number;
  readonly deletions: number;
  readonly lines: readonly DiffLine[];
  /** Lines beyond what is shown. */
  readonly cut: number;
  readonly binary: boolean;
  /** Machine-made, so folded at first. */
  readonly generated: boolean;
  /** A CI file: what it says runs with the repository's secrets. */
  readonly ci: boolean;
}

const MAX_LINES = 6_000;
const GENERATED =
  /(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock|Cargo\.lock|poetry\.lock|uv\.lock|go\.sum|Gemfile\.lock|composer\.lock)$|\.min\.(js|css)$|\.snap$|(^|\/)(dist|vendor|generated)\//;
const CI = /^\.github\/|^\.gitlab-ci|^\.circleci\//;

export function parseDiff(text: string): DiffFile[] {
  return text
    .split(/^(?=diff --git )/m)
    .filter((f) => f.startsWith('diff --git '))
    .map(parseFile);
}

function parseFile(text: string): DiffFile {
  const all = text.split('\n');
  const start = all.findIndex((l) => l.startsWith('@@ '));
  const head = start === -1 ? all : all.slice(0, start);
  const lines: DiffLine[] = [];
  let additions = 0,
    deletions = 0,
    cut = 0,
    o = 0,
    n = 0;
  const add = (l: DiffLine): void => void (lines.length < MAX_LINES ? lines.push(l) : cut++);
  for (const l of start === -1 ? [] : all.slice(start)) {
    const at = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/.exec(l);
    if (at) {
      o = Number(at[1]);
      n = Number(at[2]);
      add({ kind: 'hunk', text: at[3]!, old: null, new: null });
    } else if (l.startsWith('+')) {
      additions++;
      add({ kind: 'add', text: l.slice(1), old: null, new: n++ });
    } else if (l.startsWith('-')) {
      deletions++;
      add({ kind: 'del', text: l.slice(1), old: o++, new: null });
    } else if (l.startsWith(' ')) add({ kind: 'same', text: l.slice(1), old: o++, new: n++ });
    else if (l.startsWith('\\') && lines.length > 0) lines.push({ ...lines.pop()!, noNewline: true });
  }
  const has = (start: string): string | undefined =>
    head
      .find((l) => l.startsWith(start))
      ?.slice(start.length)
      .replace(/\t$/, '');
  const to =
    has('rename to ') ?? sideName(has('+++ '), 'b/') ?? sideName(has('--- '), 'a/') ?? /^diff --git .*? "?b\/(.*?)"?$/.exec(all[0]!)?.[1] ?? '?';
  const from = has('rename from ');
  const path = unquote(to);
  return {
    path,
    from: from === undefined ? null : unquote(from),
    change: from !== undefined ? 'renamed' : has('new file') !== undefined ? 'added' : has('deleted file') !== undefined ? 'deleted' : 'changed',
    additions,
    deletions,
    lines,
    cut,
    binary: head.some((l) => /^(Binary files |GIT binary patch)/.test(l)),
    generated: GENERATED.test(path),
    ci: CI.test(path),
  };
}

function sideName(name: string | undefined, prefix: string): string | undefined {
  if (name === undefined || name === '/dev/null') return undefined;
  const plain = unquote(name);
  return plain.startsWith(prefix) ? plain.slice(2) : plain;
}

/** git writes names with unusual characters as C strings, other bytes in octal. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  const inner = name.slice(1, -1);
  for (let i = 0; i < inner.length; i++) {
    const octal = /^\\([0-7]{3})/.exec(inner.slice(i));
    if (octal) {
      bytes.push(parseInt(octal[1]!, 8));
      i += 3;
    } else if (inner[i] === '\\') {
      const c = inner[++i] ?? '';
      bytes.push(...new TextEncoder().encode({ n: '\n', t: '\t', r: '\r' }[c] ?? c));
    } else bytes.push(...new TextEncoder().encode(inner[i]));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Two columns: what went and what came, side by side. A hunk's head fills both. */
export function pairLines(lines: readonly DiffLine[]): { left: DiffLine | null; right: DiffLine | null }[] {
  const rows: { left: DiffLine | null; right: DiffLine | null }[] = [];
  for (let i = 0; i < lines.length;) {
    const l = lines[i]!;
    if (l.kind === 'same' || l.kind === 'hunk') {
      rows.push({ left: l, right: l });
      i++;
      continue;
    }
    const gone: DiffLine[] = [];
    const came: DiffLine[] = [];
    while (lines[i]?.kind === 'del') gone.push(lines[i++]!);
    while (lines[i]?.kind === 'add') came.push(lines[i++]!);
    for (let k = 0; k < Math.max(gone.length, came.length); k++) rows.push({ left: gone[k] ?? null, right: came[k] ?? null });
  }
  return rows;
}

/** Changes with the file, so that a mark "viewed" is gone when there is something new to see. */
export function fingerprint(f: DiffFile): string {
  let h = 2_166_136_261;
  for (const l of f.lines) for (let i = 0; i < l.text.length; i++) h = Math.imul(h ^ l.text.charCodeAt(i), 16_777_619);
  return `${f.additions}-${f.deletions}-${(h >>> 0).toString(36)}`;
}

/** Characters that reorder or hide text (https://trojansource.codes) and carriage returns, made visible. */
export const reveal = (text: string): string =>
  text.replace(/[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f]/g, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase()}]`).replace(/\r$/, '[CR]');
