// A change for showing: what the one parser reads (flow/review/diff), folded and shortened to what a phone can lay out. Pure.
import { readDiff, type DiffFile as WholeFile, type DiffLine } from '@mainloop/models/flow/review/diff';
import { reveal } from '@mainloop/models/flow/text';

export { type DiffLine } from '@mainloop/models/flow/review/diff';
export interface DiffFile extends WholeFile {
  /** Lines beyond what is shown. */
  readonly cut: number;
  /** Machine-made, so folded at first. */
  readonly generated: boolean;
}

const MAX_LINES = 6_000;
const GENERATED =
  /(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock|Cargo\.lock|poetry\.lock|uv\.lock|go\.sum|Gemfile\.lock|composer\.lock)$|\.min\.(js|css)$|\.snap$|(^|\/)(dist|vendor|generated)\//;

/** @returns its files; `cut` says how many lines of one are left out */
export const parseDiff = (text: string): DiffFile[] =>
  readDiff(text).files.map((file) => ({
    ...file,
    lines: file.lines.slice(0, MAX_LINES),
    cut: Math.max(0, file.lines.length - MAX_LINES),
    // What CI runs is never folded away.
    generated: GENERATED.test(file.path) && !file.ci,
  }));

/**
 * Two columns: what went and what came, side by side. A hunk's head fills both.
 * @returns rows; null where a side has no line
 */
export function pairLines(lines: readonly DiffLine[]): { left: DiffLine | null; right: DiffLine | null }[] {
  const rows: { left: DiffLine | null; right: DiffLine | null }[] = [];
  for (let i = 0; i < lines.length;) {
    const line = lines[i]!;
    if (line.kind === 'same' || line.kind === 'hunk') {
      rows.push({ left: line, right: line });
      i++;
      continue;
    }
    const gone: DiffLine[] = [];
    const came: DiffLine[] = [];
    while (lines[i]?.kind === 'del') gone.push(lines[i++]!);
    while (lines[i]?.kind === 'add') came.push(lines[i++]!);
    for (let k = 0; k < Math.max(gone.length, came.length); k++)
      rows.push({ left: gone[k] ?? null, right: came[k] ?? null });
  }
  return rows;
}

/**
 * Changes with the file, so that a mark "viewed" is gone when there is something new to see.
 * @returns the same for the same changes
 */
export function fingerprint(file: DiffFile): string {
  let hash = 2_166_136_261;
  for (const line of file.lines)
    for (let i = 0; i < line.text.length; i++) hash = Math.imul(hash ^ line.text.charCodeAt(i), 16_777_619);
  return `${file.additions}-${file.deletions}-${(hash >>> 0).toString(36)}`;
}

/** What git keeps of a file besides its content, for people. */
const MODES = new Map([
  ['100644', 'a plain file'],
  ['100755', 'a program'],
  ['120000', 'a symbolic link'],
  ['160000', 'a commit of another repository'],
]);
/**
 * What git did to a file besides its lines, in words: another name, another mode, a link, a program.
 * @returns '' when there is nothing of the kind
 */
export function natureWords(
  file: Pick<DiffFile, 'from' | 'oldMode' | 'newMode' | 'change' | 'binary' | 'lines'>,
): string {
  const target = file.newMode === '120000' ? (file.lines.find((l) => l.kind === 'add')?.text ?? '') : '';
  const said = [
    ...(file.from === null ? [] : [`was ${reveal(file.from)}`]),
    ...(file.oldMode !== null && file.newMode !== null && file.oldMode !== file.newMode
      ? [modeWords(file)]
      : []),
    ...(file.change === 'added' && file.newMode !== null && file.newMode !== '100644'
      ? [`a new file, ${modeName(file.newMode)}`]
      : []),
    ...(file.change === 'deleted' && file.oldMode !== null && file.oldMode !== '100644'
      ? [`was ${modeName(file.oldMode)}`]
      : []),
    ...(target === '' ? [] : [`to ${reveal(target)}`]),
    ...(file.change === 'renamed' && file.lines.length === 0 && !file.binary ? ['moved as it was'] : []),
  ];
  return said.join(', ');
}

const modeName = (mode: string | null): string => (mode === null ? 'nothing' : (MODES.get(mode) ?? mode));
/** @param file modes as git has them, null where there was or is no file */
export const modeWords = (file: { oldMode: string | null; newMode: string | null }): string =>
  `was ${modeName(file.oldMode)}, is ${modeName(file.newMode)}`;
