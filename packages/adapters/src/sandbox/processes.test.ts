// A sandbox is found again by what the machine runs, and nobody else is taken for one.
import { afterAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { sandboxesWith, startTicks } from './processes.ts';

const dir = mkdtempSync('/tmp/mainloop-processes-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('what was started as bubblewrap with a path is one; an editor, a search or a listing of the same path is none', async () => {
  const place = path.join(dir, 'sandboxes/t-1/work');
  const bwrap = path.join(dir, 'bwrap');
  copyFileSync('/bin/sh', bwrap);
  const started = [bwrap, '/bin/sh'].map((program) =>
    spawn(program, ['-c', 'while :; do sleep 0.1; done', '--bind', place], { stdio: 'ignore' }),
  );
  try {
    while (started.some((p) => startTicks(p.pid!) === null)) await new Promise((r) => setTimeout(r, 10));
    expect(sandboxesWith('/elsewhere/bwrap', place)).toEqual([started[0]!.pid]);
    expect(sandboxesWith('/elsewhere/bwrap', path.dirname(place))).toEqual([]);
  } finally {
    for (const child of started) child.kill('SIGKILL');
  }
});
