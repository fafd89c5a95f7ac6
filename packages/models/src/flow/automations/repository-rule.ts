// A rule that stands in a repository: which files are one, and how it is kept to what happens in its project. Pure.
import type { Rule } from './rule.ts';

/** So many files of a repository are read, the first by name. */
export const MOST_FILES = 20;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,80}\.ya?ml$/;

/**
 * @param paths all files of a commit
 * @param folder that the project is; empty for all of the repository
 * @returns those that ask to be rules, by name
 */
export function ruleFilesIn(paths: readonly string[], folder: string): string[] {
  const place = `${folder === '' ? '' : `${folder}/`}.mainloop/automations/`;
  return paths
    .filter((path) => path.startsWith(place) && NAME.test(path.slice(place.length)))
    .toSorted()
    .slice(0, MOST_FILES);
}

/** A rule of a repository sees what happens in its own project, and nothing else. @param project owner/name */
export function keptTo(rule: Rule, project: string): Rule {
  const here = { field: 'project', equals: project };
  return { ...rule, where: rule.where === null ? here : { all: [here, rule.where] } };
}

/** Where such a file stands. `changed`: an earlier one was approved and goes on as it was. */
export const FILE_STATES = ['waits', 'changed', 'stands', 'wrong'] as const;
export type FileState = (typeof FILE_STATES)[number];

/** @param approved the digest that was approved; null when none was, or its automation is there no more */
export function fileState(file: {
  readonly digest: string;
  readonly isRule: boolean;
  readonly approved: string | null;
}): FileState {
  if (!file.isRule) return 'wrong';
  if (file.approved === null) return 'waits';
  return file.approved === file.digest ? 'stands' : 'changed';
}
