// Steps of a job and the files of its log, from the lines that `act` really printed for such a job.
import { expect, test } from '@jest/globals';
import { JobSteps, writtenSteps, type StepLine } from './steps.ts';
import { filesOf } from './logs.ts';
import type { Job } from './store.ts';

const AT = '2026-01-01T00:00:00Z';
const main = (id: string, step: string, rest: StepLine): StepLine => ({
  stage: 'Main',
  step,
  stepID: [id],
  ...rest,
});
const WRITTEN = [
  { uses: 'actions/checkout@v4' },
  { run: 'echo hello\necho again' },
  { name: 'Fails', run: 'exit 3' },
  { run: 'echo never' },
];

/** @param lines what act says, with how many lines of it go into the log */
function steps(
  written: ConstructorParameters<typeof JobSteps>[0],
  lines: readonly (readonly [StepLine, number])[],
): JobSteps {
  const s = new JobSteps(written);
  for (const [line, wrote] of lines) {
    s.hear(line, AT);
    s.wrote(wrote);
  }
  return s;
}

const HEARD: readonly (readonly [StepLine, number])[] = [
  [{ msg: '⭐ Run Set up job', step: 'Set up job' }, 0],
  [{ msg: '  ✅  Success - Set up job', step: 'Set up job', stepResult: 'success' }, 0],
  [main('0', 'actions/checkout@v4', { msg: '⭐ Run Main actions/checkout@v4' }), 1],
  [main('0', 'actions/checkout@v4', { stepResult: 'success' }), 0],
  [main('1', 'echo hello', { msg: '⭐ Run Main echo hello' }), 1],
  // What a job prints is no step, whatever it says.
  [main('1', 'echo hello', { msg: '⭐ Run Main faked', raw_output: true }), 1],
  // Nor is a step of a composite action.
  [{ msg: '⭐ Run Main inner', stage: 'Main', step: 'inner', stepID: ['1', '0'] }, 1],
  [main('1', 'echo hello', { stepResult: 'success' }), 0],
  [main('2', 'Fails', { msg: '⭐ Run Main Fails' }), 1],
  [main('2', 'Fails', { msg: '  ❌  Failure', stepResult: 'failure' }), 0],
  [main('2', 'Fails', { msg: 'exit status 3' }), 1],
  [{ msg: '⭐ Run Complete job', step: 'Complete job' }, 0],
];

test('each step with its end and its lines; what never ran stands where it would have', () => {
  expect(
    steps(WRITTEN, HEARD)
      .all()
      .map((s) => [s.name, s.conclusion, s.lines]),
  ).toEqual([
    ['Set up job', 'success', 0],
    ['Run actions/checkout@v4', 'success', 1],
    ['Run echo hello', 'success', 3],
    ['Fails', 'failure', 2],
    ['Run echo never', 'skipped', 0],
    ['Complete job', 'success', 0],
  ]);
});

test('a job that never began has no steps, and one without written steps has what was heard', () => {
  expect(steps(WRITTEN, []).all()).toEqual([]);
  expect(steps([], HEARD.slice(0, 2)).all()).toMatchObject([{ name: 'Set up job' }]);
  expect(steps([{}], HEARD.slice(0, 2)).all()).toMatchObject([
    { name: 'Set up job' },
    { name: 'Run ', conclusion: 'skipped' },
  ]);
});

test.each<[unknown, unknown[]]>([
  [undefined, []],
  ['echo', []],
  [{ run: 'x' }, []],
  [
    [null, 7, 'x', { name: 3, run: 'y' }, { uses: 'a/b' }],
    [{}, {}, {}, { run: 'y' }, { uses: 'a/b' }],
  ],
])('steps that the YAML has as %j', (yaml, written) => {
  expect(writtenSteps(yaml)).toEqual(written);
});

test('the files of a log: one for a job, one for each of its steps, and no name that a folder would be made of', () => {
  const job = (name: string, log: string, all: Job['steps']): Job => ({ name, log, steps: all }) as Job;
  const step = (name: string, lines: number) => ({
    name,
    lines,
    conclusion: 'success' as const,
    startedAt: AT,
    completedAt: AT,
  });
  expect(
    filesOf([
      job('../a: b', '\ufeff1\n2\n3\n', [step('Set up job', 0), step('Run ../x', 2)]),
      job('old', '\ufeffx\n', undefined),
    ]),
  ).toEqual([
    { name: '0_..a b.txt', text: '\ufeff1\n2\n3\n' },
    { name: '..a b/2_Run ..x.txt', text: '\ufeff1\n2\n' },
    { name: '1_old.txt', text: '\ufeffx\n' },
  ]);
});
