import { describe, expect, test } from '@jest/globals';
import { afterUncaught } from './last-net.ts';

const NOW = 1_000_000;
describe('an error that reached nobody', () => {
  test.each<[string, unknown, readonly number[], 'go_on' | 'end']>([
    ['of one connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), [], 'go_on'],
    [
      'of packed junk',
      Object.assign(new Error('incorrect header check'), { code: 'Z_DATA_ERROR' }),
      [],
      'go_on',
    ],
    ['of our own', new TypeError('x is not a function'), [], 'go_on'],
    ['that is none', null, [], 'go_on'],
    ['that is a word', 'oh', [], 'go_on'],
    ['of a number out of range', new RangeError('Invalid array length'), [], 'go_on'],
    ['for want of memory', new RangeError('Array buffer allocation failed'), [], 'end'],
    ['for want of memory, by its code', Object.assign(new Error('x'), { code: 'ENOMEM' }), [], 'end'],
    ['inside of Node', Object.assign(new Error('x'), { code: 'ERR_INTERNAL_ASSERTION' }), [], 'end'],
    ['after many in a minute', new Error('x'), Array.from({ length: 20 }, (_, i) => NOW - i * 1_000), 'end'],
    [
      'after many in an hour',
      new Error('x'),
      Array.from({ length: 60 }, (_, i) => NOW - i * 60_000),
      'go_on',
    ],
  ])('%s', (_, err, before, want) => {
    expect(afterUncaught(err, before, NOW)).toBe(want);
  });
});
