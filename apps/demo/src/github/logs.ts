// The logs of a run as GitHub packs them: of each job one file with all of it, and one for each step.
import type { Job } from './store.ts';
import { zipOf, type ZipEntry } from './zip.ts';

/** What no file's name has in it. */
const fileName = (name: string): string => name.replace(/[/:<>"|*?\\]/g, '').trim();

/**
 * @param jobs of one run, in order
 * @returns a file for each job, and in its folder one for each step that said something
 */
export function filesOf(jobs: readonly Job[]): ZipEntry[] {
  return jobs.flatMap((job, n) => {
    const folder = fileName(job.name);
    const lines = job.log.replace(/^\ufeff/, '').split('\n');
    let from = 0;
    const steps = (job.steps ?? []).flatMap((step, k): ZipEntry[] => {
      const own = lines.slice(from, (from += step.lines));
      return own.length === 0
        ? []
        : [{ name: `${folder}/${k + 1}_${fileName(step.name)}.txt`, text: `\ufeff${own.join('\n')}\n` }];
    });
    return [{ name: `${n}_${folder}.txt`, text: job.log }, ...steps];
  });
}

/**
 * @returns the archive of https://docs.github.com/rest/actions/workflow-runs#download-workflow-run-logs
 */
export const logsOfRun = (jobs: readonly Job[]): Buffer => zipOf(filesOf(jobs));
