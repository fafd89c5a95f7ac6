import { expect, test } from '@jest/globals';
import { openLog } from '@mainloop/logs/log';
import { MockActivityEnvironment } from '@temporalio/testing';
import { translated } from './errors.ts';

const log = openLog('worker', { write: () => undefined });
const of = (activityId: string) =>
  new MockActivityEnvironment({ activityId, workflowExecution: { workflowId: 'task/t-1', runId: 'x' } });

/** An activity that says when it begins and ends, and ends when it is told to. */
function asked() {
  const said: string[] = [];
  const ends = new Map<string, (how: 'well' | 'badly') => void>();
  const { ask } = translated(
    {
      ask: async (input: { try: string }): Promise<unknown> => {
        said.push(`${input.try} begins`);
        const how = await new Promise((done) => ends.set(input.try, done));
        said.push(`${input.try} ends`);
        if (how === 'badly') throw new Error(input.try);
        return input.try;
      },
    },
    log,
    async () => undefined,
  );
  const begun = async (name: string): Promise<void> => {
    while (!ends.has(name)) await new Promise((r) => setImmediate(r));
  };
  return { said, ask, begun, end: (name: string, how: 'well' | 'badly') => ends.get(name)!(how) };
}

test.each(['well', 'badly'] as const)(
  'a second try of an activity begins when the first is over, which ends %s',
  async (how) => {
    const { said, ask, begun, end } = asked();
    const first = of('1').run(ask, { try: 'first' });
    await begun('first');
    const second = of('1').run(ask, { try: 'second' });
    const both = Promise.allSettled([first, second]);
    for (let i = 0; i < 20; i++) await new Promise((r) => setImmediate(r));
    expect(said).toEqual(['first begins']);
    end('first', how);
    await begun('second');
    expect(said).toEqual(['first begins', 'first ends', 'second begins']);
    end('second', 'well');
    expect((await both).map((r) => r.status)).toEqual([
      how === 'well' ? 'fulfilled' : 'rejected',
      'fulfilled',
    ]);
  },
);

test('another activity does not wait for it', async () => {
  const { said, ask, begun, end } = asked();
  const both = [of('1').run(ask, { try: 'first' }), of('2').run(ask, { try: 'other' })];
  await begun('other');
  await begun('first');
  expect(said.toSorted()).toEqual(['first begins', 'other begins']);
  for (const name of ['first', 'other']) end(name, 'well');
  expect(await Promise.all(both)).toEqual(['first', 'other']);
});
