// What code says about the cluster is what k8s/ says: whoever changes one prints the other.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import { printed } from './print-k8s.ts';

test.each(Object.entries(printed()))('k8s/%s is what the code prints', (name, text) => {
  expect(readFileSync(path.join(import.meta.dirname, '../k8s', name), 'utf8')).toBe(text);
});

test('the image starts Node with the flags that a machine does', () => {
  expect(readFileSync(path.join(import.meta.dirname, '../docker/Dockerfile'), 'utf8')).toContain(
    `NODE_OPTIONS="${NODE_FLAGS.join(' ')}"`,
  );
});
