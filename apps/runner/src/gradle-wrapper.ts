// Gradle itself, where a repository brings a wrapper that would fetch it: the wrapper asks services.gradle.org alone,
// which no sandbox reaches, but takes a file that lies where it would have put it.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ensureFolder, readPlain } from './folders.ts';

const PROPERTIES = 'gradle/wrapper/gradle-wrapper.properties';
const HOST = 'https://services.gradle.org/';
const MINUTES = 60_000;

export interface Wrapper {
  /** "distributions/gradle-8.14-bin.zip" */
  readonly path: string;
  /** Below Gradle's home, as the wrapper names it. */
  readonly folder: string;
  readonly file: string;
  /** What the repository says that it hashes to; null: it does not say. */
  readonly sha256: string | null;
}

/**
 * @param properties the text of gradle-wrapper.properties
 * @returns null where it names no distribution of Gradle's own site
 * @see https://docs.gradle.org/current/userguide/gradle_wrapper.html
 */
export function readWrapper(properties: string): Wrapper | null {
  const value = (name: string): string =>
    (
      new RegExp(`^[ \\t]*${name}[ \\t]*[=:][ \\t]*(.*?)[ \\t]*\\r?$`, 'm').exec(properties)?.[1] ?? ''
    ).replace(/\\(.)/g, '$1');
  const url = value('distributionUrl');
  const below = url.startsWith(HOST) ? url.slice(HOST.length) : '';
  const file = /^distributions(?:-snapshots)?\/(gradle-\d[\w.-]{0,60}\.zip)$/.exec(below)?.[1];
  if (file === undefined) return null;
  // The wrapper's own way to name it: the MD5 of the address, as a number to the base 36.
  const hash = BigInt(`0x${createHash('md5').update(url).digest('hex')}`).toString(36);
  const sha256 = value('distributionSha256Sum').toLowerCase();
  return {
    path: below,
    folder: `wrapper/dists/${file.replace(/\.zip$/, '')}/${hash}`,
    file,
    sha256: /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null,
  };
}

/**
 * Puts the distribution that a repository's wrapper asks for where it looks first.
 * @param work the folder with the wrapper
 * @param home of the agent
 * @param origin of the gateway's packages; '' where there are none
 * @returns '' when it is there or none is asked for, or one sentence about why it is not
 */
export async function placeGradle(work: string, home: string, origin: string): Promise<string> {
  const text = origin === '' ? null : readPlain(path.join(work, PROPERTIES));
  const wrapper = text === null ? null : readWrapper(text);
  if (wrapper === null) return '';
  const folder = path.join(home, '.gradle', wrapper.folder);
  const to = path.join(folder, wrapper.file);
  if (existsSync(to) || existsSync(`${to}.ok`)) return '';
  ensureFolder(folder);
  const coming = `${to}.mainloop`;
  try {
    const response = await fetch(`${origin}/gradle/${wrapper.path}`, {
      signal: AbortSignal.timeout(10 * MINUTES),
    });
    if (!response.ok) return `Gradle's wrapper gets no Gradle: ${await reasonOf(response)}`;
    await pipeline((response.body ?? []) as AsyncIterable<Uint8Array>, createWriteStream(coming));
    const is = await sha256Of(coming);
    if (wrapper.sha256 !== null && is !== wrapper.sha256)
      return `${wrapper.file} is not what ${PROPERTIES} says: distributionSha256Sum is ${wrapper.sha256}, and Gradle's site gives ${is}. It was not used.`;
    renameSync(coming, to);
    return '';
  } catch (err) {
    return `Gradle's wrapper gets no Gradle: ${(err as Error).message}`;
  } finally {
    rmSync(coming, { force: true });
  }
}

async function reasonOf(response: Response): Promise<string> {
  // No answer of the gateway's own; the status is told then.
  const said = (await response.json().catch(() => ({}))) as { error?: string };
  return said.error ?? `the gateway answers ${response.status}.`;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
