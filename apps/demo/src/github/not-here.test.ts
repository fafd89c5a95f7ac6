// A job that could not have what it needs on this machine has neither passed nor failed; one that failed by
// itself has, whatever else it prints.
import { expect, test } from '@jest/globals';
import { complaintIn, JobEnds, type ActLine } from './not-here.ts';

const CLONE: ActLine = {
  level: 'error',
  msg: 'Unable to clone https://github.com/actions/setup-node refs/heads/v4: Get "https://github.com/actions/setup-node/info/refs": dial tcp: no route',
};
const DOCKER: ActLine = {
  level: 'error',
  msg: 'Error occurred running finally: failed to connect to the docker API at unix:///var/run/docker.sock',
};
const ABSENT: ActLine = {
  level: 'info',
  msg: '🚧  Skipping unsupported platform -- Try running with `-P macos-latest=...`',
};
const BEGUN: ActLine = { level: 'info', msg: '⭐ Run Set up job' };
const PASSED: ActLine = { level: 'info', msg: 'Job succeeded', jobResult: 'success' };
const FAILED: ActLine = { level: 'info', msg: 'Job failed', jobResult: 'failure' };
const WRONG: ActLine = { level: 'error', msg: 'exit status 1', stepID: ['3'] };
const MISSES: ActLine = {
  level: 'info',
  raw_output: true,
  msg: "mainloop, not here: Node 4 can't be had on this machine\n",
  stepID: ['setup', 'main'],
};
const ends = (code: number, ...lines: (ActLine & { leg?: string; of?: string })[]) => {
  const all = new JobEnds((id, step) => id === 'one' && step === 'setup');
  for (const { leg, of = 'one', ...line } of lines) all.hear(of, { ...line, jobID: of, job: leg ?? of });
  return all.of('one', code);
};

test.each<[string, number, (ActLine & { leg?: string; of?: string })[], ReturnType<typeof ends>]>([
  ['passed', 0, [BEGUN, PASSED], { conclusion: 'success', missing: null }],
  ['failed', 1, [BEGUN, FAILED], { conclusion: 'failure', missing: null }],
  ['no such machine', 0, [ABSENT], { conclusion: 'neutral', missing: 'there is no such machine' }],
  [
    'an action that is not here',
    1,
    [BEGUN, CLONE, FAILED],
    { conclusion: 'neutral', missing: "actions/setup-node can't be fetched on this machine" },
  ],
  [
    'an action that is not here, beside stand-ins',
    1,
    [
      BEGUN,
      {
        level: 'error',
        msg: 'failed to fetch "https://github.com/dtolnay/install" version "cargo-outdated": GoGitActionCache failed to fetch',
      },
      FAILED,
    ],
    { conclusion: 'neutral', missing: "dtolnay/install can't be fetched on this machine" },
  ],
  [
    'a workflow of somebody else that is not here',
    1,
    [BEGUN, CLONE],
    { conclusion: 'neutral', missing: expect.stringMatching(/^actions/) as unknown as string },
  ],
  [
    'a container',
    1,
    [BEGUN, DOCKER, FAILED],
    { conclusion: 'neutral', missing: 'there are no containers on this machine' },
  ],
  [
    'one leg misses its action, the other fails by itself',
    1,
    [
      { ...BEGUN, leg: 'a' },
      { ...CLONE, leg: 'a' },
      { ...FAILED, leg: 'a' },
      { ...BEGUN, leg: 'b' },
      { ...WRONG, leg: 'b' },
      { ...FAILED, leg: 'b' },
    ],
    { conclusion: 'failure', missing: null },
  ],
  [
    'one leg misses its machine, the other passes',
    0,
    [
      { ...ABSENT, leg: 'a' },
      { ...BEGUN, leg: 'b' },
      { ...PASSED, leg: 'b' },
    ],
    { conclusion: 'success', missing: 'there is no such machine' },
  ],
  [
    'the job itself prints the words',
    1,
    [BEGUN, { ...CLONE, raw_output: true }, FAILED],
    { conclusion: 'failure', missing: null },
  ],
  [
    'the job itself says them without an error of act',
    1,
    [BEGUN, { ...CLONE, level: 'info' }, FAILED],
    { conclusion: 'failure', missing: null },
  ],
  [
    'a stand-in that could not have it',
    1,
    [BEGUN, MISSES, WRONG, FAILED],
    { conclusion: 'neutral', missing: "Node 4 can't be had on this machine" },
  ],
  [
    'a step that says what a stand-in would',
    1,
    [BEGUN, { ...MISSES, stepID: ['4'] }, WRONG, FAILED],
    { conclusion: 'failure', missing: null },
  ],
  [
    'a leg that passed is told that the job failed',
    1,
    [
      { ...BEGUN, leg: 'a' },
      { ...BEGUN, leg: 'b' },
      { ...MISSES, leg: 'a' },
      { ...WRONG, leg: 'a' },
      { ...FAILED, leg: 'a' },
      { ...FAILED, leg: 'b' },
    ],
    { conclusion: 'success', missing: "Node 4 can't be had on this machine" },
  ],
  [
    'it waits for one that is not here',
    1,
    [{ ...CLONE, of: 'other' }],
    { conclusion: 'skipped', missing: null },
  ],
  ['a workflow that act does not understand', 1, [], { conclusion: 'failure', missing: null }],
  ['its condition was false', 0, [{ ...BEGUN, of: 'other' }], { conclusion: 'skipped', missing: null }],
  ['it broke off', 1, [BEGUN], { conclusion: 'failure', missing: null }],
])('%s', (_, code, lines, end) => {
  expect(ends(code, ...lines)).toEqual(end);
});

test('legs that were left out are told beside what passed, and alone where nothing else was', () => {
  const [some, all] = [new JobEnds(), new JobEnds()];
  for (const end of [some, all]) end.absent('one', '1, macos-latest');
  for (const line of [BEGUN, PASSED]) some.hear('one', { ...line, jobID: 'one', job: 'w/one-1' });
  expect([some.of('one', 0), all.of('one', 0)]).toEqual([
    { conclusion: 'success', missing: 'there is no such machine' },
    { conclusion: 'neutral', missing: 'there is no such machine' },
  ]);
});

test.each<[string, (ActLine & { leg?: string; of?: string })[], ReturnType<typeof ends>['conclusion']]>([
  ['runs', [BEGUN], 'neutral'],
  [
    'has a leg that runs',
    [
      { ...BEGUN, leg: 'a' },
      { ...PASSED, leg: 'a' },
      { ...BEGUN, leg: 'b' },
    ],
    'neutral',
  ],
  [
    'has a leg that failed',
    [
      { ...BEGUN, leg: 'a' },
      { ...WRONG, leg: 'a' },
      { ...FAILED, leg: 'a' },
      { ...BEGUN, leg: 'b' },
    ],
    'failure',
  ],
  ['has passed', [BEGUN, PASSED], 'success'],
  ['had not begun', [{ ...BEGUN, of: 'other' }], 'neutral'],
])(
  'when the time is up, a job that %s is neither red nor green unless it had ended so',
  (_, lines, conclusion) => {
    const all = new JobEnds();
    for (const { leg, of = 'one', ...line } of lines) all.hear(of, { ...line, jobID: of, job: leg ?? of });
    all.late('it takes too long');
    expect(all.of('one', 1)).toEqual({
      conclusion,
      missing: conclusion === 'neutral' ? 'it takes too long' : null,
    });
  },
);

test.each([
  [
    'a workflow that act refuses',
    `{"level":"warning","msg":"no docker"}\nError: workflow is not valid. 'a.yml': Line: 2\nUnknown Property stepz\n`,
    { of: 'workflow', words: "workflow is not valid. 'a.yml': Line: 2\nUnknown Property stepz" },
  ],
  [
    'a sandbox that this machine refuses',
    'bwrap: setting up uid map: Permission denied\n',
    { of: 'machine', words: 'bwrap: setting up uid map: Permission denied' },
  ],
  [
    'a first process that ends in the middle',
    'node:internal/x:1\n  throw err;\n\nError [ERR_MODULE_NOT_FOUND]: Cannot find module\n',
    { of: 'machine', words: 'Error [ERR_MODULE_NOT_FOUND]: Cannot find module' },
  ],
  ['nothing at all', '', { of: 'machine', words: 'it ended without a word' }],
])('%s is told apart', (_, said, complaint) => expect(complaintIn(said)).toEqual(complaint));
