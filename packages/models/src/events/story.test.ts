import { expect, test } from '@jest/globals';
import { storyOf } from './story.ts';

test('story: an event of a newer server is left out', () => {
  const at = new Date().toISOString();
  const base = { ownerId: 'o', taskId: 't', actor: 'x', at };
  const steps = storyOf([
    { ...base, seq: 1, type: 'pr.ready', payload: { number: 7 } },
    { ...base, seq: 2, type: 'something.new', payload: {} } as never,
  ]);
  expect(steps.map((s) => s.text)).toEqual(['Pull request #7 is ready for review.']);
});

test('a push that met a guardrail is told with what it met', () => {
  const hit = (verdict: string) =>
    ({
      type: 'guardrail.hit',
      payload: {
        runId: 'r',
        verdict,
        hits: [],
        sentence: 'it changes what may not change: infra/a (infra/*)',
      },
      seq: 1,
      ownerId: 'me',
      taskId: 't',
      actor: 'gateway',
      at: '',
    }) as never;
  expect(storyOf([hit('never'), hit('ask')]).map((step) => [step.text, step.tone])).toEqual([
    ['A guardrail refused a push: it changes what may not change: infra/a (infra/*).', 'bad'],
    ['A guardrail holds a push until you agree: it changes what may not change: infra/a (infra/*).', 'bad'],
  ]);
});

test('the story tells a pause and a cancellation as what they are, and names what a gate let through', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'x', at: '' }) as never;
  const told = storyOf([
    e('inbox.opened', {
      id: 'i',
      kind: 'failure',
      title: 'Paused by you. Resume continues from here.',
      body: '',
      errorCode: 'paused',
      options: [],
    }),
    e('inbox.opened', {
      id: 'i',
      kind: 'failure',
      title: 'CI is still red after 3 repairs.',
      body: '',
      options: [],
    }),
    e('inbox.answered', {
      id: 'i',
      decision: 'allow',
      text: 'a.test.ts: deleted\nb.test.ts: deleted',
      via: 'app',
      by: 'you',
    }),
    e('task.ended', { state: 'cancelled', how: 'cancelled', left: '' }),
    e('task.ended', {
      state: 'cancelled',
      how: 'cancelled',
      left: 'Its sandbox could not be removed yet: busy.',
    }),
    e('task.ended', { state: 'cancelled', how: 'closed', left: '' }),
  ]);
  expect(told.map((s) => [s.text, s.tone])).toEqual([
    ['You paused it.', 'you'],
    ['CI is still red after 3 repairs.', 'bad'],
    ['You allowed: a.test.ts: deleted; b.test.ts: deleted', 'you'],
    ['You cancelled it.', 'you'],
    ['You cancelled it. Its sandbox could not be removed yet: busy.', 'bad'],
    ['The pull request was closed without a merge.', 'plain'],
  ]);
});

test('the story tells of a collision what is new of it, and when it is over while both are at work', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'mainloop', at: '' }) as never;
  const files = ['a', 'b', 'c', 'd'].map((path) => ({ path, how: 'changed', lines: [], theirs: [] }));
  const found = { otherId: 'o', sha: '1', otherSha: '2', more: 0, isNews: true };
  const told = storyOf([
    e('collision.found', { ...found, files: files.slice(0, 1) }),
    e('collision.found', { ...found, files, more: 2 }),
    e('collision.found', { ...found, files, isNews: false }),
    e('collision.cleared', { otherId: 'o', why: 'apart' }),
    e('collision.cleared', { otherId: 'o', why: 'ended' }),
  ]);
  expect(told.map((s) => [s.text, s.tone, s.href])).toEqual([
    ['It will conflict with another task, in a.', 'plain', '/task/o'],
    ['It will conflict with another task, in a, b, c and 3 more.', 'plain', '/task/o'],
    ['It no longer conflicts with the other task.', 'plain', '/task/o'],
  ]);
});

test('the story tells which comment was not taken as a request and why, and offers to take it until somebody has', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'x', at: '' }) as never;
  const passed = (id: string, why: string, text: string) =>
    e('review.passed_over', { id, author: 'mona', why, text, words: 'w' });
  const told = storyOf([
    passed('t-talk1', 'thanks', 'Thanks!'),
    passed('t-review2', 'approval', ''),
    passed('t-talk3', 'later', "I'll look tomorrow"),
    e('review.taken', { id: 't-talk3', words: 'w' }),
  ]);
  expect(told.map((s) => [s.text, s.take])).toEqual([
    ['mona: “Thanks!” Not taken as a request: thanks.', 't-talk1'],
    ['mona, without words. Not taken as a request: an approval.', 't-review2'],
    ["mona: “I'll look tomorrow”. Not taken as a request: somebody says what they will do.", undefined],
    ['You took it as a request.', undefined],
  ]);
});

test('what a program did with a token is said of the token, and what you did of you', () => {
  const told = (actor: string): readonly string[] => {
    const e = (type: string, payload: object, by = actor) =>
      ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: by, at: '' }) as never;
    return storyOf([
      e('task.confirmed', {}),
      e('task.priority_changed', { priority: 'urgent' }),
      e('task.steered', { text: 'You may use left-pad.' }),
      e('task.paused', { runId: 'r-1' }),
      e('inbox.answered', { id: 'i', decision: 'approve', text: '', via: 'cli', by: actor }),
      e('inbox.answered', { id: 'i', decision: 'retry', text: '', via: 'cli', by: actor }),
      e('task.state', { state: 'blocked', phase: 'ci', status: { is: 'cancelling' } }),
      e('task.ended', { state: 'cancelled', how: 'cancelled', left: '' }, 'mainloop'),
      e('task.ended', { state: 'done', how: null, left: '' }, 'mainloop'),
    ]).map(({ text }) => text);
  };
  expect(told('token:my editor')).toEqual([
    'The token “my editor” started it.',
    'The token “my editor” made it urgent in priority.',
    'The token “my editor”: “You may use left-pad.”',
    'The token “my editor” paused it.',
    'The token “my editor”: The plan was approved.',
    'The token “my editor” told it to go on.',
    'The token “my editor” cancelled it.',
    'Done. Nothing is left behind.',
  ]);
  // Somebody on the forge may be called so.
  for (const who of ['you', 'token'])
    expect(told(who).slice(0, 5)).toEqual([
      'You started it.',
      'You made it urgent in priority.',
      'You may use left-pad.',
      'You paused it.',
      'The plan was approved.',
    ]);
});

test('a pause is told once, by whoever did it; one from before that was logged by its item', () => {
  const item = (seq: number, errorCode: string) =>
    ({ seq, type: 'inbox.opened', payload: { id: `i-${seq}`, kind: 'failure', title: 'Paused by you.', body: '', options: [], errorCode } }) as never; // prettier-ignore
  const by = (seq: number, actor: string) =>
    ({ seq, type: 'task.paused', actor, at: '', payload: { runId: 'r-1' } }) as never;
  expect(storyOf([item(1, 'paused'), by(2, 'token:CI'), item(3, 'paused')]).map(({ text }) => text)).toEqual([
    'You paused it.',
    'The token “CI” paused it.',
  ]);
});
