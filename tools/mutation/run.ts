// `make test-mutation`: changes each decision in every small way, and fails when too many of these changes go unnoticed. FILE=part of a path for some.
import { globSync, mkdirSync } from 'node:fs';
import { Stryker } from '@stryker-mutator/core';
import { isLeftOut, MUTATED } from './what.ts';

/** Percent of the changes that the tests must notice. */
const AT_LEAST = 80;
const part = process.env.FILE ?? '';
const files = MUTATED.flatMap((p) => globSync(p)).filter((f) => !isLeftOut(f) && f.includes(part));
if (files.length === 0) throw new Error(`No decision has "${part}" in its path.`);
mkdirSync('coverage', { recursive: true });
const results = await new Stryker({
  mutate: files,
  testRunner: 'decisions',
  plugins: ['./tools/mutation/runner.ts'],
  coverageAnalysis: 'perTest',
  // What runs once at load (a table, a regular expression) would want every test again for each change: an hour more.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 30_000,
  tempDirName: '.stryker-tmp',
  // A run works in a copy of the tree.
  ignorePatterns: ['e2e', 'bench', 'docs', 'k8s', 'apps/web', 'apps/demo/seed', '.tools', 'coverage'],
  reporters: ['clear-text', 'json', 'html'],
  clearTextReporter: { reportTests: false, reportMutants: part !== '', allowColor: false },
  jsonReporter: { fileName: 'coverage/mutation.json' },
  htmlReporter: { fileName: 'coverage/mutation.html' },
}).runMutationTest();
const count = (...of: string[]): number => results.filter((r) => of.includes(r.status)).length;
const [noticed, all] = [count('Killed', 'Timeout'), count('Killed', 'Timeout', 'Survived', 'NoCoverage')];
const score = all === 0 ? 0 : (noticed * 100) / all;
console.log(
  `${score.toFixed(1)}% of ${all} changes were noticed (at least ${AT_LEAST}%); ${count('Ignored')} that only load could show were not tried`,
);
process.exit(score >= AT_LEAST ? 0 : 1);
