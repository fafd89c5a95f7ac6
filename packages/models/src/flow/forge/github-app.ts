// A GitHub App in place of a token: what it has to be allowed, and what is said where it is not. Pure.

import { own } from '../look.ts';

/** Names of permissions and how far each goes, as GitHub has them: `{ contents: 'write' }`. */
export type AppPermissions = Readonly<Record<string, string>>;

interface Need {
  readonly permission: string;
  readonly level: 'read' | 'write';
  /** As GitHub's page of the App calls it. */
  readonly label: string;
  /** Without it no task can be done; without another, something is left out and said. */
  readonly isVital: boolean;
}

/** https://docs.github.com/apps/creating-github-apps/registering-a-github-app/choosing-permissions-for-a-github-app */
export const APP_NEEDS: readonly Need[] = [
  { permission: 'contents', level: 'write', label: 'Contents', isVital: true },
  { permission: 'pull_requests', level: 'write', label: 'Pull requests', isVital: true },
  { permission: 'metadata', level: 'read', label: 'Metadata', isVital: true },
  { permission: 'issues', level: 'write', label: 'Issues', isVital: false },
  { permission: 'checks', level: 'read', label: 'Checks', isVital: false },
  { permission: 'statuses', level: 'read', label: 'Commit statuses', isVital: false },
  { permission: 'actions', level: 'write', label: 'Actions', isVital: false },
  { permission: 'workflows', level: 'write', label: 'Workflows', isVital: false },
];
/** All that git needs of it. */
export const GIT_NEEDS: readonly string[] = ['contents', 'metadata', 'workflows'];

const LEVELS = ['read', 'write', 'admin'];
const reaches = (granted: AppPermissions, { permission, level }: Need): boolean =>
  LEVELS.indexOf(own(granted, permission) ?? '') >= LEVELS.indexOf(level);

/** @returns what is missing, what matters most first */
export const lackingOf = (granted: AppPermissions): readonly Need[] =>
  APP_NEEDS.filter((need) => !reaches(granted, need));

/**
 * GitHub refuses a token that asks for more than there is, so no more is asked for.
 * @param only the permissions that its use needs
 */
export const askedOf = (granted: AppPermissions, only: readonly string[]): AppPermissions =>
  Object.fromEntries(
    APP_NEEDS.filter(
      (need) => only.includes(need.permission) && own(granted, need.permission) !== undefined,
    ).map((need) => [need.permission, reaches(granted, need) ? need.level : own(granted, need.permission)!]),
  );

const GOES: Readonly<Record<Need['level'], string>> = { read: 'read', write: 'read and write' };
/** @returns "Contents (read and write), Checks (read)" */
const sayNeeds = (needs: readonly Pick<Need, 'label' | 'level'>[]): string =>
  needs.map((need) => `${need.label} (${GOES[need.level]})`).join(', ');

/** What keeps an App from working on a repository. */
export type AppTrouble =
  | { readonly kind: 'unknown_app' }
  | { readonly kind: 'clock' }
  | { readonly kind: 'not_installed'; readonly repo: string; readonly installUrl: string }
  | { readonly kind: 'suspended'; readonly account: string; readonly settingsUrl: string }
  | {
      readonly kind: 'lacking';
      readonly account: string;
      readonly settingsUrl: string;
      readonly lacks: readonly Pick<Need, 'label' | 'level'>[];
    }
  | { readonly kind: 'refused'; readonly said: string }
  | { readonly kind: 'away'; readonly said: string };

/** @returns one sentence, with what to do about it */
export function sayAppTrouble(trouble: AppTrouble): string {
  switch (trouble.kind) {
    case 'unknown_app':
      return 'GitHub does not know this App. Check GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY: they have to be of the same App, and the key must not be deleted there.';
    case 'clock':
      return "GitHub refuses what the App signs, because this machine's clock is wrong. Set the clock.";
    case 'not_installed':
      return `The GitHub App is not installed on ${trouble.repo}. Install it there, or add the repository to it: ${trouble.installUrl}`;
    case 'suspended':
      return `The GitHub App is suspended by ${trouble.account}. Unsuspend it: ${trouble.settingsUrl}`;
    case 'lacking':
      return `The GitHub App lacks a permission of ${trouble.account}: ${sayNeeds(trouble.lacks)}. Add it to the App, then accept it for the installation: ${trouble.settingsUrl}`;
    case 'refused':
      return `GitHub gives the App no token: ${trouble.said}`;
    case 'away':
      return `GitHub can't be reached for a token of the App: ${trouble.said}`;
    default:
      return trouble satisfies never;
  }
}

/** What an App says of itself, and where it is installed. */
export interface AppSeen {
  readonly slug: string;
  readonly url: string;
  /** Whose repositories it may reach, and what it lacks there, in words; '' where nothing. */
  readonly accounts: readonly { readonly name: string; readonly lacks: string }[];
}

/** @returns one line for the check-up */
export function sayApp({ slug, url, accounts }: AppSeen): { ok: boolean; says: string } {
  if (accounts.length === 0)
    return {
      ok: false,
      says: `the GitHub App ${slug} is installed nowhere. Install it: ${url}/installations/new`,
    };
  const bad = accounts.filter(({ lacks }) => lacks !== '');
  const where = accounts.map(({ name }) => name).join(', ');
  if (bad.length === 0) return { ok: true, says: `the GitHub App ${slug}, installed for ${where}` };
  const words = bad.map(({ name, lacks }) =>
    lacks === 'suspended' ? `suspended by ${name}` : `for ${name} it lacks ${lacks}`,
  );
  return { ok: false, says: `the GitHub App ${slug}: ${words.join('; ')}. Its page is ${url}` };
}

/** An App that gets no token. */
export class AppRefused extends Error {
  readonly trouble: AppTrouble;
  constructor(trouble: AppTrouble) {
    super(sayAppTrouble(trouble));
    this.name = 'AppRefused';
    this.trouble = trouble;
  }
}

/**
 * What GitHub's answer to the App itself, or to the wish for a token, is to us.
 * @param said the message in the body
 */
export function appTroubleOf(
  status: number,
  said: string,
  about: { readonly repo: string; readonly account: string; readonly appUrl: string },
): AppTrouble {
  const installUrl = `${about.appUrl}/installations/new`;
  if (status === 401 && /\b(?:exp|iat)\b|expiration time|issued at/i.test(said)) return { kind: 'clock' };
  if (status === 401 || /integration not found/i.test(said)) return { kind: 'unknown_app' };
  if (status === 403 && /suspended/i.test(said))
    return { kind: 'suspended', account: about.account, settingsUrl: installUrl };
  if (status === 404 || status === 422) return { kind: 'not_installed', repo: about.repo, installUrl };
  if (status >= 500 || status === 429) return { kind: 'away', said: `${status} ${said}`.trim() };
  return { kind: 'refused', said };
}

/** How the forge is signed in to. */
export type ForgeSignIn =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'app'; readonly appId: string; readonly privateKey: string };

interface SignInSettings {
  readonly GITHUB_TOKEN?: string | undefined;
  readonly GITHUB_APP_ID?: string | undefined;
  readonly GITHUB_APP_PRIVATE_KEY?: string | undefined;
}

/**
 * @param settings the key: a PEM, with its lines or with `\n` for each, or the name of its file
 * @param readFile of this machine
 * @returns null where nothing is set
 * @throws with one sentence about what does not fit
 */
export function signInOf(settings: SignInSettings, readFile: (name: string) => string): ForgeSignIn | null {
  const { GITHUB_TOKEN: token, GITHUB_APP_ID: appId, GITHUB_APP_PRIVATE_KEY: key } = settings;
  if (!appId && !key) return token ? { kind: 'token', token } : null;
  if (token)
    throw new Error(
      'GITHUB_TOKEN and GITHUB_APP_ID are both set. Keep one: a token works as you, an App as itself.',
    );
  if (!appId) throw new Error('GITHUB_APP_PRIVATE_KEY is set without GITHUB_APP_ID: set both.');
  if (!key) throw new Error('GITHUB_APP_ID is set without GITHUB_APP_PRIVATE_KEY: set both.');
  if (!/^[\w.-]{1,100}$/.test(appId))
    throw new Error('GITHUB_APP_ID should be the number of the App, or its client id.');
  return { kind: 'app', appId, privateKey: pemOf(key, readFile) };
}

function pemOf(key: string, readFile: (name: string) => string): string {
  const isPem = (text: string): boolean => /-----BEGIN (?:RSA )?PRIVATE KEY-----/.test(text);
  if (isPem(key)) return key.replaceAll('\\n', '\n');
  try {
    const text = readFile(key);
    if (isPem(text)) return text;
  } catch {
    // The sentence below says both.
  }
  throw new Error(
    'GITHUB_APP_PRIVATE_KEY should be the private key that GitHub made for the App (-----BEGIN RSA PRIVATE KEY-----), or the name of its file.',
  );
}
