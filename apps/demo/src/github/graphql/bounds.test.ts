// What a query may ask for. Whoever has a token of the local GitHub can send one, and it has one process for all.
import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import { answerQuery } from './executor.ts';
import type { Place } from './place.ts';

/** Of somebody with a token, and of a forge that nothing is asked of: a query that is refused looks at nothing. */
const NOWHERE = {} as Place;
const pages = (depth: number): string =>
  depth === 0 ? '{ totalCount }' : `{ nodes { repository { issues(first: $n) ${pages(depth - 1)} } } }`;
/** Each of its lines stands twice in the one before. */
const doubling = (lines: number): string =>
  [
    'query { viewer { ...F0 } }',
    ...Array.from(
      { length: lines },
      (_, i) =>
        `fragment F${i} on User { a${i}: repository(name: "x") { owner { ...F${i + 1} } } b${i}: repository(name: "x") { owner { ...F${i + 1} } } }`,
    ),
    `fragment F${lines} on User { login }`,
  ].join('\n');

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    'pages of pages of pages',
    {
      query: `query($n: Int!) { repository(owner: "a", name: "b") { issues(first: $n) ${pages(3)} } }`,
      variables: { n: 100 },
    },
    /^This query requests up to 101,010,100 possible nodes which exceeds the maximum limit of 500,000\.$/,
  ],
  [
    'the same by a default',
    { query: `query($n: Int = 100) { repository(owner: "a", name: "b") { issues(first: $n) ${pages(3)} } }` },
    /^This query requests up to 101,010,100 possible nodes/,
  ],
  ['fragments that double', { query: doubling(40) }, /fields, which exceeds the maximum of 20000\.$/],
  [
    'many names for one thing',
    { query: `{ ${Array.from({ length: 30_000 }, (_, i) => `a${i}: viewer { login }`).join(' ')} }` },
    /token/,
  ],
  [
    'very deep',
    { query: `{ viewer { ${'repository(name: "x") { owner { '.repeat(200)}login${'} } '.repeat(200)} } }` },
    /nested 402 deep/,
  ],
  ['deeper than can be read', { query: '{a'.repeat(9_000) }, /nested too deeply|Syntax Error/],
  [
    'lists in lists in lists',
    { query: `{ node(id: ${'['.repeat(15_000)}) { id } }` },
    /nested too deeply|Syntax Error/,
  ],
])('%s is refused before anything is looked at', async (_, ask, why) => {
  const look = async (): Promise<void> => {
    const { status, body } = await answerQuery(NOWHERE, ask);
    expect([status, (body as { errors: { message: string }[] }).errors[0]!.message]).toEqual([
      200,
      expect.stringMatching(why),
    ]);
  };
  expect(await cpuMs(look)).toBeLessThan(5_000);
});

test('a fragment that comes back to itself is refused in the words of the specification', async () => {
  const { body } = await answerQuery(NOWHERE, {
    query: 'query { viewer { ...A } } fragment A on User { login ...B } fragment B on User { ...A }',
  });
  expect((body as { errors: { message: string }[] }).errors[0]!.message).toMatch(/Cannot spread fragment/);
});
