// Every route of the gateway. What is not in this table is not reachable, and the fuzz test throws its bodies
// at every row of it. Pure.

type Service = 'health' | 'model' | 'git' | 'run' | 'packages' | 'forge';
export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** With a slash at its end: all that is below it. */
  readonly path: string;
  readonly service: Service;
}

const of = (service: Service, ...lines: readonly string[]): Route[] =>
  lines.map((line) => {
    const [method, path] = line.split(' ') as [Route['method'], string];
    return { method, path, service };
  });

/** git asks with and without the ending, as the remote is written. */
const REPOSITORIES = ['/git/repo', '/git/repo.git'];

export const ROUTES: readonly Route[] = [
  ...of('health', 'GET /healthz'),
  ...of('model', 'POST /v1/messages', 'POST /v1/messages/count_tokens'),
  ...REPOSITORIES.flatMap((repository) =>
    of(
      'git',
      `GET ${repository}/info/refs`,
      `POST ${repository}/git-upload-pack`,
      `POST ${repository}/git-receive-pack`,
    ),
  ),
  ...of('forge', 'GET /forge/about', 'GET /forge/rest/', 'POST /forge/comment'),
  ...of('packages', 'GET /registry/', 'HEAD /registry/'),
  ...of(
    'run',
    'GET /run/spec',
    'POST /run/heartbeat',
    'GET /run/commands',
    'POST /run/output',
    'PUT /run/checkpoint',
    'GET /run/checkpoint',
    'GET /run/attachment',
    'POST /run/result',
    'GET /run/asked',
    'POST /run/evidence',
    'GET /run/baseline',
    'POST /run/baseline',
    'POST /run/permission',
    'POST /talk/say',
    'POST /talk/show',
    'POST /talk/reply',
    'POST /talk/find',
    'POST /talk/ask',
    'POST /talk/learned',
    'POST /talk/confess',
    'POST /talk/about',
  ),
];

/** @returns the row, or which answer there is instead: 404 for a path that is not there, 405 for another method */
export function routeOf(method: string, path: string): Route | 404 | 405 {
  const here = ROUTES.filter((r) => (r.path.endsWith('/') ? path.startsWith(r.path) : r.path === path));
  return here.find((r) => r.method === method) ?? (here.length > 0 ? 405 : 404);
}
