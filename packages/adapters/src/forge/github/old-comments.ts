// Comments on lines of all pull requests of a repository, the newest first.
import type { Forge, OldLineComment } from '../port.ts';
import type { GitHub } from './kit.ts';
import { onLine } from './review.ts';

/** @returns the part of the forge that reads what was said in review before anybody asked mainloop */
export const oldComments = ({ kit, split, call, author }: GitHub): Pick<Forge, 'listNewestLineComments'> => ({
  listNewestLineComments: (repo, most) =>
    call(`the review comments of ${repo}`, async () => {
      const by = await author();
      const found: OldLineComment[] = [];
      for (let page = 1; found.length < most; page++) {
        const asked = { ...split(repo), sort: 'created', direction: 'desc', per_page: 100, page } as const;
        const { data } = await kit.pulls.listReviewCommentsForRepo(asked);
        found.push(
          ...data.map((comment): OldLineComment => ({
            ...onLine(comment, by),
            pull: Number(comment.pull_request_url.split('/').at(-1)),
            url: comment.html_url,
          })),
        );
        if (data.length < 100) break;
      }
      return found.slice(0, most);
    }),
});
