// A unified diff, split into files and lines for showing. Pure.
interface DiffLine {
  readonly kind: 'add' | 'del' | 'same' | 'hunk';
  readonly text: string;
  readonly n: number | null;
}
export interface DiffFile {
  readonly path: string;
  readonly additions: number;
  readonly deletions: number;
  readonly lines: readonly DiffLine[];
  readonly binary: boolean;
}

const MAX_LINES = 3_000;

export function parseDiff(text: string): DiffFile[] {
  return text
    .split(/^(?=diff --git )/m)
    .filter((f) => f.startsWith('diff --git '))
    .map(parseFile);
}

function parseFile(text: string): DiffFile {
  const all = text.split('\n');
  const lines: DiffLine[] = [];
  let additions = 0,
    deletions = 0,
    n = 0,
    inHunk = false;
  for (const l of all) {
    const at = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(l);
    if (at) {
      n = Number(at[1]);
      inHunk = true;
      lines.push({ kind: 'hunk', text: l.replace(/^@@.*?@@ ?/, ''), n: null });
    } else if (!inHunk) continue;
    else if (l.startsWith('+')) {
      additions++;
      lines.push({ kind: 'add', text: l.slice(1), n: n++ });
    } else if (l.startsWith('-')) {
      deletions++;
      lines.push({ kind: 'del', text: l.slice(1), n: null });
    } else if (l.startsWith(' ')) lines.push({ kind: 'same', text: l.slice(1), n: n++ });
  }
  return {
    path: / b\/(.*)$/.exec(all[0] ?? '')?.[1] ?? '?',
    additions,
    deletions,
    lines: lines.slice(0, MAX_LINES),
    binary: /^Binary files /m.test(text),
  };
}
