import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { readEnvironment } from './environment.ts';

const Env = z.object({ PORT: z.coerce.number('a number, please'), HOME: z.string('not set') });

test('what is in the environment comes out as its schema has it, and nothing else does', () => {
  expect(readEnvironment(Env, { PORT: '80', HOME: '/home/a', OTHER: 'x' })).toEqual({
    PORT: 80,
    HOME: '/home/a',
  });
});

test('every variable that is missing or wrong is named in one line', () => {
  expect(() => readEnvironment(Env, { PORT: 'eighty' })).toThrow(
    new Error('PORT: a number, please; HOME: not set'),
  );
});
