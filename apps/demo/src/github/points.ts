// Where the local GitHub may be ended by a test: before it does what is asked of it, and after, when nobody
// has been told yet.

/** What changes the forge, and by which request. */
const ASKED: readonly (readonly [what: string, method: string, path: RegExp])[] = [
  ['issue', 'POST', /^\/repos\/[^/]+\/[^/]+\/issues$/],
  ['comment', 'POST', /^\/repos\/[^/]+\/[^/]+\/issues\/\d+\/comments$/],
  ['pull', 'POST', /^\/repos\/[^/]+\/[^/]+\/pulls$/],
  ['line', 'POST', /^\/repos\/[^/]+\/[^/]+\/pulls\/\d+\/comments$/],
  ['reply', 'POST', /^\/repos\/[^/]+\/[^/]+\/pulls\/\d+\/comments\/\d+\/replies$/],
  ['merge', 'PUT', /^\/repos\/[^/]+\/[^/]+\/pulls\/\d+\/merge$/],
  ['update', 'PUT', /^\/repos\/[^/]+\/[^/]+\/pulls\/\d+\/update-branch$/],
  ['rerun', 'POST', /^\/repos\/[^/]+\/[^/]+\/actions\/runs\/\d+\/rerun(?:-failed-jobs)?$/],
  ['edit', 'PATCH', /^\/repos\//],
  ['branch', 'DELETE', /^\/repos\/[^/]+\/[^/]+\/git\/refs\//],
];

/** A push has a point of its own, in `git-http.ts`. */
export const GITHUB_FAILPOINTS: readonly string[] = [
  ...ASKED.map(([what]) => what),
  'mutation',
  'push',
].flatMap((what) => [`github.${what}.before`, `github.${what}.after`]);

/**
 * @returns the point's name, without its `before` or `after`; null for what only reads, and for what no point
 * is named for
 */
export function pointOf(method: string, path: string, body: Record<string, unknown>): string | null {
  if (path === '/graphql') return /^\s*mutation\b/.test(String(body.query)) ? 'github.mutation' : null;
  const found = ASKED.find(([, verb, pattern]) => verb === method && pattern.test(path));
  return found === undefined ? null : `github.${found[0]}`;
}
