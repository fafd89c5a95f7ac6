import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openLog } from '@mainloop/logs/log';
import { idsOfPath, idsOfRequest, nestLog } from './log.ts';

test.each([
  ['/api/tasks/t-1', { ownerId: 'owner', taskId: 't-1' }],
  ['/api/tasks/t-1/say', { ownerId: 'owner', taskId: 't-1' }],
  ['/api/runs/t-1-r2/output', { ownerId: 'owner', runId: 't-1-r2' }],
  ['/api/inbox/t-1-plan/seen', { ownerId: 'owner', itemId: 't-1-plan' }],
  ['/api/projects/p-1/settings', { ownerId: 'owner', projectId: 'p-1' }],
  ['/api/tasks', { ownerId: 'owner' }],
  [`/api/tasks/${'x'.repeat(5_000)}`, { ownerId: 'owner' }],
])('%s', (path, ids) => expect(idsOfPath(path)).toEqual(ids));

test('a line of whatever request is one line, and says no more ids than there are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const lines: string[] = [];
      const log = openLog('tried', { write: (line) => void lines.push(line) });
      idsOfRequest({ path: `/api/tasks/${id}` } as never, {} as never, () => log.info('here'));
      expect(lines).toHaveLength(1);
      expect(lines[0]!.trimEnd()).not.toContain('\n');
      expect(JSON.parse(lines[0]!)).toMatchObject({ msg: 'here', ownerId: 'owner' });
    }),
  );
});

test("what Nest has to say stands in the same log, with an error's stack", () => {
  const lines: Record<string, unknown>[] = [];
  const nest = nestLog(
    openLog('api', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
  );
  nest.log('started');
  nest.warn('careful', 'Router');
  nest.error(new Error('broken'), 'ExceptionsHandler');
  expect(lines.map((l) => [l.level, l.msg, (l.err as { message: string } | undefined)?.message])).toEqual([
    ['warn', 'careful', undefined],
    ['error', 'Error: broken', 'broken'],
  ]);
});
