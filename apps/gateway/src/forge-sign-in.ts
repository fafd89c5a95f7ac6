// What our own git shows the forge: the operator's token, or that of an App for this one repository. It travels in
// the environment, never in a URL or an argument that `ps` shows.
import { githubApp } from '@mainloop/network/github-app';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import { GIT_NEEDS } from '@mainloop/models/flow/forge/github-app';
import type { GatewayConfig } from './config.ts';
import { stderrOf } from './forge-patience.ts';

/** What git says of a token that is not good any more, and of one that may not. */
const REFUSED = /Authentication failed|could not read Username|returned error: 40[13]/i;

/** @returns the environment of a git that shows this token */
const showing = (token: string): NodeJS.ProcessEnv =>
  gitEnvironment({
    path: process.env.PATH,
    reach: 'http',
    config: [
      [
        'http.extraHeader',
        `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`,
      ],
    ],
  });

/**
 * @returns does what git does towards the forge, signed in for a repository. An App's token that is refused is
 * asked for anew, once: it may have been taken back. Throws what `act` throws, or AppRefused.
 */
export function forgeSignIn(
  config: Pick<GatewayConfig, 'forge' | 'githubApiUrl'>,
): <T>(repo: string, act: (env: NodeJS.ProcessEnv) => Promise<T>) => Promise<T> {
  if (config.forge.kind === 'token') {
    const env = showing(config.forge.token);
    return (_repo, act) => act(env);
  }
  const app = githubApp({ ...config.forge, apiUrl: config.githubApiUrl, only: GIT_NEEDS });
  return async (repo, act) => {
    const token = await app.tokenFor(repo);
    try {
      return await act(showing(token));
    } catch (err) {
      if (!REFUSED.test(stderrOf(err))) throw err;
      app.forget(repo, token);
      return act(showing(await app.tokenFor(repo)));
    }
  };
}
