// What a clone in a sandbox does not have, in words for the agent and for whoever reads what it did. Pure.

/**
 * @param files texts of `.gitmodules` and `.gitattributes` at the top of the clone; null: there is none
 * @returns a sentence each
 */
export function cloneNotes(files: {
  readonly gitmodules: string | null;
  readonly gitattributes: string | null;
}): readonly string[] {
  const modules = (files.gitmodules ?? '')
    .split('\n')
    .flatMap((line) => /^\s*path\s*=(.*)$/.exec(line)?.[1]!.trim() || []);
  const kept = (files.gitattributes ?? '')
    .split('\n')
    .flatMap((line) => /^\s*([^#\s]\S*)\s.*\bfilter=lfs\b/.exec(line)?.[1] ?? []);
  return [
    ...(modules.length === 0
      ? []
      : [
          `Submodules are empty folders here (${listed(modules)}): a sandbox reaches its own repository and no other. What needs them can't run.`,
        ]),
    ...(kept.length === 0
      ? []
      : [
          `Files that Git LFS keeps (${listed(kept)}) are pointers here, not the files themselves. Leave them as they are; what reads them can't run.`,
        ]),
  ];
}

const MAX_NAMES = 5;
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((n) => n.slice(0, 80));
  return names.length > MAX_NAMES
    ? `${shown.join(', ')} and ${names.length - MAX_NAMES} more`
    : shown.join(', ');
}
