import { expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { GatewayLink } from './gateway-link.ts';
import { Spool } from './spool.ts';

test('what waits to be sent lies in no file that somebody else could write to, and all of it is sent', async () => {
  const folder = mkdtempSync('/tmp/mainloop-spool-');
  const sent: Buffer[] = [];
  const link = {
    patiently: async (_method: string, _path: string, body: Buffer) => {
      sent.push(body);
      return { status: 200, body: Buffer.from(JSON.stringify({ next: Buffer.concat(sent).length })) };
    },
  } as unknown as GatewayLink;
  const spool = new Spool(path.join(folder, 'run.jsonl'), 0, link);
  spool.write('first');
  expect(readdirSync(folder)).toEqual([]);
  const pumping = spool.pump();
  spool.write('second');
  spool.close();
  await pumping;
  expect(Buffer.concat(sent).toString()).toBe('first\nsecond\n');
});
