import { expect, test } from '@jest/globals';
import { forgeWords } from './forge-words.ts';

test.each([
  [
    'a hook',
    "remote: GL-HOOK-ERR: no ticket        \nremote:         \nremote: see \u202ehttps://x        \nTo http://f/r.git\n ! [remote rejected] abc -> b (pre-receive hook declined)\nerror: failed to push some refs to 'http://f/r.git'",
    'GL-HOOK-ERR: no ticket\nsee [U+202E]https://x\npre-receive hook declined',
  ],
  ['a rule without a word', ' ! [remote rejected] abc -> b (protected branch hook declined (GH006))\n', 'protected branch hook declined (GH006)'],
  ['a branch that moved', ' ! [rejected]        abc -> b (stale info)\nerror: failed to push', 'stale info'],
  ['a network that is away', "fatal: unable to access 'http://f/': Could not resolve host: f", ''],
  ['a secret of ours', 'remote: Authorization: Basic abc', ''],
])('%s', (_, stderr, words) => expect(forgeWords(stderr)).toBe(words));

test('a flood is cut', () => expect(forgeWords('remote: x\n'.repeat(100_000)).length).toBe(4_000));
