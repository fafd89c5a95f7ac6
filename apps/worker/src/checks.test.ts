import { expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { logOf } from './checks.ts';

const away = new ForgeError('unavailable', 'the forge is starting');

/** A forge that answers with these, one after the other. */
function forgeOf(answers: readonly (string | Error)[]) {
  const left = [...answers];
  let asked = 0;
  return {
    asked: () => asked,
    jobLog: () => {
      asked++;
      const next = left.shift()!;
      return typeof next === 'string' ? Promise.resolve(next) : Promise.reject(next);
    },
  };
}

test.each([
  ['one that is there', ['boom'], 'boom', 1],
  ['a forge that starts anew', [away, new TypeError('fetch failed'), 'boom'], 'boom', 3],
  ['one that was thrown away', [new ForgeError('not_found', 'gone'), 'boom'], '', 1],
  ['one that a token may not read', [new ForgeError('forbidden', 'no'), 'boom'], '', 1],
  ['a store of logs that never answers', [away, away, away, 'boom'], '', 3],
])('the log of a job: %s', async (_, answers, log, asked) => {
  const forge = forgeOf(answers);
  expect(await logOf(forge, 'demo/app', 7, [0, 0])).toBe(log);
  expect(forge.asked()).toBe(asked);
});
