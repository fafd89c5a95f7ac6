import { expect, test } from '@jest/globals';
import { logLine, setIds } from './log.ts';

test('a line of the runner is one JSON object, with the ids of the run once they are known', () => {
  expect(JSON.parse(logLine('info', 'starts'))).toMatchObject({
    level: 'info',
    name: 'runner',
    msg: 'starts',
    pid: process.pid,
  });
  setIds({ taskId: 't-1', runId: 't-1-r1' });
  const line = logLine('fatal', 'the runner ends', new Error('two\nlines'));
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({
    level: 'fatal',
    taskId: 't-1',
    runId: 't-1-r1',
    err: { type: 'Error', message: 'two\nlines' },
  });
  expect(JSON.parse(logLine('warn', 'odd', 'words'))).toMatchObject({ err: 'words' });
});
