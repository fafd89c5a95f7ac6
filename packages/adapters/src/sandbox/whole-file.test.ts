import { afterAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { putWhole } from './whole-file.ts';

const dir = mkdtempSync('/tmp/mainloop-whole-');
const file = path.join(dir, 'program');
afterAll(() => rmSync(dir, { recursive: true }));

test('who has the file open reads on what it was, and who opens it next reads what it is', () => {
  putWhole(file, 'old');
  const open = openSync(file, 'r');
  putWhole(file, 'new', 0o755);
  expect([readFileSync(open, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['old', 'new']);
  closeSync(open);
  expect(statSync(file).mode & 0o777).toBe(0o755);
  expect(readdirSync(dir)).toEqual(['program']);
});

test('another process never finds a part of it, however often it is put there', async () => {
  const whole = 'x'.repeat(100_000);
  putWhole(file, whole);
  const reads = `const { readFileSync } = require('node:fs');
    let n = 0;
    process.stdout.write('.');
    process.once('SIGTERM', () => { console.log(n); process.exit(0); });
    (function read() {
      for (let i = 0; i < 50; i++, n++) if (readFileSync(${JSON.stringify(file)}).length !== ${whole.length}) process.exit(9);
      setImmediate(read);
    })();`;
  const reader = spawn(process.execPath, ['-e', reads], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => reader.once('close', resolve));
  await new Promise((begun) => reader.stdout.once('data', begun));
  for (let n = 0; n < 2_000 && reader.exitCode === null; n++) {
    putWhole(file, whole);
    if (n % 50 === 0) await new Promise((done) => setImmediate(done));
  }
  reader.kill();
  expect(await ended).toBe(0);
});
