// Recorded histories replayed against today's code: a change that would break a running task fails here.
import { expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { WORKFLOWS } from './rehearsal.ts';
import { patchesOf, withoutPatch } from './patches.ts';

const require = createRequire(import.meta.url);
const { Worker, DefaultLogger, Runtime } =
  require('@temporalio/worker') as typeof import('@temporalio/worker');
const here = import.meta.dirname;
const files = readdirSync(here).filter((f) => f.endsWith('.json'));
const code = readFileSync(WORKFLOWS, 'utf8');
const patches = patchesOf(code);
Runtime.install({ logger: new DefaultLogger('ERROR') });

interface History {
  readonly events: readonly {
    readonly markerRecordedEventAttributes?: {
      readonly markerName: string;
      readonly details: Record<string, { payloads: { data: string }[] }>;
    };
  }[];
}
const read = (file: string): History => JSON.parse(readFileSync(path.join(here, file), 'utf8')) as History;
/** The patches that a history says it was run with. */
const markers = (file: string): Set<string> =>
  new Set(
    read(file).events.flatMap(({ markerRecordedEventAttributes: m }) =>
      m?.markerName === 'core_patch'
        ? Object.values(m.details).flatMap((d) =>
            d.payloads.map(
              (p) => (JSON.parse(Buffer.from(p.data, 'base64').toString()) as { id: string }).id,
            ),
          )
        : [],
    ),
  );
const replay = (file: string, codePath: string): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: { codePath } }, read(file) as never, 'task/replayed');

test.each(files)('%s replays', (file) => replay(file, WORKFLOWS));

test('the workflow has patches, and no other way to ask for one is used', () => {
  expect(patches.length).toBeGreaterThan(4);
  const asked = readdirSync(path.join(here, '../workflows'), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'))
    .flatMap((f) => [
      ...readFileSync(path.join(here, '../workflows', f), 'utf8').matchAll(
        /\b(?:patched|deprecatePatch)\(([^)]*)\)/g,
      ),
    ])
    .map((m) => m[1]);
  expect(new Set(asked)).toEqual(new Set(patches.map((id) => `'${id}'`)));
});

test.each(patches)(
  'there is a history from before "%s" and one with it: node tools/record-histories.ts',
  (id) => {
    expect(files.filter((f) => markers(f).has(id))).not.toEqual([]);
    // It went through the same story: all the other patches of that are in it.
    const before = files.filter(
      (f) => f.endsWith(`.before-${id}.json`) && markers(f.replace(`.before-${id}.`, '.with-all.')).has(id),
    );
    expect(before).not.toEqual([]);
    for (const f of before) {
      const all = markers(f.replace(`.before-${id}.`, '.with-all.'));
      all.delete(id);
      expect(markers(f)).toEqual(all);
    }
  },
);

test('a step that is changed without a patch is noticed', async () => {
  const changed = path.join(mkdtempSync(path.join(os.tmpdir(), 'workflows-')), 'workflows.js');
  writeFileSync(changed, withoutPatch(code, 'place-ahead'));
  await expect(replay('merged.with-all.json', changed)).rejects.toThrow();
});
