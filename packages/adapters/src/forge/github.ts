// GitHub through octokit, with throttling and retry. The local GitHub is the same adapter at another base URL.
import { checksOf } from './github/checks.ts';
import { contents } from './github/contents.ts';
import { files } from './github/files.ts';
import { issues } from './github/issues.ts';
import { openGitHub, type GitHubOptions } from './github/kit.ts';
import { merge } from './github/merge.ts';
import { pulls } from './github/pulls.ts';
import { repository } from './github/repository.ts';
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
    ...checksOf(open),
    ...files(open),
    ...templates(open),
    ...contents(open),
  };
}
