// The command line can do what the app can: every route has a verb, or a reason why a terminal has none.
import { describe, expect, test } from '@jest/globals';
import { NEEDS } from '@mainloop/models/contracts/scopes';
import type { RouteName } from '@mainloop/models/contracts/routes';
import { Command, CommanderError } from 'commander';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Away, Refused } from './client.ts';
import { completionsFor, SHELLS, wordsOf } from './completions.ts';
import { exitOf } from './exits.ts';
import { registerMemory } from './memory.ts';
import { registerWork } from './work.ts';

const HERE = import.meta.dirname;
const sources = globSync('**/*.ts', { cwd: HERE })
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => readFileSync(path.join(HERE, file), 'utf8'))
  .join('\n');

/** What a terminal has no part in. */
const OF_A_SCREEN: Readonly<Partial<Record<RouteName, string>>> = {
  getSignIn: 'a page asks it before it shows anything',
  takeWebhook: 'the forge sends it',
  getMetrics: 'what collects numbers asks for it',
  stream: 'asked by its path, for `chat`',
  readAttachment: 'a picture',
  keepAttachment: 'a picture',
  listDrafts: 'words that were begun in a field',
  keepDraft: 'words that were begun in a field',
  stopReply: 'a reply that is streamed; here it is waited for',
  catchUp: 'the greeting of a page',
  noteSeen: 'what was on a screen',
  noteTaskLooked: 'what was on a screen',
  noteLooked: 'what was on a screen',
  getPushKey: 'of a browser',
  listToldDevices: 'of a browser',
  tellDevice: 'of a browser',
  forgetDevice: 'of a browser',
  editSummary: 'a long text, which is changed in a field',
};

test('every route is asked by some verb, or says why not', () => {
  const missing = (Object.keys(NEEDS) as RouteName[]).filter(
    (name) => !sources.includes(`call('${name}'`) && !sources.includes(`lines('${name}'`),
  );
  expect(missing.toSorted()).toEqual(Object.keys(OF_A_SCREEN).toSorted());
});

test.each<[string, unknown, number]>([
  ['a refusal', new Refused('no'), 1],
  ['something broken', new TypeError('x'), 1],
  ['what is no error', 'x', 1],
  ['nobody answers', new Away('no'), 3],
  ['an option that nobody knows', new CommanderError(1, 'commander.unknownOption', 'x'), 2],
  ['its own help', new CommanderError(0, 'commander.helpDisplayed', 'x'), 0],
])('%s ends with its own number', (_, error, code) => expect(exitOf(error)).toBe(code));

describe('completions', () => {
  const program = new Command('mainloop');
  const none = {
    api: () => null as never,
    out: () => undefined,
    line: () => undefined,
    say: () => undefined,
    warn: () => undefined,
  };
  registerWork(program, none);
  registerMemory(program, none);

  test('know every verb, the verbs of verbs, options and choices', () => {
    const all = new Map(wordsOf(program).map(({ after, words }) => [after, words]));
    expect(all.get('mainloop')).toEqual(expect.arrayContaining(['approve', 'deny', 'queue', 'tokens']));
    expect(all.get('mainloop tokens')).toEqual(['create', 'revoke', 'restore']);
    expect(all.get('mainloop priority')).toEqual(['urgent', 'high', 'normal', 'low']);
    expect(all.get('mainloop allow')).toEqual(['--task', '--project']);
  });

  test('offer in a real bash what begins so', () => {
    const complete = (...typed: string[]): string[] =>
      execFileSync(
        'bash',
        [
          '--noprofile',
          '--norc',
          '-c',
          `${completionsFor('bash', program)}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mainloop; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          ...typed,
        ],
        { encoding: 'utf8' },
      )
        .split('\n')
        .filter(Boolean);
    expect(complete('mainloop', 'app')).toEqual(['approve']);
    expect(complete('mainloop', 'tokens', 'rev')).toEqual(['revoke']);
    expect(complete('mainloop', '--json', 'tokens', 'create', '--s')).toEqual(['--scope']);
    expect(complete('mainloop', 'priority', 't-1', 'u')).toEqual(['urgent']);
    expect(complete('mainloop', '$(touch /tmp/x)', 'que')).toEqual(['queue']);
    expect(complete('mainloop', 'nothing-like-it')).toEqual([]);
  });

  test.each(SHELLS)('of %s hold nothing that a shell would act on but our own lines', (shell) => {
    const hostile = new Command('mainloop');
    hostile.command('ok');
    hostile.command('$(rm)');
    const script = completionsFor(shell, hostile);
    expect(script).toContain('ok');
    expect(script).not.toContain('rm');
  });
});
