// What kind of refusal an answer of GitHub is: whether trying again helps hangs on it.
import { expect, test } from '@jest/globals';
import type { ForgeErrorKind } from '../port.ts';
import { refusedMerge, translate } from './errors.ts';

const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
const ABUSE =
  'You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.';
const answer = (status: number, message: string, headers: Record<string, string> = {}) => ({
  status,
  message,
  response: { headers, data: { message } },
});

test.each<[string, number, string, ForgeErrorKind]>([
  ['a secondary limit', 403, SECONDARY, 'rate_limited'],
  ['as older servers say it', 403, ABUSE, 'rate_limited'],
  ['too many at once', 429, 'Too many requests', 'rate_limited'],
  ['what the token may not', 403, 'Resource not accessible by personal access token', 'forbidden'],
  [
    'an organization with single sign-on',
    403,
    'Resource protected by organization SAML enforcement.',
    'forbidden',
  ],
  ['blocked by law', 451, 'Repository access blocked', 'rejected'],
  ['malformed', 400, 'Problems parsing JSON', 'rejected'],
  ['too large', 413, 'Payload too large', 'rejected'],
  ['switched off', 410, 'Issues are disabled for this repo', 'disabled'],
  ['a slow answer', 408, 'Request Timeout', 'unavailable'],
  ['a gateway', 502, 'Server Error', 'unavailable'],
  ['a line that broke', 0, 'read ECONNRESET', 'unavailable'],
])('%s: %i', (_, status, message, kind) => {
  expect(translate('a thing', answer(status, message))).toMatchObject({ kind });
});

test('a limit that meets a merge is no refusal of it, and says when it is over', () => {
  const limited = answer(403, ABUSE, { 'retry-after': '90' });
  expect(() => refusedMerge(limited)).toThrow(limited as unknown as Error);
  expect(translate('a merge', limited)).toMatchObject({ kind: 'rate_limited', retryAfterMs: 90_000 });
});
