import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeRequest, isPlainGitConfig, isTouchy, MAX_RULE, ruleOf, titleSaysAll, unaskedIf } from './permissions.ts';
import { plainWords } from './shell-words.ts';

const bash = (command: string, more: object = {}) => unaskedIf('Bash', { command, ...more });

const LET_THROUGH: readonly string[] = [
  'pwd',
  'ls',
  'ls -la src',
  'cat README.md "a b.txt"',
  'head -n 20 src/a.ts',
  'tail -5 log.txt',
  'wc -l src/a.ts',
  'git status',
  'git status --short',
  'git diff',
  'git diff --stat main..HEAD -- src/a.ts',
  'git log --oneline -n 5',
  'git log -3 HEAD~2',
  'git show --stat HEAD',
  'git branch --show-current',
  'git add -A',
  'git add src/a.ts src/b.ts',
  'git commit -q -m "Round once"',
  "git commit -m 'Title\n\nWhy: $HOME `x`'",
  'git push',
  'git push -q -u origin HEAD',
  'mainloop say "it is done (really)"',
  'mainloop ask "Which?" --option "A; rm" --option B --multiple',
  "mainloop reply t-1-c2 'fixed in abc'",
];

describe('what may run unasked is a list of shapes', () => {
  test.each(LET_THROUGH)('%s', (command) => {
    expect(bash(command)).not.toBeNull();
  });

  test.each([
    // The named attack, and its kind: an option that writes, runs or reads elsewhere.
    'git log --output=.git/config',
    'git log --output .git/config',
    'git diff --output=x',
    'git diff --ext-diff',
    'git diff --outp=x',
    'git diff --no-index /etc/passwd /dev/null',
    'git diff /etc/passwd /dev/null',
    'git diff ../../etc/passwd x',
    'git diff a//b',
    'git show HEAD:a',
    'git status --ignore-submodules',
    'git -c core.fsmonitor=./x status',
    'git -C sub status',
    'git --git-dir=x status',
    'git --exec-path=. status',
    'git log -n 5 --textconv',
    'git log -nfive',
    'git log -p --ext-diff',
    'git config core.pager ./x',
    'git commit -F /etc/passwd',
    'git commit',
    'git commit -m',
    'git commit --amend',
    'git commit -m --template=x',
    'git commit -m x --gpg-sign=x',
    'git push --receive-pack=./x',
    'git push --exec=./x origin',
    'git push ext::sh',
    'git push other HEAD',
    'git push origin +HEAD',
    'git push origin HEAD:main',
    'git push -f',
    'git branch',
    'git branch -D main',
    'git add --chmod=+x a',
    'git add ":(attr:x)a"',
    'git add "*"',
    'git add --pathspec-from-file=x',
    'git add -p',
    'git fetch',
    'git checkout main',
    'ls --color=always',
    'ls -I x',
    'ls *',
    'ls ~',
    'ls ~root',
    'cat -',
    'cat a ~/x',
    'cat',
    'tail -f a',
    'head -n -5x a',
    'wc --files0-from=a',
    'mainloop',
    'mainloop run x',
    'mainloop say',
    'mainloop say a b',
    'mainloop ask Q --file x',
    'constructor',
    'git constructor',
    'mainloop __proto__',
    'npm test',
    'env ls',
    'sudo ls',
    'time ls',
    'exec ls',
    './ls',
    '/bin/ls',
    // A shell would do something besides.
    'git status; id',
    'git status;id',
    'git status && id',
    'git status || id',
    'git status | id',
    'git status & id',
    'git status &',
    'git status\nid',
    'git status\r\nid',
    'git status > x',
    'git status >x',
    'git status 2>&1',
    'cat < x',
    'cat <(id)',
    'cat $(id)',
    'cat `id`',
    'cat "$(id)"',
    'cat "`id`"',
    'cat "$HOME"',
    'cat $HOME',
    "cat $'a'",
    'cat "a\\"b"',
    'cat a\\ b',
    'cat a{b,c}',
    'cat [ab]',
    'cat a?',
    'cat "a',
    "cat 'a",
    'cat a # b',
    'A=b ls',
    'PATH=. ls',
    'ls() { id; }',
    '{ ls; }',
    '( ls )',
    '! ls',
    'coproc ls',
    'ls\tsrc',
    'ls\u00a0src',
    'ls \u0000src',
    'ls "\u001b[2J"',
    'ls a=~/b',
    'ls a:~/b',
    '',
    ' ',
    "''",
    'git commit -m "hello!"',
    'git commit -m a\u2028b',
    'mainloop say \ud800',
  ])('asked: %j', (command) => {
    expect(bash(command)).toBeNull();
  });

  test('a call that says more than its command is asked about', () => {
    expect(bash('ls', { description: 'look', timeout: 1000 })).not.toBeNull();
    expect(bash('ls', { run_in_background: true })).toBeNull();
    expect(bash('ls', { dangerouslyDisableSandbox: true })).toBeNull();
    expect(unaskedIf('Bash', {})).toBeNull();
    expect(unaskedIf('Bash', { command: ['ls'] })).toBeNull();
    for (const tool of ['WebFetch', 'Task', 'NotebookEdit', 'bash', 'mcp__x__y', 'constructor'])
      expect(unaskedIf(tool, { command: 'ls' })).toBeNull();
  });

  test('files are named for a look at where they lie', () => {
    expect(bash('cat src/a.ts')).toEqual({ reads: ['src/a.ts'], writes: [], git: false });
    expect(bash('git diff -- a b')).toEqual({ reads: ['a', 'b'], writes: [], git: true });
    expect(unaskedIf('Write', { file_path: '/work/repo/a', content: '' })).toEqual({ reads: [], writes: ['/work/repo/a'], git: false });
    expect(unaskedIf('Write', { file_path: '~/.bashrc', content: '' })).toBeNull();
    expect(unaskedIf('Edit', { file_path: 'a', old_string: '', new_string: '', replace_all: true })?.writes).toEqual(['a']);
    expect(unaskedIf('Edit', { file_path: 'a', mode: 0o755 })).toBeNull();
  });

  test('bash sees the words that we saw', () => {
    const letters = fc.constantFrom(...`ab -=~^@%+,:./'"0_ ${'$`\\!&|;<>(){}[]*?#\t\n\r'}é\u00a0`);
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 14 }), (s) => {
        const words = plainWords(`x ${s}`);
        if (words === null) return;
        const seen = execFileSync('/bin/bash', ['-c', `printf '%s\\0' x ${s}`], { encoding: 'utf8', env: { HOME: '/home/somebody' } });
        expect(seen.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);

  test('a changed command is let through only as the same program with words of the same shape', () => {
    const parts = [
      '; id',
      ' && id',
      '\nid',
      '$(id)',
      '`id`',
      ' --output=.git/config',
      ' --ext-diff',
      ' -c a=b',
      ' > x',
      ' | sh',
      '"',
      "'",
      '\\',
      ' ',
      '-',
      '--',
      '*',
      '~',
      '{a,b}',
      '=',
      ' -F x',
      '\u0000',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...LET_THROUGH),
        fc.array(fc.tuple(fc.nat(60), fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 3 })), fc.nat(3)), { minLength: 1, maxLength: 3 }),
        (command, edits) => {
          let s = command;
          for (const [at, text, drop] of edits) s = s.slice(0, at % (s.length + 1)) + text + s.slice((at % (s.length + 1)) + drop);
          if (bash(s) === null) return;
          const words = plainWords(s)!;
          expect(s.replace(/'[^']*'|"[^"$`\\!]*"/g, '')).toMatch(/^[A-Za-z0-9_./:@%+,=^~ -]*$/);
          expect(['pwd', 'ls', 'cat', 'head', 'tail', 'wc', 'git', 'mainloop']).toContain(words[0]);
          // Nothing that begins with a dash is anything but one of the few switches.
          for (const w of words.slice(1).filter((x) => x.startsWith('-')))
            expect(w).toMatch(
              /^(--|-[1aAlhrtRFnsbuqmwc]+|-am|-\d+|--(short|branch|porcelain|stat|name-only|name-status|cached|staged|oneline|show-current|all|update|quiet|message|set-upstream|multiple|option))$/,
            );
        },
      ),
      { numRuns: 20_000 },
    );
  }, 60_000);
});

test.each<[string, boolean]>([
  ['src/a.ts', false],
  ['.github/workflows/ci.yml', false],
  ['git/config', false],
  ['.git/config', true],
  ['sub/.GIT/hooks/x', true],
  ['.git. /config', true],
  ['.claude/settings.json', true],
  ['a/node_modules/.bin/tsc', true],
  ['.envrc', true],
  ['a/.bashrc', true],
  ['.gitattributes', true],
  ['.venv/bin/python', true],
])('%s decides what later commands run: %s', (path, touchy) => {
  expect(isTouchy(path)).toBe(touchy);
});

describe("the clone's configuration", () => {
  const origin = 'http://127.0.0.1:8700/git/repo.git';
  const plain = `core.repositoryformatversion\n0\0core.filemode\ntrue\0remote.origin.url\n${origin}\0remote.origin.fetch\n+refs/heads/*:refs/remotes/origin/*\0branch.mainloop/x.remote\norigin\0branch.mainloop/x.merge\nrefs/heads/mainloop/x\0`;
  test('as we made it', () => {
    expect(isPlainGitConfig(plain, origin)).toBe(true);
  });
  test.each([
    'core.fsmonitor\n./x',
    'core.pager\n./x',
    'core.hookspath\n.husky',
    'core.sshcommand\n./x',
    'core.worktree\n/',
    'core.attributesfile\nx',
    'diff.external\n./x',
    'diff.x.textconv\n./x',
    'filter.x.clean\n./x',
    'alias.status\n!./x',
    'include.path\nx',
    'includeif.gitdir:/.path\nx',
    'remote.origin.url\next::sh -c id',
    'remote.origin.pushurl\nx',
    'remote.origin.receivepack\n./x',
    'remote.other.url\nx',
    'url.ext::x.insteadof\nhttp',
    'branch.x.remote\next::sh',
    'gpg.program\n./x',
    'credential.helper\n!./x',
    'extensions.worktreeconfig\ntrue',
    'constructor\nx',
  ])('not with %j', (entry) => {
    expect(isPlainGitConfig(`${plain}${entry}\0`, origin)).toBe(false);
  });
});

describe('a request in words', () => {
  const ask = (tool: string, input: Record<string, unknown>) => {
    const d = describeRequest(tool, input, 'registries');
    if (d.kind !== 'ask') throw new Error(d.sentence);
    return d;
  };
  test('is shown whole, with what hides in it', () => {
    expect(ask('Bash', { command: 'touch one' }).title).toBe('Run: touch one');
    const sly = ask('Bash', { command: 'ls \u202e x\u0007; rm -rf a\nrm b' });
    expect(sly.body).toContain('ls \\u{202e} x\\u{7}; rm -rf a\nrm b');
    expect(sly.body).toContain('it deletes files');
    expect(ask('Write', { file_path: '.git/config', content: '[core]\n' }).body).toContain('[core]\\n');
    expect(ask('Bash', { command: 'ls', run_in_background: true }).body).toContain('run_in_background');
    expect(describeRequest('Bash', { command: `echo ${'x'.repeat(30_000)}` }, 'none').kind).toBe('too_long');
  });
  test.each<[Record<string, unknown>, boolean]>([
    [{ command: 'touch one' }, true],
    [{ command: 'touch one\nrm -rf /' }, false],
    [{ command: `echo ${'a'.repeat(200)}` }, false],
    [{ command: 'echo a   b' }, false],
    [{ command: 'echo \u200bb' }, false],
    [{ command: 'sleep 9', run_in_background: true }, false],
  ])('%j: its title says all: %s', (input, all) => {
    expect(titleSaysAll(ask('Bash', input).title)).toBe(all);
  });
  test('no title of another tool says all', () => {
    expect(titleSaysAll(ask('Write', { file_path: 'a', content: 'b' }).title)).toBe(false);
  });

  test('the rule is the request to the letter', () => {
    expect(ruleOf('Bash', { command: 'npm test', description: 'x', timeout: 5 })).toBe('Bash(npm test)');
    expect(ruleOf('Bash', { command: 'npm test', run_in_background: true })).toBe('Bash(npm test) {"run_in_background":true}');
    expect(ruleOf('Write', { file_path: '.git/config', content: 'a' })).not.toBe(ruleOf('Write', { file_path: '.git/config', content: 'b' }));
    expect(ruleOf('X', { a: 1, b: 2 })).toBe(ruleOf('X', { b: 2, a: 1 }));
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        if (a !== b) expect(ruleOf('Bash', { command: a })).not.toBe(ruleOf('Bash', { command: b }));
      }),
    );
    expect(ask('Bash', { command: 'x'.repeat(MAX_RULE) }).always).toBe(false);
    expect(ask('Bash', { command: 'x'.repeat(MAX_RULE - 10) }).always).toBe(true);
  });
});
