// What is told of a project of the corpus: only what its task's events and output say, and a success only
// when every part was one.
import { expect, test } from '@jest/globals';
import { CHANGED, outcomeOf, storyOf, tableOf, TESTS_ENDED, type Walked } from './outcome.ts';
import { CORPUS, type CorpusProject } from './projects.ts';

const PROJECT: CorpusProject = {
  name: 'a',
  what: 'npm a 1.0.0',
  url: 'https://example.org/a-1.0.0.tgz',
  sha256: '0'.repeat(64),
  strip: 1,
  tests: 'npm test',
};
const setup = (exitCode: number | null) => ({
  type: 'evidence.recorded',
  payload: { what: 'setup', command: 'npm ci', exitCode, ms: 1_234 },
});
const verdict = (value: string) => ({ type: 'ci.verdict', payload: { verdict: value } });
const GOOD: Walked = {
  events: [setup(0), verdict('red'), verdict('green')],
  output: `… ${TESTS_ENDED} 0\\n … ${CHANGED} 1\\n`,
  end: { state: 'done' },
  pulled: true,
  next: [
    {
      ...setup(0),
      payload: { ...setup(0).payload, ms: 210, tail: 'Kept from before: the same lock files.' },
    },
  ],
  ms: 12_400,
};

test('a project that went its whole way', () => {
  expect(outcomeOf(PROJECT, GOOD)).toEqual({
    what: 'npm a 1.0.0',
    setup: '`npm ci` in 1.2 s',
    tests: 'passed',
    change: '1',
    ci: 'green',
    end: 'done',
    next: 'kept, 0.2 s',
    seconds: 12,
    ok: true,
  });
});

test.each<[string, Partial<Walked>, Partial<ReturnType<typeof outcomeOf>>]>([
  ['a set-up that failed', { events: [setup(1)] }, { setup: '`npm ci` exit 1', ci: 'none' }],
  ['a set-up that ran out of time', { events: [setup(null)] }, { setup: '`npm ci` exit null' }],
  ['tests that failed', { output: `${TESTS_ENDED} 2 ${CHANGED} 1` }, { tests: 'exit 2' }],
  ['tests that never ended', { output: '' }, { tests: 'never ended', change: '?' }],
  ['more in the change than was meant', { output: `${TESTS_ENDED} 0 ${CHANGED} 312` }, { change: '312' }],
  [
    'a task that stands',
    { end: { trouble: 'failure: It broke.\nand so on' }, pulled: null },
    { end: 'failure: It broke.' },
  ],
  ['a change that did not come back', { pulled: false }, { end: 'done, not pulled back' }],
])('%s is no success', (_, part, told) => {
  expect(outcomeOf(PROJECT, { ...GOOD, ...part })).toMatchObject({ ...told, ok: false });
});

test('a project without anything to set up, and without CI, can go its whole way', () => {
  expect(outcomeOf(PROJECT, { ...GOOD, events: [] })).toMatchObject({ setup: 'none', ci: 'none', ok: true });
});

test('a set-up that the next task made again is told so', () => {
  expect(outcomeOf(PROJECT, { ...GOOD, next: [setup(0)] })).toMatchObject({ next: 'made again, 1.2 s' });
  expect(outcomeOf(PROJECT, { ...GOOD, next: null })).toMatchObject({ next: 'none' });
});

test('of a CI that said nothing is told why', () => {
  const events = [setup(0), { type: 'ci.verdict', payload: { verdict: 'none', outcome: 'not_run_here' } }];
  expect(outcomeOf(PROJECT, { ...GOOD, events })).toMatchObject({ ci: 'not run here', ok: true });
});

test('nothing that a project says breaks the table', () => {
  const table = tableOf([
    outcomeOf(PROJECT, {
      ...GOOD,
      events: [{ ...setup(0), payload: { ...setup(0).payload, command: 'a | b\nc' } }],
    }),
  ]);
  expect(table.split('\n')).toHaveLength(3);
  expect(table.split('\n')[2]).toContain('a \\| b c');
});

test('every project of the corpus has its own name, its own hash, and a part in the story', () => {
  expect(new Set(CORPUS.map((p) => p.name)).size).toBe(CORPUS.length);
  for (const project of CORPUS)
    expect([project.what, project.sha256, project.url.startsWith('https://')]).toEqual([
      project.what,
      expect.stringMatching(/^[0-9a-f]{64}$/),
      true,
    ]);
  const story = storyOf(CORPUS) as { agent: { when: string }[] };
  for (const project of CORPUS) {
    const fits = story.agent.filter((r) =>
      new RegExp(r.when, 'is').test(`# Phase: implement\n# Task: Corpus ${project.name}\n`),
    );
    expect([project.name, fits.length]).toEqual([project.name, 2]);
  }
});
