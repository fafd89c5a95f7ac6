// GitHub through octokit, with throttling and retry. The local GitHub is the same adapter at another base URL.
import { checksOf } from './github/checks.ts';
import { contents } from './github/contents.ts';
import { files } from './github/files.ts';
import { issues } from './github/issues.ts';
import { openGitHub, type GitHubOptions, type Renewed } from './github/kit.ts';
import { merge } from './github/merge.ts';
import { pulls } from './github/pulls.ts';
import { repository } from './github/repository.ts';
import { oldComments } from './github/old-comments.ts';
import { review } from './github/review.ts';
import { templates } from './github/templates.ts';
import type { Forge } from './port.ts';

/** @returns the forge of a token, topic by topic */
export function github(options: GitHubOptions): Forge {
  const open = openGitHub(options);
  return {
    ...repository(open, options),
    ...issues(open),
    ...pulls(open),
    ...merge(open),
    ...review(open),
    ...oldComments(open),
    ...checksOf(open),
    ...files(open),
    ...templates(open),
    ...contents(open),
  };
}

/** The App that the tokens come from, as `@mainloop/network/github-app` has it. */
interface TokensOfApp {
  tokenFor(repo: string): Promise<string>;
  forget(repo: string, token: string): void;
  login(): Promise<string>;
  account(): Promise<{ readonly id: number; readonly login: string; readonly name: string }>;
}

/**
 * Signed in as an App: each repository with a token of its own, which reaches no other.
 * @returns the same forge, by whichever repository a call is about
 */
export function githubAsApp(app: TokensOfApp, baseUrl: string): Forge {
  const byRepo = new Map<string, Forge>();
  const of = (repo: string): Forge => {
    let forge = byRepo.get(repo);
    if (forge === undefined) {
      const token: Renewed = {
        token: () => app.tokenFor(repo),
        forget: (refused) => app.forget(repo, refused),
        login: () => app.login(),
        user: () => app.account(),
      };
      byRepo.set(repo, (forge = github({ token, baseUrl })));
    }
    return forge;
  };
  return new Proxy(of(''), {
    get:
      (_, name: keyof Forge) =>
      (first: unknown, ...rest: unknown[]) =>
        (of(repoIn(first))[name] as (...given: unknown[]) => unknown)(first, ...rest),
  });
}

/** Every call of the forge begins with its repository, or with what has one; who we are is about none. */
const repoIn = (first: unknown): string =>
  typeof first === 'string' ? first : ((first as { repo?: string } | undefined)?.repo ?? '');
