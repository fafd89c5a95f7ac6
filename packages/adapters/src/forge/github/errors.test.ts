// What kind of refusal an answer of GitHub is: whether trying again helps hangs on it.
import { expect, test } from '@jest/globals';
import type { ForgeError, ForgeErrorKind } from '../port.ts';
import { isStatus, refusedMerge, translate } from './errors.ts';

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
  ['an issue that somebody deleted', 410, 'This issue was deleted', 'not_found'],
  ['locked', 403, 'Unable to create comment because issue is locked.', 'forbidden'],
  ['a slow answer', 408, 'Request Timeout', 'unavailable'],
  ['a gateway', 502, 'Server Error', 'unavailable'],
  ['a line that broke', 0, 'read ECONNRESET', 'unavailable'],
])('%s: %i', (_, status, message, kind) => {
  expect(translate('a thing', answer(status, message))).toMatchObject({ kind });
});

test.each([
  [
    403,
    'Unable to create comment because issue is locked.',
    /locked, so a thing can't be written\. Unlock it/,
  ],
  [410, 'This issue was deleted', /^Somebody deleted it on GitHub/],
])('%i is said in words that tell what to do, and asks for no other token', (status, message, words) => {
  const told = translate('a thing', answer(status, message)).message;
  expect(told).toMatch(words);
  expect(told).not.toMatch(/scope|token|switched off/);
});

// Told when it is asked: on a busy machine it is long after the table was written.
type Headers = (() => Record<string, string>) | Record<string, string>;
const inMinutes = (minutes: number): string => String(Math.floor(Date.now() / 1000) + minutes * 60);
test.each<[string, number, string, Headers, number, RegExp]>([
  [
    'an hour that is used up',
    403,
    'API rate limit exceeded for user ID 1.',
    () => spentUntil(20),
    20,
    /used up/,
  ],
  ['the same by its own number', 429, 'Too many requests', () => spentUntil(20), 20, /used up/],
  ['a secondary limit that says how long', 403, SECONDARY, { 'retry-after': '120' }, 2, /less often/],
  // The reset of the hour says nothing of this one.
  ['one that does not, with much of the hour left', 403, SECONDARY, () => leftUntil(59), 1, /less often/],
  [
    'one that says how long, with much left',
    429,
    SECONDARY,
    () => ({ ...leftUntil(59), 'retry-after': '300' }),
    5,
    /less/,
  ],
  ['one that is told by how long alone', 403, 'Forbidden', { 'retry-after': '60' }, 1, /less often/],
  ['an end that cannot be read', 403, SECONDARY, { 'retry-after': 'soon' }, 1, /less often/],
])('%s is waited out for as long as GitHub says', (_, status, message, headers, minutes, words) => {
  const said = answer(status, message, typeof headers === 'function' ? headers() : headers);
  const told = translate('a thing', said) as ForgeError;
  expect(told.kind).toBe('rate_limited');
  expect(told.message).toMatch(words);
  expect(Math.abs(told.retryAfterMs - minutes * 60_000)).toBeLessThan(5_000);
  expect(told.message).toContain(`going on in ${minutes} min`);
  // Nowhere it is taken for what a token may not do.
  expect(isStatus(said, 403, 429)).toBe(false);
});
function spentUntil(minutes: number): Record<string, string> {
  return { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inMinutes(minutes) };
}
function leftUntil(minutes: number): Record<string, string> {
  return { 'x-ratelimit-remaining': '4987', 'x-ratelimit-reset': inMinutes(minutes) };
}

test('a limit that meets a merge is no refusal of it, and says when it is over', () => {
  const limited = answer(403, ABUSE, { 'retry-after': '90' });
  expect(() => refusedMerge(limited)).toThrow(limited as unknown as Error);
  expect(translate('a merge', limited)).toMatchObject({ kind: 'rate_limited', retryAfterMs: 90_000 });
});
