// Gradle's own distributions: a file, and beside it what it hashes to. Pure.
// @see https://docs.gradle.org/current/userguide/gradle_wrapper.html#sec:verification
import type { Asked, Page } from './asked.ts';

const FILE = /^gradle-(\d[\w.-]{0,40})-(?:bin|all)\.zip$/;

/** @param path without escapes */
export function askedOfGradle(path: string): Asked | null {
  const below = /^\/gradle\/((?:distributions|distributions-snapshots)\/[^/]+)$/.exec(path)?.[1];
  if (below === undefined) return null;
  const [folder, name = ''] = below.split('/');
  const file = name.replace(/\.sha256$/, '');
  const version = FILE.exec(file)?.[1];
  if (version === undefined) return null;
  const page: Page = { ecosystem: 'gradle', name: 'gradle', path: `${folder}/${file}.sha256`, accept: '*/*' };
  if (name !== file)
    return { kind: 'page', page, answer: (body) => ({ type: 'text/plain; charset=utf-8', body }) };
  return {
    kind: 'file',
    page,
    file,
    find: (body) => {
      const hex = /^[0-9a-f]{64}(?=\s|$)/i.exec(body.toString('utf8').trim())?.[0].toLowerCase();
      if (hex === undefined) return 'no hash';
      return { url: file, hash: { algorithm: 'sha256', hex }, label: `gradle@${version}` };
    },
  };
}
