// Checks of a commit and the logs of jobs.
import { checksReader } from './checks-reader.ts';
import { ForgeError, type Forge } from '../port.ts';
import type { GitHub } from './kit.ts';

/** @returns the part of the forge that is about checks */
export function checksOf({ kit, split, call }: GitHub): Pick<Forge, 'listChecks' | 'ensureRerun' | 'jobLog'> {
  const checks = checksReader(kit);
  return {
    listChecks: (repo, sha, base) =>
      call(`the checks of ${sha.slice(0, 7)}`, () => checks.listChecks(split(repo), sha, base)),

    ensureRerun: (repo, sha) =>
      call(`another run of the checks of ${sha.slice(0, 7)}`, async () => ({
        asked: await checks.rerun(split(repo), sha),
      })),

    jobLog: (repo, jobId, maxBytes) =>
      call(`the log of job ${jobId}`, async () => {
        const response = await kit
          .request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', {
            ...split(repo),
            job_id: jobId,
            request: { redirect: 'manual' },
          })
          .catch((thrown: { status?: number; response?: { headers: Record<string, string> } }) => {
            if (thrown.status === 302) return thrown.response!;
            throw thrown;
          });
        const url = response?.headers.location;
        return url ? tail(url, maxBytes) : '';
      }),
  };
}

/** The end of a log, without ever holding more than `maxBytes` of it: logs of 300 MB exist. */
async function tail(url: string, maxBytes: number): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok || !response.body)
    throw new ForgeError('unavailable', `the log could not be fetched (${response.status})`);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response.body) {
    parts.push(Buffer.from(part));
    size += part.length;
    while (size - parts[0]!.length >= maxBytes) size -= parts.shift()!.length;
  }
  return Buffer.concat(parts).toString('utf8').slice(-maxBytes);
}
