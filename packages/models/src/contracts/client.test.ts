import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requestOf } from './client.ts';
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
