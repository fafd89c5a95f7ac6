import { expect, test } from '@jest/globals';
import { pausedWords } from './paused.ts';

test.each([
  [{ since: null, agents: 3, queued: 2 }, ''],
  [{ since: '2026', agents: 0, queued: 0 }, 'Everything is paused.'],
  [
    { since: '2026', agents: 1, queued: 1 },
    'Everything is paused. One agent is stopping. One task waits to go on.',
  ],
  [{ since: '2026', agents: 2, queued: 0 }, 'Everything is paused. 2 agents are stopping.'],
  [{ since: '2026', agents: 0, queued: 4 }, 'Everything is paused. 4 tasks wait to go on.'],
] as const)('%o is said as "%s"', (now, words) => {
  expect(pausedWords(now)).toBe(words);
});
