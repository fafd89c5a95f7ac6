// What the git proxy sends to a sandbox: the list of branches, and the objects that a fetch wants.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { OWN_ENV } from './git-places.ts';
import { readPacked } from './http.ts';
import { pkt } from './pkt.ts';

const ADVERTISE_MS = 60_000;

/**
 * Looking for deltas between large files costs git ten times what sending them whole does (100 MB of random
 * data: 11 s and 1 s).
 */
const NO_BIG_DELTAS = 'core.bigFileThreshold=1m';

/**
 * What a fetch may say of what it wants and has: 50 bytes a commit, so a hundred thousand of them. Counted
 * after unpacking.
 */
const MAX_WANTS_BYTES = 8 * 1024 * 1024;

/**
 * Says which branches there are, as git asks before it fetches or pushes.
 * @param protocol the version of git's protocol that was asked for
 */
export async function advertise(
  res: ServerResponse,
  dir: string,
  service: string,
  protocol: string | undefined,
): Promise<void> {
  const child = spawn('git', [service.replace('git-', ''), '--stateless-rpc', '--advertise-refs', dir], {
    env: { ...OWN_ENV, ...(protocol ? { GIT_PROTOCOL: protocol } : {}) },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ADVERTISE_MS,
  });
  const code = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  // Awaited below; an error before that must not end the process.
  code.catch(() => undefined);
  res.on('close', () => child.kill());
  const words = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await words.next();
  if (first.done === true) throw new Error(`git says nothing of its branches (${await code})`);
  res.writeHead(200, {
    'content-type': `application/x-${service}-advertisement`,
    'cache-control': 'no-cache',
  });
  const all = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.concat([pkt(`# service=${service}\n`), Buffer.from('0000'), first.value]);
    for (let next = await words.next(); next.done !== true; next = await words.next()) yield next.value;
  };
  await pipeline(all, res, { end: false }).catch(() => res.destroy());
  // A list that was cut must not look like a whole one.
  if ((await code) === 0) res.end();
  else res.destroy();
}

/**
 * Sends what a fetch wants.
 * @param dir the repository that has it
 * @throws Refused, for a request that is too large or no pack of git's
 */
export async function upload(req: IncomingMessage, res: ServerResponse, dir: string): Promise<void> {
  const protocol = req.headers['git-protocol'];
  // Read whole before git starts: a body that is cut or is not what it says is refused in words, and no
  // stream is left half-way.
  const wants = await readPacked(req, MAX_WANTS_BYTES);
  const child = spawn('git', ['-c', NO_BIG_DELTAS, 'upload-pack', '--stateless-rpc', dir], {
    env: { ...OWN_ENV, ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}) },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  // What did not start is said by the wait for its start.
  const ended = once(child, 'close').catch(() => undefined);
  res.on('close', () => child.kill());
  await once(child, 'spawn');
  res.writeHead(200, {
    'content-type': 'application/x-git-upload-pack-result',
    'cache-control': 'no-cache',
  });
  child.stdin.end(wants);
  // A reader that goes away in the middle is its own affair.
  await pipeline(child.stdout, res).catch(() => res.destroy());
  await ended;
}
