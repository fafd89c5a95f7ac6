// Whose commits the agent's are: the user's whose token is used, so that they count for nobody else. Pure.
import { cleanTitle } from '../text.ts';

export interface CommitAuthor {
  readonly name: string;
  readonly email: string;
}

/** Where the token belongs to no user. An address under a name that can't be registered is nobody's account. */
export const NOBODY: CommitAuthor = { name: 'mainloop', email: 'agent@mainloop.invalid' };

/**
 * @param user as the forge describes it
 * @param apiUrl where it was asked
 * @returns name and the address that the forge counts as theirs, whatever they have set to be private
 * @see https://docs.github.com/account-and-profile/reference/email-addresses-reference
 */
export function authorOf(
  user: { readonly id: number; readonly login: string; readonly name?: string | null },
  apiUrl: string,
): CommitAuthor {
  const login = user.login.replace(/[^\w.[\]-]/g, '');
  const name = cleanTitle(user.name ?? '', 100)
    .replace(/[<>]/g, '')
    .trim();
  return { name: name === '' ? login : name, email: `${user.id}+${login}@users.noreply.${hostOf(apiUrl)}` };
}

/** An Enterprise server has addresses under its own name; ours stands in for github.com. */
function hostOf(apiUrl: string): string {
  const { hostname } = new URL(apiUrl);
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || /^[\d.]+$|^\[/.test(hostname))
    return 'github.com';
  return hostname.replace(/^api\./, '');
}
