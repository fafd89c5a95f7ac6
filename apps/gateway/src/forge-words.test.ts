import { expect, test } from '@jest/globals';
import { forgeWords, isForgeAway } from './forge-words.ts';

test.each([
  [
    'a hook',
    "remote: GL-HOOK-ERR: no ticket        \nremote:         \nremote: see \u202ehttps://x        \nTo http://f/r.git\n ! [remote rejected] abc -> b (pre-receive hook declined)\nerror: failed to push some refs to 'http://f/r.git'",
    'GL-HOOK-ERR: no ticket\nsee [U+202E]https://x\npre-receive hook declined',
  ],
  [
    'a rule without a word',
    ' ! [remote rejected] abc -> b (protected branch hook declined (GH006))\n',
    'protected branch hook declined (GH006)',
  ],
  ['a branch that moved', ' ! [rejected]        abc -> b (stale info)\nerror: failed to push', 'stale info'],
  ['a network that is away', "fatal: unable to access 'http://f/': Could not resolve host: f", ''],
  ['a secret of ours', 'remote: Authorization: Basic abc', ''],
])('%s', (_, stderr, words) => expect(forgeWords(stderr)).toBe(words));

test('a flood is cut', () => expect(forgeWords('remote: x\n'.repeat(100_000)).length).toBe(4_000));

test.each([
  [
    "fatal: unable to access 'http://f/': Failed to connect to f port 80 after 0 ms: Couldn't connect to server",
    true,
  ],
  ["fatal: unable to access 'http://f/': Could not resolve host: f", true],
  ["fatal: unable to access 'http://f/': The requested URL returned error: 503", true],
  ["fatal: unable to access 'http://f/': The requested URL returned error: 429", true],
  [
    'error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nsend-pack: unexpected disconnect while reading sideband packet',
    true,
  ],
  ['fatal: the remote end hung up unexpectedly', true],
  ["fatal: unable to access 'http://f/': Recv failure: Connection reset by peer", true],
  ["fatal: unable to access 'http://f/': The requested URL returned error: 403", false],
  ["remote: Repository not found.\nfatal: repository 'http://f/' not found", false],
  ["remote: Invalid username or token.\nfatal: Authentication failed for 'http://f/'", false],
  [' ! [rejected]        abc -> b (stale info)\nerror: failed to push', false],
  ['remote: Connection refused by policy\n ! [remote rejected] abc -> b (pre-receive hook declined)', false],
  ['', false],
])('%j: away %s', (stderr, away) => expect(isForgeAway(stderr)).toBe(away));
