import { expect, test } from '@jest/globals';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { quietly, sentenceOf } from './failures.ts';

const failed = (cause: Error | undefined): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'ensureDraftPr', '1', 'IN_PROGRESS' as never, 'worker', cause);

test.each([
  [
    'a step that ran out of time',
    new TimeoutFailure('heartbeat', undefined, 'HEARTBEAT'),
    'A step took too long and was given up: ensure draft pr. Retry tries it again.',
  ],
  [
    'a step that said why',
    ApplicationFailure.nonRetryable('The token may not read checks.'),
    'The token may not read checks.',
  ],
  ['a step that said nothing', undefined, 'Activity task failed'],
])('%s', (_, cause, sentence) => expect(sentenceOf(failed(cause))).toBe(sentence));

test('what may be left out is over when an activity failed, and nothing else is hidden by it', async () => {
  await expect(quietly(Promise.reject(failed(undefined)))).resolves.toBeUndefined();
  await expect(quietly(Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled');
});

test('whatever an activity does, the death of its worker is noticed within seconds', () => {
  const here = import.meta.dirname;
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(
    (f) => f.endsWith('.ts') && !f.endsWith('.test.ts'),
  );
  const options = files.flatMap((file) =>
    [...readFileSync(path.join(here, file), 'utf8').matchAll(/proxyActivities<[^(]*>\(\{(.*?)\n?\}\)/gs)].map(
      (m) => m[1]!,
    ),
  );
  expect(options.length).toBeGreaterThan(5);
  // Without it a killed worker's try is only given up when its whole time is over.
  for (const option of options) expect(option).toMatch(/heartbeatTimeout: '[1-5] seconds'/);
});
