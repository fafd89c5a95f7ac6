// Which workflows run no more, asked of a real Temporal.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isGone } from './relay.ts';
import { openRehearsal, type Rehearsal } from './replay/rehearsal.ts';

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

test('one that waits is there; one that was ended by hand is gone, and so is one that nobody knows', async () => {
  const { client } = rehearsal.env;
  const handle = await rehearsal.start({});
  expect(await isGone(client, handle.workflowId)).toBe(false);
  await handle.terminate('by hand');
  expect(await isGone(client, handle.workflowId)).toBe(true);
  expect(await isGone(client, 'task/of-nobody')).toBe(true);
});
