import { expect, test } from '@jest/globals';
import { verdictOf } from './audit.ts';

const advisory = (severity: string, id = 'GHSA-1'): object => ({
  severity,
  module_name: 'thing',
  title: 'it breaks',
  github_advisory_id: id,
});
const answer = (...list: object[]): string =>
  JSON.stringify({ advisories: Object.fromEntries(list.map((a, i) => [i, a])), metadata: {} });

test.each([
  ['nothing is known', answer(), true, 'audited: 0 known, 0 to act on'],
  ['something small', answer(advisory('low'), advisory('moderate')), true, 'audited: 2 known, 0 to act on'],
  ['something high', answer(advisory('high')), false, 'high: thing, it breaks (GHSA-1)'],
  [
    'something critical beside it',
    answer(advisory('low'), advisory('critical', 'GHSA-2')),
    false,
    'critical: thing, it breaks (GHSA-2)',
  ],
  [
    'something high that does not reach us',
    answer(advisory('high', 'GHSA-borne')),
    true,
    'audited: 1 known, 0 to act on',
  ],
])('%s', (_, stdout, ok, line) => {
  const verdict = verdictOf(stdout, '', new Map([['GHSA-borne', 'only in tests']]));
  expect(verdict.ok).toBe(ok);
  expect(verdict.lines).toContain(line);
});

test.each([
  [
    '',
    'Error: ERR_PNPM_AUDIT_BAD_RESPONSE\n  × The audit endpoint responded with 405:',
    'responded with 405',
  ],
  ['', '', 'no answer'],
  ['{"error":{"code":"X","message":"the registry is away"}}', '', 'the registry is away'],
  ['{"advisories":null}', '', 'no answer of an audit'],
  ['[]', '', 'no answer of an audit'],
  ['<html>', '', '<html>'],
])('where nobody answers it is not green without a word: %s%s', (stdout, stderr, said) => {
  const verdict = verdictOf(stdout, stderr);
  expect(verdict.ok).toBe(true);
  expect(verdict.lines[0]).toMatch(/^not audited: /);
  expect(verdict.lines[0]).toContain(said);
});
