// The templates that a repository has for pull requests and issues, on its default branch.
import {
  isIssueTemplate,
  isOldIssueTemplate,
  ISSUE_TEMPLATE_FOLDER,
  OLD_ISSUE_TEMPLATE_FOLDERS,
} from '@mainloop/models/flow/forge/issue-template';
import { isPullTemplate, TEMPLATE_FOLDERS } from '@mainloop/models/flow/forge/pull-template';
import type { Forge } from '../port.ts';
import { isStatus } from './errors.ts';
import type { GitHub } from './kit.ts';

/** More of them nobody chooses from. */
const MAX_TEMPLATES = 10;

/** @returns the part of the forge that reads a repository's templates */
export function templates({
  kit,
  split,
  call,
}: GitHub): Pick<Forge, 'readPullTemplate' | 'readIssueTemplates'> {
  /** @returns what is at a path; null when nothing is, or it may not be read */
  const at = async (full: string, path: string) => {
    try {
      return (await kit.repos.getContent({ ...split(full), path })).data;
    } catch (err) {
      if (isStatus(err, 403, 404)) return null;
      throw err;
    }
  };
  const filesIn = async (
    full: string,
    folder: string,
    is: (name: string) => boolean,
  ): Promise<{ readonly name: string; readonly path: string }[]> => {
    const listed = await at(full, folder);
    return Array.isArray(listed) ? listed.filter((f) => f.type === 'file' && is(f.name)) : [];
  };
  const read = async (full: string, path: string): Promise<string | null> => {
    const file = await at(full, path);
    return file !== null && 'content' in file ? Buffer.from(file.content, 'base64').toString() : null;
  };

  return {
    readPullTemplate: (full) =>
      call(`the template of ${full}`, async () => {
        for (const folder of TEMPLATE_FOLDERS)
          for (const file of await filesIn(full, folder, isPullTemplate)) return read(full, file.path);
        return null;
      }),

    readIssueTemplates: (full) =>
      call(`the templates of ${full}`, async () => {
        const found = await filesIn(full, ISSUE_TEMPLATE_FOLDER, isIssueTemplate);
        for (const folder of OLD_ISSUE_TEMPLATE_FOLDERS)
          if (found.length === 0) found.push(...(await filesIn(full, folder, isOldIssueTemplate)));
        const all = [];
        for (const { name, path } of found.slice(0, MAX_TEMPLATES))
          all.push({ name, text: (await read(full, path)) ?? '' });
        return all;
      }),
  };
}
