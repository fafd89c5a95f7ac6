import { expect, test } from '@jest/globals';
import { triesFor, type Added } from './first-run.ts';

const DEMO: Added = { name: 'demo/tally', suggestions: ['Seen in the demo.'] };
const API: Added = { name: 'acme/api', suggestions: ['One.', 'Two.', 'Three.'] };
const NEW: Added = { name: 'acme/new', suggestions: ['Only one.'] };

test.each<[string, readonly Added[], boolean, readonly string[] | null]>([
  ['nothing added', [], false, null],
  ['nothing added, with a scripted model', [], true, null],
  ['own code, with a scripted model', [API], true, null],
  [
    'the demo',
    [DEMO, API],
    true,
    [
      'Splitting 10.00 three ways loses a cent.',
      'What is going on right now?',
      'Fix the rounding in tally, just do it.',
    ],
  ],
  ['own code', [API], false, ['One.', 'Two.', 'Three.']],
  ['the demo is no code of theirs', [API, DEMO], false, ['One.', 'Two.', 'Three.']],
  [
    'several: the last, by its name, filled up',
    [API, NEW],
    false,
    [
      'In acme/new: Only one.',
      'Look through acme/new and suggest one small thing to fix first.',
      'Which part of acme/new has no test? Write one for it.',
    ],
  ],
])('%s', (_, projects, demo, words) => {
  expect(triesFor(projects, demo)?.words ?? null).toEqual(words);
});
