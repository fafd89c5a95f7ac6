// Ids are made by functions, so that doing a thing twice names the same thing.
export const OWNER = 'owner';

/** @returns Temporal's id of the workflow that does this task */
export const taskWorkflowId = (taskId: string): string => `task/${taskId}`;
/** @returns Temporal's id of a workflow: one for each time that an automation comes */
export const automationWorkflowId = (fired: {
  readonly id: string;
  readonly version: number;
  readonly seq: number;
}): string => `automation/${fired.id}/${fired.version}/${fired.seq}`;
/** @returns null for the workflow of something else */
export const taskIdOfWorkflow = (workflowId: string): string | null =>
  /^task\/(.+)$/s.exec(workflowId)?.[1] ?? null;
/** @param n which run of the task, from 1 */
export const runId = (taskId: string, n: number): string => `${taskId}-r${n}`;
/**
 * Where the branches of all tasks lie. A repository with a branch of this very name can hold none of them:
 * git keeps both as a path.
 */
export const BRANCH_FOLDER = 'mainloop';

/**
 * The one branch a task may push to.
 * @returns the branch's name without `refs/heads/`; it ends in the last of the task's id, so no two tasks
 * share one
 */
export const taskBranch = (taskId: string, title: string): string =>
  `${BRANCH_FOLDER}/${slug(title)}-${taskId.slice(-6)}`;

/** @returns at most 40 characters of a-z, 0-9 and single dashes */
export function slug(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return words === '' ? 'task' : words;
}

/**
 * An invisible line that says whose thing this is. After an ambiguous outcome we list and look for it,
 * because GitHub's search is eventually consistent and lists are not.
 * @param what which of the task's things; once for each task
 */
export const marker = (taskId: string, what: string): string => `<!-- mainloop:${taskId}:${what} -->`;
/** @param body of a comment, an issue or a pull request; none holds no marker */
export const hasMarker = (body: string | null | undefined, taskId: string, what: string): boolean =>
  (body ?? '').includes(marker(taskId, what));

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/**
 * A sortable id: 9 characters of time (ms), then 9 of randomness. `random` gives bytes.
 * @param nowMs milliseconds since 1970
 */
export function newId(nowMs: number, random: (n: number) => Uint8Array): string {
  let time = '';
  for (let v = nowMs, i = 0; i < 9; i++, v = Math.floor(v / 32)) time = ALPHABET[v % 32] + time;
  let r = '';
  for (const byte of random(9)) r += ALPHABET[byte % 32];
  return time + r;
}

/**
 * Whether a comment on the forge is one of ours: the account alone is not, with a personal token it is the
 * person's as well.
 * @param comment `mine`: it was made by the account that we use
 */
export const isOurComment = (comment: { readonly mine: boolean; readonly body: string }): boolean =>
  comment.mine && comment.body.includes('<!-- mainloop:');
