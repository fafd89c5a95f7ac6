import { readDiff } from '@mainloop/models/flow/review/diff';
import { MAX_RISKS, risksOf, type Risk } from '@mainloop/models/flow/review/risks';
import { readOnce } from '#lib/live/once.ts';
import { read } from './read.ts';

export interface ChangedFile {
  readonly path: string;
  readonly additions: number;
  readonly deletions: number;
}

// A push never changes, and the page of a task is read again at each event of it: to take a diff of 2 MB
// apart takes some 50 ms.
const looksOf = readOnce(
  async (key): Promise<{ readonly files: readonly ChangedFile[]; readonly risks: readonly Risk[] }> => {
    const [taskId, pushId] = key.split('/') as [string, string];
    const diff = readDiff(await read().diffOf(taskId, pushId, 'diff'));
    return {
      files: diff.files.map(({ path, additions, deletions }) => ({ path, additions, deletions })),
      risks: risksOf(diff).slice(0, MAX_RISKS),
    };
  },
  200,
);

/**
 * The files that a task's branch changes as of one push.
 * @returns read once for each push
 */
export const changedFiles = async (taskId: string, pushId: string): Promise<readonly ChangedFile[]> =>
  (await looksOf(`${taskId}/${pushId}`)).files;

/**
 * What of a task's change as of one push deserves a second look, the worst first.
 * @returns read once for each push
 */
export const changeRisks = async (taskId: string, pushId: string): Promise<readonly Risk[]> =>
  (await looksOf(`${taskId}/${pushId}`)).risks;
