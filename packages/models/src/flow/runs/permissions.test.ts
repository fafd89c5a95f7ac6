import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeRequest, isPlainGitConfig, isTouchy, MAX_RULE, ruleOf, unaskedIf } from './permissions.ts';
import { plainWords } from '../machine/shell-words.ts';

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
  'mainloop show /tmp/after.png "The list, after"',
];

describe('what may run unasked is a list of shapes', () => {
  test.each([
    'gh pr view 12 --comments',
    'gh pr checks',
    'gh pr view --json title,url',
    'gh issue list --state closed --limit 5',
    'gh run view 99 --log-failed',
  ])('%s, of the gh of a sandbox', (command) => {
    expect(bash(command)).not.toBeNull();
  });

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
    'mainloop show a.png',
    'mainloop show --all a.png',
    'mainloop ask Q --file x',
    'gh',
    'gh pr comment --body x',
    'gh pr comment --body-file /etc/passwd',
    'gh pr view --jq x',
    'gh pr view -F x',
    'gh issue comment 3 -b x',
    'gh api repos/a/b',
    'gh run rerun 3',
    'gh pr view -- --web',
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
    expect(unaskedIf('Write', { file_path: '/work/repo/a', content: '' })).toEqual({
      reads: [],
      writes: ['/work/repo/a'],
      git: false,
    });
    expect(unaskedIf('Write', { file_path: '~/.bashrc', content: '' })).toBeNull();
    expect(
      unaskedIf('Edit', { file_path: 'a', old_string: '', new_string: '', replace_all: true })?.writes,
    ).toEqual(['a']);
    expect(unaskedIf('Edit', { file_path: 'a', mode: 0o755 })).toBeNull();
  });

  test('bash sees the words that we saw', () => {
    const letters = fc.constantFrom(...`ab -=~^@%+,:./'"0_ ${'$`\\!&|;<>(){}[]*?#\t\n\r'}é\u00a0`);
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 14 }), (text) => {
        const words = plainWords(`x ${text}`);
        if (words === null) return;
        const seen = execFileSync('/bin/bash', ['-c', `printf '%s\\0' x ${text}`], {
          encoding: 'utf8',
          env: { HOME: '/home/somebody' },
        });
        expect(seen.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 1_500 },
    );
  });

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
        fc.array(
          fc.tuple(fc.nat(60), fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 3 })), fc.nat(3)),
          { minLength: 1, maxLength: 3 },
        ),
        (command, edits) => {
          let s = command;
          for (const [at, text, drop] of edits)
            s = s.slice(0, at % (s.length + 1)) + text + s.slice((at % (s.length + 1)) + drop);
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
  });
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
    const described = describeRequest(tool, input, 'registries');
    if (described.kind !== 'ask') throw new Error(described.sentence);
    return described;
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
    [{ command: 'echo …' }, true],
    [{ command: 'touch one\nrm -rf /' }, false],
    [{ command: `echo ${'a'.repeat(200)}` }, false],
    [{ command: 'echo a   b' }, false],
    [{ command: 'echo \u200bb' }, false],
    [{ command: 'sleep 9', run_in_background: true }, false],
  ])('%j: its title says all: %s', (input, all) => {
    expect(ask('Bash', input).titleIsWhole).toBe(all);
  });
  test('no title of another tool says all', () => {
    expect(ask('Write', { file_path: 'a', content: 'b' }).titleIsWhole).toBe(false);
  });

  test('the rule is the request to the letter', () => {
    expect(ruleOf('Bash', { command: 'npm test', description: 'x', timeout: 5 })).toBe('Bash(npm test)');
    expect(ruleOf('Bash', { command: 'npm test', run_in_background: true })).toBe(
      'Bash(npm test) {"run_in_background":true}',
    );
    expect(ruleOf('Write', { file_path: '.git/config', content: 'a' })).not.toBe(
      ruleOf('Write', { file_path: '.git/config', content: 'b' }),
    );
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

describe('what a person reads before they decide', () => {
  const words = (
    tool: string,
    input: Record<string, unknown>,
    egress: Parameters<typeof describeRequest>[2] = 'none',
  ) => {
    const described = describeRequest(tool, input, egress);
    if (described.kind !== 'ask') throw new Error(described.sentence);
    return described;
  };
  const ALWAYS =
    '“Always” means exactly this, to the letter. Where it runs files of the working tree, it runs them as the agent has them by then.';
  const reach = (net: string): string =>
    `It runs in the sandbox of this task: the working tree, this task's branch and ${net} are in reach, nothing of your machine.`;

  test.each<[string, string, Record<string, unknown>, string, string]>([
    ['a command', 'Bash', { command: 'make' }, 'Run: make', '```sh\nmake\n```'],
    [
      'with a reason',
      'Bash',
      { command: 'make', description: 'Builds' },
      'Run: make',
      'Claude says: Builds\n\n```sh\nmake\n```',
    ],
    ['with an empty reason', 'Bash', { command: 'make', description: '' }, 'Run: make', '```sh\nmake\n```'],
    [
      'with a reason that is none',
      'Bash',
      { command: 'make', description: 7, timeout: 5 },
      'Run: make',
      '```sh\nmake\n```\n\n```json\n{\n  "timeout": 5\n}\n```',
    ],
    [
      'without its command',
      'Bash',
      { command: ['x'] },
      'Bash …',
      '```json\n{\n  "command": [\n    "x"\n  ]\n}\n```',
    ],
    ['a file', 'Write', { file_path: 'a' }, 'Write: a …', '```json\n{\n  "file_path": "a"\n}\n```'],
    [
      'another tool with a command',
      'Other',
      { command: 'make' },
      'Other …',
      '```json\n{\n  "command": "make"\n}\n```',
    ],
    ['a path', 'Look', { path: 'p' }, 'Look: p …', '```json\n{\n  "path": "p"\n}\n```'],
    ['an address', 'Fetch', { url: 'u' }, 'Fetch: u …', '```json\n{\n  "url": "u"\n}\n```'],
    [
      'a file before a path and an address',
      'T',
      { url: 'u', path: 'p', file_path: 'f' },
      'T: f …',
      '```json\n{\n  "url": "u",\n  "path": "p",\n  "file_path": "f"\n}\n```',
    ],
    ['nothing', 'Stop', {}, 'Stop …', ''],
  ])('%s', (_, tool, input, title, shown) => {
    expect(words(tool, input)).toEqual({
      kind: 'ask',
      title,
      titleIsWhole: !title.endsWith('…'),
      body: `${shown}\n\n${reach('no network')}\n\n${ALWAYS}`,
      always: true,
    });
  });

  test.each<[Parameters<typeof describeRequest>[2], string]>([
    ['none', 'no network'],
    ['registries', 'package registries'],
    [['a.example', 'b.example'], '2 allowed hosts'],
    [[], '0 allowed hosts'],
  ])('how far %j reaches', (egress, net) => {
    expect(words('Bash', { command: 'make' }, egress).body).toContain(`\n\n${reach(net)}\n\n`);
  });

  test('what deserves a second look is said, all of it, and of commands only', () => {
    expect(words('Bash', { command: 'rm -rf a; git reset --hard' }).body).toContain(
      ' Look twice: it deletes files, also uncommitted ones; it throws uncommitted work away',
    );
    expect(words('Write', { file_path: 'a', content: 'rm -rf a' }).body).not.toContain('Look twice');
    expect(words('Bash', { command: 'make' }).body).not.toContain('Look twice');
  });

  test('a long one can not be allowed for good, and a very long one not at all', () => {
    const rule = (n: number): string => 'x'.repeat(n - 'Bash()'.length);
    expect(words('Bash', { command: rule(MAX_RULE) })).toMatchObject({ always: true });
    const long = words('Bash', { command: rule(MAX_RULE + 1) });
    expect(long.always).toBe(false);
    expect(long.body).toMatch(/\n\nIt is too long to be allowed for good\.$/);
    const around = '```sh\n\n```'.length;
    expect(describeRequest('Bash', { command: 'x'.repeat(20_000 - around) }, 'none').kind).toBe('ask');
    expect(describeRequest('Bash', { command: 'x'.repeat(20_001 - around) }, 'none')).toEqual({
      kind: 'too_long',
      sentence:
        'This is too long to be shown to the reader whole, so it is not allowed. Say it in less than 20,000 characters.',
    });
  });

  test('a title that is cut ends in one mark', () => {
    expect(words('Write', { file_path: 'x'.repeat(91) }).title).toBe(`Write: ${'x'.repeat(89)}…`);
    expect(words('Bash', { command: '… x' }).title).toBe('Run: … x');
  });
});

test('a rule is the request to the letter, whatever the order of its words', () => {
  expect(ruleOf('Bash', { command: 'make', description: 'x', timeout: 5 })).toBe('Bash(make)');
  expect(ruleOf('Bash', { command: 'make', z: 1, a: { d: [{ f: 1, e: null }], c: 2 } })).toBe(
    'Bash(make) {"a":{"c":2,"d":[{"e":null,"f":1}]},"z":1}',
  );
  expect(ruleOf('Bash', { command: 7 })).toBe('Bash {"command":7}');
  expect(ruleOf('Other', { command: 'make' })).toBe('Other {"command":"make"}');
});

describe('shapes, to the letter', () => {
  const config = (entry: string): boolean => isPlainGitConfig(`${entry}\0`, 'https://x/r.git');
  test.each([
    'remote.origin.fetch\n+refs/heads/*:refs/remotes/origin/*',
    'remote.origin.fetch\nrefs/heads/main:refs/remotes/origin/main',
    'branch.a.b.remote\norigin',
    'branch.main.merge\nrefs/heads/main',
    'core.bare',
  ])('a clone may say %j', (entry) => {
    expect(config(entry)).toBe(true);
  });
  test.each([
    'remote.origin.fetch\nx+refs/heads/*:refs/remotes/origin/*',
    'remote.origin.fetch\n+refs/heads/*:refs/remotes/origin/* x',
    'remote.origin.fetch\n+refs/heads/!:refs/remotes/origin/a',
    'remote.origin.fetch\n+refs/heads/a:refs/remotes/origin/!',
    'remote.origin.fetch',
    'remote.origin.url',
    'branch.main.remote\n/elsewhere',
    'x.branch.main.remote\norigin',
    'branch.main.remotes\norigin',
    'branch.main.remote',
  ])('and may not say %j', (entry) => {
    expect(config(entry)).toBe(false);
  });
  test.each([
    ['Write', { file_path: ['a'], content: 'x' }],
    ['Write', { file_path: '', content: 'x' }],
    ['Bash', { command: 'pwd --' }],
    ['Bash', { command: 'mainloop say -- x' }],
    ['Bash', { command: "cat ''" }],
  ])('%s %j is asked about', (tool, input) => {
    expect(unaskedIf(tool, input)).toBeNull();
  });
  test('what is to be looked at is named', () => {
    expect(unaskedIf('Bash', { command: 'cat -- -n a' })).toEqual(null);
    expect(unaskedIf('Bash', { command: 'cat -- a b' })).toEqual({
      reads: ['a', 'b'],
      writes: [],
      git: false,
    });
    expect(unaskedIf('Bash', { command: 'git log main -- a' })).toEqual({
      reads: ['a'],
      writes: [],
      git: true,
    });
    expect(unaskedIf('Bash', { command: 'mainloop say x' })).toEqual({ reads: [], writes: [], git: false });
  });
});
