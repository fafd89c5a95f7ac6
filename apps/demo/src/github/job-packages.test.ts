// What every job of the local CI shares is never changed under one that begins.
import { afterAll, expect, test } from '@jest/globals';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { withPackages } from './job-packages.ts';

const home = mkdtempSync('/tmp/mainloop-job-packages-');
afterAll(() => rmSync(home, { recursive: true }));

test('a job that begins reads the programs that start it, while another has them laid', () => {
  const lay = () =>
    withPackages(
      { gatewayDir: home, secret: 's'.repeat(32) },
      { repo: 'local/till', untilMs: 1, folder: path.join(home, '.ci'), node: '/node' },
    ).readOnly.flatMap(([from]) => (from.endsWith('.mts') ? [from] : []));
  const programs = lay();
  const open = programs.map((file) => openSync(file, 'r'));
  const sizes = open.map((descriptor) => fstatSync(descriptor).size);
  lay();
  expect(programs.map((file) => path.basename(file))).toEqual(['job-start.mts', 'package-relay.mts']);
  expect(sizes.every((size) => size > 500)).toBe(true);
  // In the same file it would have been empty for a moment.
  for (const [n, file] of programs.entries()) {
    expect(statSync(file).ino).not.toBe(fstatSync(open[n]!).ino);
    closeSync(open[n]!);
  }
});
