import type { Answer } from '@mainloop/models/contracts/routes';
import { settings } from '#lib/server/settings.ts';
import type { RefusalCode } from '@mainloop/models/flow/refusals';
import type { PageServerLoad } from './$types';

/** Why one is here, where that is more than not having signed in. */
const TOLD: ReadonlySet<string> = new Set<RefusalCode>(['copied_session', 'not_owner', 'foreign_page']);

/**
 * What the sign-in offers, and why one is here. Says nothing about the owner's work.
 * @returns ways to sign in; `sentence`: why the person was sent here, or empty
 */
export const load: PageServerLoad = async ({ request, url }) => {
  const response = await fetch(`${settings.api}/api/signin`, {
    headers: {
      cookie: request.headers.get('cookie') ?? '',
      'user-agent': request.headers.get('user-agent') ?? '',
    },
  }).catch(() => null); // The page offers what it can without the api.
  const signIn = response?.ok ? ((await response.json()) as Answer<'getSignIn'>) : null;
  const to = url.searchParams.get('to') ?? '/inbox';
  return {
    ways: signIn?.ways ?? [],
    hasOwner: signIn?.hasOwner ?? true,
    sentence: signIn !== null && TOLD.has(signIn.code ?? '') ? signIn.sentence : '',
    refused: url.searchParams.has('refused'),
    // Only places of our own: a link to the sign-in must not lead elsewhere.
    to: /^\/(?!\/|\\)/.test(to) ? to : '/inbox',
  };
};
