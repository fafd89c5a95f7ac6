import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format } from '../src/format.ts';
import { split } from '../src/split.ts';

test('splits evenly', () => {
  assert.deepEqual(split(900, ['ana', 'ben', 'cleo']), [['ana', 300], ['ben', 300], ['cleo', 300]]);
});

test('formats cents', () => {
  assert.equal(format(1234), '12.34');
});
