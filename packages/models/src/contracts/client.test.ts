import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callOver, fetchOptions, requestOf } from './client.ts';
import { ROUTES, type RouteName } from './routes.ts';

const withPlaces = (Object.keys(ROUTES) as RouteName[]).filter((name) => ROUTES[name].path.includes('{'));
const asked = (name: RouteName, value: string): string => {
  const places = [...ROUTES[name].path.matchAll(/\{(\w+)\}/g)].map(([, place]) => [place!, value]);
  return requestOf(name, Object.fromEntries(places) as never).path;
};

test.each(['..', '.', ''])('%j is nobody’s id, and leads to no other route', (id) => {
  for (const name of withPlaces) expect(() => asked(name, id)).toThrow('That is no id.');
});

test('whatever is asked for, the address that is read is that of the route', () => {
  expect(withPlaces.length).toBeGreaterThan(10);
  fc.assert(
    fc.property(
      fc.constantFrom(...withPlaces),
      fc.oneof(
        fc.string({ minLength: 1 }),
        fc.constantFrom('../x', '%2e%2e', '..%2f', 'a/../..', '?q', '#a', '\\..'),
      ),
      (name, id) => {
        fc.pre(id !== '.' && id !== '..' && id.isWellFormed());
        const { pathname, search, hash } = new URL(asked(name, id), 'http://localhost');
        const shape = ROUTES[name].path
          .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
          .replaceAll(/\{\w+\}/g, '[^/]+');
        expect(pathname).toMatch(new RegExp(`^${shape}$`));
        expect([search, hash]).toEqual(['', '']);
      },
    ),
  );
});

test('what is sent is JSON, and nothing is said of a body that is not there', () => {
  expect(fetchOptions({ method: 'POST', body: { text: 'hi' } }, { authorization: 'Bearer x' })).toEqual({
    method: 'POST',
    headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    body: '{"text":"hi"}',
  });
  expect(fetchOptions({ method: 'GET', body: undefined }, {})).toEqual({ method: 'GET', headers: {} });
});

test.each([
  ['an answer', 200, '[]', []],
  ["the api's own sentence", 404, '{"error":"There is no such task."}', 'There is no such task.'],
  ['no JSON', 502, '<h1>Bad gateway</h1>', 'mainloop answered 502.'],
])('asked by name: %s', async (_, status, body, expected) => {
  const paths: string[] = [];
  const call = callOver(
    async ({ path }) => {
      paths.push(path);
      return new Response(body, { status });
    },
    (sentence) => new RangeError(sentence),
  );
  if (typeof expected === 'string')
    await expect(call('listProposals')).rejects.toThrow(new RangeError(expected));
  else await expect(call('listProposals')).resolves.toEqual(expected);
  expect(paths).toEqual(['/api/proposals']);
});
