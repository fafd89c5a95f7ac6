// What `git merge-tree --write-tree --stdin -z --messages` says of merges in memory, read record by record. Pure.
import { nameOfBytes } from '../review/diff.ts';

/** How two branches meet in a file: on the first side of the merge (`here`) and on the second (`there`). */
export const MEETINGS = [
  'changed',
  'added',
  'deleted_here',
  'deleted_there',
  'renamed',
  'binary',
  'submodule',
  'kind',
] as const;
export type Meeting = (typeof MEETINGS)[number];

/** A file as one side of a conflict has it. */
export interface Stage {
  readonly mode: string;
  /** The name of its object. */
  readonly id: string;
}

/** A file in which a merge conflicts. */
export interface MetFile {
  /** As a person reads it. */
  readonly path: string;
  readonly how: Meeting;
  readonly base: Stage | null;
  readonly ours: Stage | null;
  readonly theirs: Stage | null;
}

/** What came of one merge; `files` is empty where it is clean. */
export interface Merge {
  readonly isClean: boolean;
  readonly files: readonly MetFile[];
}

const SIDES = { 1: 'base', 2: 'ours', 3: 'theirs' } as const;
type Stages = Pick<MetFile, 'base' | 'ours' | 'theirs'>;
const NONE: Stages = { base: null, ours: null, theirs: null };

/**
 * A reader of git's output, which is handed the records between its NULs as they come.
 * @returns `merges`: those that are whole, in the order in which they were asked for
 */
export function mergeReader(): { take(record: Uint8Array): void; readonly merges: readonly Merge[] } {
  const merges: Merge[] = [];
  let at: 'status' | 'tree' | 'files' | 'messages' = 'status';
  let isClean = false;
  let stages = new Map<string, Stages>();
  let conflicts: Conflicts = new Map();
  let message: string[] = [];

  const end = (): void => {
    merges.push({ isClean, files: isClean ? [] : filesOf(stages, conflicts) });
    [stages, conflicts, at] = [new Map(), new Map(), 'status'];
  };
  const take = (record: Uint8Array): void => {
    switch (at) {
      case 'status':
        if (record.length === 0) return;
        isClean = record.length === 1 && record[0] === 0x31;
        at = 'tree';
        return;
      case 'tree':
        at = 'files';
        return;
      case 'files':
        if (record.length === 0) at = 'messages';
        else noteStage(stages, record);
        return;
      case 'messages':
        // In the place of the end git has words of advice where a submodule conflicts.
        if (message.length === 0 && !isCount(record)) return end();
        message.push(nameOfBytes(record));
        // How many paths, these, the type, a sentence.
        if (message.length < Number(message[0]) + 3) return;
        noteConflict(conflicts, message);
        message = [];
    }
  };
  return { take, merges };
}

const isCount = (record: Uint8Array): boolean => /^\d{1,9}$/.test(nameOfBytes(record));

/** Which types of conflict a path has, as git names them. */
type Conflicts = Map<string, Set<string>>;

/** MODE SP OBJECT SP STAGE TAB NAME */
function noteStage(stages: Map<string, Stages>, record: Uint8Array): void {
  const tab = record.indexOf(9);
  const [mode = '', id = '', stage = ''] = nameOfBytes(record.subarray(0, tab)).split(' ');
  const path = withoutSide(nameOfBytes(record.subarray(tab + 1)));
  const side = stage === '1' || stage === '2' || stage === '3' ? SIDES[stage] : 'base';
  stages.set(path, { ...(stages.get(path) ?? NONE), [side]: { mode, id } });
}

function noteConflict(conflicts: Conflicts, message: readonly string[]): void {
  const type = message.at(-2)!;
  if (!type.startsWith('CONFLICT')) return;
  for (const path of message.slice(1, -2).map(withoutSide))
    conflicts.set(path, (conflicts.get(path) ?? new Set()).add(type));
}

/** Where a file and a folder have one name, git puts the side's behind the file: that is the commit we named. */
const withoutSide = (path: string): string => path.replace(/~(?:[0-9a-f]{40}|[0-9a-f]{64})(?:_\d+)?$/, '');

function filesOf(stages: ReadonlyMap<string, Stages>, conflicts: Conflicts): MetFile[] {
  // Some are told in words alone, such as a folder whose files went two ways.
  const paths = stages.size > 0 ? [...stages.keys()] : [...conflicts.keys()];
  return paths.map((path) => {
    const met = stages.get(path) ?? NONE;
    return { path, how: howOf(met, conflicts.get(path) ?? new Set()), ...met };
  });
}

const SUBMODULE = '160000';
const isFile = (mode: string): boolean => mode.startsWith('100');
const isRenaming = (type: string): boolean => /rename|file location/.test(type);

function howOf(met: Stages, types: ReadonlySet<string>): Meeting {
  const { base, ours, theirs } = met;
  const modes = [base, ours, theirs].flatMap((stage) => (stage === null ? [] : [stage.mode]));
  if (modes.includes(SUBMODULE)) return 'submodule';
  if (base !== null && ours === null && theirs !== null) return 'deleted_here';
  if (base !== null && theirs === null && ours !== null) return 'deleted_there';
  if ([...types].some(isRenaming)) return 'renamed';
  if (ours === null || theirs === null) return types.size === 0 ? 'renamed' : 'kind';
  if (isFile(ours.mode) !== isFile(theirs.mode)) return 'kind';
  if (types.has('CONFLICT (binary)')) return 'binary';
  return base === null ? 'added' : 'changed';
}
