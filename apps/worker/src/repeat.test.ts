// Maintenance runs for months. What one round leaves behind is there a million times by then.
import { expect, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { openWord } from '@mainloop/models/db/listen';
import { repeat } from './repeat.ts';

const HOUR_OF_ROUNDS = 3_600;

test('an hour of rounds, idle and at work, leaves nothing behind', async () => {
  const over = new AbortController();
  const word = openWord();
  let rounds = 0;
  let mostListeners = 0;
  let mostWaiting = 0;
  const idle = repeat({
    everyMs: 0,
    over: over.signal,
    onError: () => undefined,
    work: async () => {
      mostListeners = Math.max(mostListeners, getEventListeners(over.signal, 'abort').length);
      mostWaiting = Math.max(mostWaiting, word.waiting());
      if (++rounds === HOUR_OF_ROUNDS) over.abort();
      if (rounds % 7 === 0) throw new Error('Postgres is away');
      if (rounds % 5 === 0) word.give();
    },
    word: word.listener(),
  });
  await idle;
  expect(rounds).toBe(HOUR_OF_ROUNDS);
  expect(mostListeners).toBeLessThanOrEqual(1);
  expect(mostWaiting).toBeLessThanOrEqual(1);
  expect([getEventListeners(over.signal, 'abort').length, word.waiting()]).toEqual([0, 0]);
});

test('it goes on after an error, takes a full batch again at once, and ends when it is over', async () => {
  const over = new AbortController();
  const answers = [
    () => Promise.reject(new Error('once')),
    () => Promise.resolve(100),
    () => Promise.resolve(3),
  ];
  const errors: string[] = [];
  let calls = 0;
  await repeat({
    everyMs: 0,
    over: over.signal,
    onError: (err) => errors.push(err.message),
    work: () => {
      const answer = answers[calls++]!;
      if (calls === answers.length) over.abort();
      return answer();
    },
  });
  expect([calls, errors]).toEqual([3, ['once']]);
});

test('a word that comes between two waits is heard by everyone who listens', async () => {
  const word = openWord();
  const [first, second] = [word.listener(), word.listener()];
  word.give();
  const never = 2 ** 30;
  await Promise.all([first(never), second(never)]);
  const again = [first(never), second(never)];
  expect(word.waiting()).toBe(2);
  word.give();
  await Promise.all(again);
  expect(word.waiting()).toBe(0);
});

test('however many words come, it rests between two rounds, and hears the last of them', async () => {
  const over = new AbortController();
  const word = openWord();
  const [restMs, words] = [50, 200];
  let [rounds, given, heard] = [0, 0, 0];
  const began = performance.now();
  const going = repeat({
    everyMs: 600_000,
    restMs,
    over: over.signal,
    onError: () => undefined,
    word: word.listener(),
    work: () => {
      rounds++;
      heard = given;
      if (heard === words) over.abort();
      return Promise.resolve();
    },
  });
  while (given < words) {
    given++;
    word.give();
    await new Promise((r) => setTimeout(r, 1));
  }
  await going;
  expect(heard).toBe(words);
  expect(rounds).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / restMs) + 1);
});
