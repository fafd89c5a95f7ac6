// What an agent may read of the forge, and what is taken out of it: its own repository, and nothing in it that opens
// anything else. Pure.

/** Below `/repos/OWNER/NAME`. What is not here is not read: keys, hooks, secrets, archives, collaborators. */
const READS: readonly RegExp[] = [
  /^$/,
  /^\/(?:branches|tags|labels|milestones|releases|issues|pulls|commits|comments|readme|languages|topics)(?:\/|$)/,
  /^\/(?:contents|compare|check-runs|check-suites|statuses)\//,
  /^\/git\/(?:blobs|commits|ref|refs|matching-refs|tags|trees)\//,
  /^\/actions\/(?:runs|jobs|workflows)(?:\/|$)/,
];
/** An address that leads out of here with a token in it. */
const ARCHIVES = /\/(?:zip|tarball|zipball)$|\/runs\/\d+(?:\/attempts\/\d+)?\/logs$/;
const LOG = /^\/actions\/jobs\/\d+\/logs$/;

type Read =
  | { readonly kind: 'json'; readonly path: string }
  | { readonly kind: 'text'; readonly path: string; readonly accept: string }
  | { readonly kind: 'refused'; readonly why: string };

const refused = (why: string): Read => ({ kind: 'refused', why });

/**
 * @param repo owner/name of the run's project
 * @param asked as the agent asked: `repos/owner/name/pulls/3`, with or without a slash before it, `{owner}/{repo}`
 * standing for its own
 * @param search with its question mark, or ''
 * @param wantsDiff of a pull request, a commit or a comparison
 */
export function readOf(repo: string, asked: string, search: string, wantsDiff: boolean): Read {
  const at = `/${asked.replace(/^\/+/, '')}`
    .replace('{owner}/{repo}', repo)
    .replace(/^\/repos\/:owner\/:repo(?=\/|$)/, `/repos/${repo}`);
  // What is decoded on the way could be another address than the one that was looked at.
  if (/(?:^|\/)\.{1,2}(?:\/|$)|%2e|%2f|%5c|\\|\/\//i.test(at) || /[^\x21-\x7e]/.test(at))
    return refused('That is no address that can be read.');
  const own = new RegExp(`^/repos/${repo.replace(/[.]/g, '\\.')}(?=/|$)`, 'i').exec(at);
  if (own === null)
    return refused(`An agent reads the repository of its task, ${repo}, and nothing else of the forge.`);
  const below = at.slice(own[0].length);
  if (ARCHIVES.test(below))
    return refused('That is an archive. Read the log of a job instead: gh run view RUN --log.');
  if (!READS.some((shape) => shape.test(below)))
    return refused('That part of the repository is not for agents to read.');
  const path = `/repos/${repo}${below}${search}`;
  if (LOG.test(below)) return { kind: 'text', path, accept: '*/*' };
  if (wantsDiff) return { kind: 'text', path, accept: 'application/vnd.github.diff' };
  return { kind: 'json', path };
}

/** Keys of GitHub's answers that open something: a clone of a private repository, a raw file by its token. */
const OPENERS = new Set(['temp_clone_token', 'download_url']);

/** @returns the same answer without what opens anything */
export function withoutOpeners(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(withoutOpeners);
  if (answer === null || typeof answer !== 'object') return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, OPENERS.has(key) ? null : withoutOpeners(value)]),
  );
}
