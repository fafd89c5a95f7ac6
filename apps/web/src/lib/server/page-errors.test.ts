import { expect, test } from '@jest/globals';
import { openLog, type Logger } from '@mainloop/logs/log';
import { idsOf, logPageError } from './page-errors.ts';

function read(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return {
    log: openLog('web', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    lines,
  };
}

test('a page that failed is one line with its reason and whose work it is about', () => {
  const { log, lines } = read();
  logPageError(log, {
    kind: 'unknown',
    error: new Error('no database'),
    path: '/task/t-1',
    ids: idsOf('owner', { id: 't-1' }),
  });
  logPageError(log, {
    kind: 'unknown',
    error: new Error('no database'),
    path: '/week',
    ids: idsOf('owner', {}),
  });
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({
    name: 'web',
    level: 'error',
    msg: 'a page failed',
    path: '/task/t-1',
    ownerId: 'owner',
    taskId: 't-1',
    err: { message: 'no database', stack: expect.stringContaining('page-errors.test') },
  });
  expect('taskId' in lines[1]!).toBe(false);
});

test('a page that is not there is no error', () => {
  const { log, lines } = read();
  logPageError(log, {
    kind: 'framework',
    error: { status: 404, message: 'Not found: /wp-login.php' },
    path: '/wp-login.php',
    ids: idsOf('owner', {}),
  });
  expect(lines).toEqual([]);
});
