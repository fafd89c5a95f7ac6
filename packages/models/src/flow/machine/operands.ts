// What may be handed to git (or a shell) as a name that came from outside. Every such operand also stands behind `--` or
// `--end-of-options`; this is the other half, so that neither alone has to hold.

const CONTROL_OR_SPECIAL = /[\0-\x20\x7f~^:?*[\\]/;

/**
 * Whether git takes this as the name of a branch: the rules of git-check-ref-format(1), and no leading
 * dash (`--branch`).
 * @see https://git-scm.com/docs/git-check-ref-format
 * @param name without `refs/heads/`
 */
export function isBranchName(name: string): boolean {
  if (name === '' || name === '@' || name === 'HEAD' || name.length > 255 || name.startsWith('-'))
    return false;
  if (CONTROL_OR_SPECIAL.test(name) || name.includes('..') || name.includes('@{') || name.endsWith('.'))
    return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/**
 * A whole object name, SHA-1 or SHA-256.
 * @param name in lower case, as git prints it
 */
export const isObjectName = (name: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name);

/**
 * `owner/name`, as a forge has them. Neither half may be a path step or an option.
 * @param full may come from anybody
 */
export function isRepositoryName(full: string): boolean {
  const [owner, name, ...more] = full.split('/');
  return more.length === 0 && isNamePart(owner) && isNamePart(name);
}
const isNamePart = (part: string | undefined): boolean =>
  part !== undefined && /^[\w.][\w.-]{0,99}$/.test(part) && !/^\.{1,2}$/.test(part);

/**
 * A path from the root, without steps up and without a zero byte: never an option, a URL or a transport of
 * git's.
 * @param path may come from anybody
 */
export const isWholePath = (path: string): boolean =>
  path.startsWith('/') && path.length <= 4096 && !path.includes('\0') && !path.split('/').includes('..');
