// A push of before as guardrails look at one, out of the diff that was kept of it. What a later commit took back again is not in a
// diff, nor what a merge hid: a push that is judged now is read more closely.
import { readDiff } from '../review/diff.ts';
import type { Change, FoundSecret } from './judge.ts';
import { findSecrets, shownSecret } from './secrets.ts';

/** What was noted of a push. */
export interface PastPush {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
  /** Of the whole branch, as git prints it. */
  readonly diff: string;
}

/** @returns `isWhole`: false where the diff was cut, so that more may be in it */
export function changeOf({ files, additions, deletions, diff }: PastPush): {
  change: Change;
  isWhole: boolean;
} {
  const read = readDiff(diff);
  const secrets: FoundSecret[] = read.files.flatMap((file) => {
    const added = file.lines.filter((line) => line.kind === 'add').map((line) => line.text);
    return findSecrets(added.join('\n')).found.map(({ kind, secret }) => ({
      kind,
      shown: shownSecret(secret),
      place: file.path,
    }));
  });
  const change: Change = {
    files,
    lines: additions + deletions,
    paths: read.files.flatMap((file) => [
      { path: file.path, mode: file.newMode ?? file.oldMode ?? '100644' },
      ...(file.from === null || file.change !== 'renamed' ? [] : [{ path: file.from, mode: '000000' }]),
    ]),
    secrets,
  };
  return { change, isWhole: !read.cut };
}
