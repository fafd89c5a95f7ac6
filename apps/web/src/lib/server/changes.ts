import { readDiff } from '@mainloop/models/flow/diff';
import { readOnce } from '#lib/once.ts';
import { read } from './read.ts';

export interface ChangedFile {
  readonly path: string;
  readonly additions: number;
  readonly deletions: number;
}

// A push never changes, and the page of a task is read again at each event of it: to take a diff of 2 MB apart takes some 50 ms.
const filesOf = readOnce(async (key): Promise<readonly ChangedFile[]> => {
  const [taskId, pushId] = key.split('/') as [string, string];
  return readDiff(await read().diffOf(taskId, pushId, 'diff')).files.map(({ path, additions, deletions }) => ({ path, additions, deletions }));
}, 200);

/** The files that a task's branch changes as of one push. */
export const changedFiles = (taskId: string, pushId: string): Promise<readonly ChangedFile[]> => filesOf(`${taskId}/${pushId}`);
