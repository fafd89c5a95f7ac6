import { describe, expect, test } from '@jest/globals';
import { isLook, patient } from './looks.ts';

const DATA = 'http://localhost:1/projects/__data.json?x-sveltekit-invalidated=011';

test.each([
  [DATA, '/projects', true],
  ['http://localhost:1/__data.json', '/', true],
  ['/tasks/t1/__data.json', '/tasks/t1', true],
  [DATA, '/', false],
  [DATA, '/projects/p1', false],
  ['/api/drafts', '/', false],
  ['/projects', '/projects', false],
])('%s on %s is a look: %s', (asked, shown, is) => expect(isLook(asked, shown)).toBe(is));

describe('a request without a network', () => {
  const away = (times: number): { ask: typeof fetch; asked: string[] } => {
    const asked: string[] = [];
    return {
      asked,
      ask: (input) => {
        asked.push(String(input as string));
        return asked.length <= times
          ? Promise.reject(new TypeError('Failed to fetch'))
          : Promise.resolve(new Response('there'));
      },
    };
  };

  test('is made again until there is one, when it is a look', async () => {
    const { ask, asked } = away(3);
    let waits = 0;
    const fetching = patient(
      ask,
      () => '/projects',
      () => Promise.resolve(void waits++),
    );
    expect(await (await fetching(DATA)).text()).toBe('there');
    expect([asked.length, waits]).toEqual([4, 3]);
  });

  test('fails at once when it is anything else', async () => {
    const { ask, asked } = away(1);
    await expect(
      patient(
        ask,
        () => '/',
        () => Promise.resolve(),
      )('/api/drafts'),
    ).rejects.toThrow('Failed to fetch');
    expect(asked).toEqual(['/api/drafts']);
  });

  test('is left to the newest of several looks; those before it ask once more when it was answered', async () => {
    const { ask, asked } = away(6);
    const waiting: (() => void)[] = [];
    const fetching = patient(
      ask,
      () => '/projects',
      () => new Promise((resolve) => waiting.push(resolve)),
    );
    const older = fetching(`${DATA}&older`);
    const newer = fetching(`${DATA}&newer`);
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 5; i++) {
      await settle();
      for (const go of waiting.splice(0)) go();
    }
    expect(await (await newer).text()).toBe('there');
    expect(await (await older).text()).toBe('there');
    const byWhom = asked.map((url) => url.replace(/.*&/, ''));
    expect(byWhom).toEqual(['older', ...Array.from({ length: 6 }, () => 'newer'), 'older']);
  });

  test('an answer that says no is an answer', async () => {
    const fetching = patient(
      () => Promise.resolve(new Response('', { status: 500 })),
      () => '/projects',
      () => Promise.reject(new Error('no wait')),
    );
    expect((await fetching(DATA)).status).toBe(500);
  });
});
