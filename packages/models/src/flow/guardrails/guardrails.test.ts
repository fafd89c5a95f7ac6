import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judge, judgementSentence, repairWords, type Change, type From } from './judge.ts';
import { EVERY_GUARDRAIL, foldPath, globRefused, NO_GUARDRAILS, readGlob, type Guardrails } from './rules.ts';
import { findSecrets, shownSecret } from './secrets.ts';
import { askedTitle, askedWords } from './words.ts';

const FILE = '100644';
const NOTHING: Change = { files: 1, lines: 1, paths: [], secrets: [] };
const touching = (...paths: string[]): Change => ({
  ...NOTHING,
  files: paths.length,
  paths: paths.map((path) => ({ path, mode: FILE })),
});
const rules = (project: Partial<Guardrails>, all: Partial<Guardrails> = {}): Record<From, Guardrails> => ({
  project: { ...NO_GUARDRAILS, ...project },
  all: { ...NO_GUARDRAILS, ...all },
});

describe('a glob', () => {
  test.each<[string, string, boolean, string?]>([
    ['infra/*', 'infra/main.tf', true],
    ['infra/*', 'infra/a/b/c.tf', true],
    ['infra/**', 'infra/a/b/c.tf', true],
    ['infra', 'infra/a/b/c.tf', true],
    ['infra/', 'infra/a.tf', true],
    ['infra', 'infrared.ts', false],
    ['infra/*', 'src/infra/a.tf', false],
    ['*/infra/*', 'src/infra/a.tf', true],
    ['*.lock', 'a/b/Cargo.lock', true],
    ['*.lock', 'a/b/Cargo.lock.md', false],
    ['src/?.ts', 'src/a.ts', true],
    ['src/?.ts', 'src/ab.ts', false],
    ['src/routes/?id?/+page.ts', 'src/routes/[id]/+page.ts', true],
    // One file system takes these for the same file.
    ['infra/*', 'INFRA/Main.tf', true],
    ['Infra/*', 'infra/main.tf', true],
    ['infra/main.tf', 'infra/main.tf. .', true],
    ['infra/*', 'infra. /a', true],
    ['infra/*', 'in\u200dfra/a', true],
    ['café/*', 'cafe\u0301/a', true],
    ['infra/*', '\uff49nfra/a', true],
    ['café/*', 'cafe\u200d\u0301/a', true],
    ['ΟΔΟΣ*', 'οδοσ/a', true],
    ['ΑΣ*', 'ΑΣΑ/a', true],
    ['J\u030c/*', '\u01f0/a', true],
    // What stands in the place of the folder, or leads out of it, can change all in it.
    ['infra/*', 'infra', false],
    ['infra/*', 'infra', true, '120000'],
    ['infra/*', 'infra', true, '160000'],
    ['infra/prod/*.tf', 'infra', true, '120000'],
    ['infra/prod/*.tf', 'other', false, '120000'],
    ['*/secret.txt', 'any', true, '160000'],
    ['in?ra/p*/a', 'infra/prod', true, '120000'],
    ['in?ra/p*/a', 'infra/q', false, '120000'],
    ['in?ra/p', 'infra/prod', false, '120000'],
    ['infra/prod/x', 'infra/pro', false, '120000'],
    ['infra/a"\n*', 'infra/a"\nb', true],
    ['bin/\\xff', 'bin/\\xff', true],
  ])('%j and the path %j: %j', (glob, path, is, mode = FILE) => {
    expect(readGlob(glob)(foldPath({ path, mode }))).toBe(is);
  });

  test.each([
    ['', /missing/],
    ['   ', /missing/],
    ['/etc/passwd', /without \/ before it/],
    ['./src/*', /no path of a repository/],
    ['src//a', /no path of a repository/],
    ['src/../a', /no path of a repository/],
    ['src\\a', /parted by \//],
    ['src/[ab].ts', /only \* and \?/],
    ['src/{a,b}.ts', /only \* and \?/],
    ['!src/a.ts', /only \* and \?/],
    [' src/a', /begins or ends with a space/],
    ['src/a\nb', /one line/],
    ['x'.repeat(201), /200 characters/],
  ])('%j is refused with a sentence', (glob, words) => {
    expect(globRefused(glob)).toMatch(words);
  });

  test('is like a link wherever something below that could be like it', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), minLength: 1, maxLength: 8 });
    const at = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(glob, at, at, (said, link, below) => {
        fc.pre(globRefused(said) === null && globRefused(link) === null && globRefused(below) === null);
        const isLike = readGlob(said);
        fc.pre(isLike(foldPath({ path: `${link}/${below}`, mode: FILE })));
        expect(isLike(foldPath({ path: link, mode: '120000' }))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('every path that is taken as a glob is like itself, so no rule is like nothing', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const glob = parts.join('/');
        fc.pre(globRefused(glob) === null);
        expect(readGlob(glob)(foldPath({ path: glob, mode: FILE }))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a change', () => {
  test.each<[string, Change, Record<From, Guardrails>, string, string[]]>([
    ['is nothing special', touching('a.ts'), rules({}), 'pass', []],
    ['touches a path that may not change', touching('infra/a', 'b'), rules({ neverPaths: ['infra/*'] }), 'never', ['path infra/a']],
    ['needs a yes', touching('infra/a'), rules({ askPaths: ['infra/*'] }), 'ask', ['path infra/a']],
    ['is never, and asks besides', touching('infra/a', 'db/b'), rules({ neverPaths: ['infra/*'], askPaths: ['db'] }), 'never', ['path infra/a', 'path db/b']],
    ['asks here and is never for all', touching('infra/a'), rules({ askPaths: ['*'] }, { neverPaths: ['infra/*'] }), 'never', ['path infra/a']],
    ['has as many files as it may', { ...NOTHING, files: 10 }, rules({ changeFiles: 10 }), 'pass', []],
    ['has one too many', { ...NOTHING, files: 11 }, rules({ changeFiles: 10 }), 'ask', ['files 11']],
    ['has too many for all', { ...NOTHING, files: 11 }, rules({ changeFiles: 100 }, { changeFiles: 10, overSize: 'never' }), 'never', ['files 11']],
    ['has too many lines', { ...NOTHING, lines: 501 }, rules({ changeLines: 500, overSize: 'never' }), 'never', ['lines 501']],
    ['holds a secret that nobody minds', { ...NOTHING, secrets: [{ kind: 'k', shown: 'ghp_', place: 'a' }] }, rules({}), 'pass', []],
    ['holds a secret', { ...NOTHING, secrets: [{ kind: 'k', shown: 'ghp_', place: 'a' }] }, rules({ secrets: 'never' }, { secrets: 'ask' }), 'never', ['secret a: ghp_']],
  ])('that %s', (_, change, said, verdict, hits) => {
    const judgement = judge(change, said);
    expect([judgement.verdict, judgement.hits.map((hit) => `${hit.rule} ${hit.what}`)]).toEqual([verdict, hits]);
  }); // prettier-ignore

  const SEVERITY = ['pass', 'ask', 'never'];
  const severe = (change: Change, said: Record<From, Guardrails>): number =>
    SEVERITY.indexOf(judge(change, said).verdict);
  const glob = fc.constantFrom('infra/*', 'infra', '*.lock', 'db/?.sql', '*', 'src/*/x', 'A/*', 'a/b');
  const path = fc.constantFrom('infra/a', 'INFRA', 'x.lock', 'db/1.sql', 'src/q/x', 'a/b', 'a/b/c', 'z');
  const guardrails: fc.Arbitrary<Guardrails> = fc.record({
    neverPaths: fc.array(glob, { maxLength: 3 }),
    askPaths: fc.array(glob, { maxLength: 3 }),
    changeFiles: fc.option(fc.integer({ min: 1, max: 6 })),
    changeLines: fc.option(fc.integer({ min: 1, max: 6 })),
    overSize: fc.constantFrom('ask', 'never'),
    secrets: fc.constantFrom('let', 'ask', 'never'),
  });
  const changes: fc.Arbitrary<Change> = fc.record({
    files: fc.nat(8),
    lines: fc.nat(8),
    paths: fc.array(fc.record({ path, mode: fc.constantFrom(FILE, '120000', '160000', '000000') }), {
      maxLength: 5,
    }),
    secrets: fc.array(fc.record({ kind: fc.constantFrom('k', 'l'), shown: fc.constant('…'), place: path }), {
      maxLength: 2,
    }),
  });

  test('is judged by the stricter of project and all, whichever says it', () => {
    fc.assert(
      fc.property(changes, guardrails, guardrails, (change, one, other) => {
        const [a, b, both] = [
          severe(change, { project: one, all: NO_GUARDRAILS }),
          severe(change, { project: NO_GUARDRAILS, all: other }),
          severe(change, { project: one, all: other }),
        ];
        expect(both).toBe(Math.max(a, b));
        expect(severe(change, { project: other, all: one })).toBe(both);
      }),
      { numRuns: 3_000 },
    );
  });

  test('is judged the same whatever the order of rules and paths', () => {
    fc.assert(
      fc.property(changes, guardrails, guardrails, (change, project, all) => {
        const turned = (g: Guardrails): Guardrails => ({
          ...g,
          neverPaths: g.neverPaths.toReversed(),
          askPaths: g.askPaths.toReversed(),
        });
        const other = { ...change, paths: change.paths.toReversed(), secrets: change.secrets.toReversed() };
        expect(judge(other, { project: turned(project), all: turned(all) })).toEqual(
          judge(change, { project, all }),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('passes by no rule that is added, and by none that nothing passes', () => {
    fc.assert(
      fc.property(changes, guardrails, glob, (change, project, more) => {
        const before = severe(change, { project, all: NO_GUARDRAILS });
        for (const field of ['neverPaths', 'askPaths'] as const)
          expect(
            severe(change, {
              project: { ...project, [field]: [...project[field], more] },
              all: NO_GUARDRAILS,
            }),
          ).toBeGreaterThanOrEqual(before);
        fc.pre(change.paths.length > 0);
        expect(severe(change, { project, all: EVERY_GUARDRAIL })).toBe(2);
      }),
      { numRuns: 1_000 },
    );
  });

  test('reads as one sentence, and what to do about it', () => {
    const many = touching(...Array.from({ length: 9 }, (_, i) => `infra/${i}`));
    const never = judge(
      { ...many, lines: 900 },
      rules({ askPaths: ['infra/*'], changeLines: 10, overSize: 'never' }),
    );
    expect(judgementSentence(never)).toBe('the change has 900 lines, and what passes is at most 10');
    expect(repairWords(never)).toBe('make the change smaller, then push again');
    const asks = judge(many, rules({ askPaths: ['infra/*'] }));
    expect(judgementSentence(asks)).toBe(
      'it changes what changes only with a yes: infra/0 (infra/*), infra/1 (infra/*), infra/2 (infra/*) and 6 more',
    );
    expect(repairWords(asks)).toMatch(/out of every commit/);
    expect(askedTitle(asks)).toBe('Let this change to guarded paths through?');
    expect(askedWords(asks, null)).toContain('infra/8\n  by infra/* of this project');
    expect(askedWords(asks, 'it is too long to be shown whole')).toContain(
      "This can't be allowed here: it is too long",
    );
  });
});

describe('a secret', () => {
  const BODY = '0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX';
  const GITHUB = `ghp_${BODY}`;
  const PEM = ['MIIEpAIBAAKCAQEA7bq3Rk5Yt2WfXc9LhV0u', 'Q1zGm8nSd4oPjTa6KyBvEwUiHxCrMlNsFgJe'];
  const HEAD = ['-----BEGIN', 'RSA PRIVATE KEY-----'].join(' ');
  test.each<[string, string, string | null]>([
    ['of GitHub', `token = "${GITHUB}"`, 'a token of GitHub'],
    ['in a binary', `\0\xff\x01${GITHUB}\0`, 'a token of GitHub'],
    ['of AWS', `key: AKIA${'Q7W3E5R2T6Y4U7I5'}\n`, 'an access key of AWS'],
    ['of AWS in a longer word', `XXAKIA${'Q7W3E5R2T6Y4U7I5'}`, null],
    ['of AWS in its own documentation', 'AKIAIOSFODNN7EXAMPLE', null],
    ['that stands for one', `ghp_${'x'.repeat(36)}`, null],
    ['that is too short', `ghp_${BODY.slice(1)}`, null],
    ['of npm, in a setting', `//registry.npmjs.org/:_authToken=npm_${BODY}`, 'a token of npm'],
    ['split by +', `const t = "ghp_${BODY.slice(0, 9)}" + "${BODY.slice(9)}"`, 'a token of GitHub'],
    ['split over lines', `t = ("ghp_${BODY.slice(0, 9)}"\n     "${BODY.slice(9, 20)}" +\r\n\t'${BODY.slice(20)}')`, 'a token of GitHub'],
    ['split by a backslash', `ghp_${BODY.slice(0, 9)}\\\n${BODY.slice(9)}`, 'a token of GitHub'],
    ['in JSON', JSON.stringify({ key: `${HEAD}\n${PEM.join('\n')}\n` }), 'a private key'],
    ['that is a private key', `${HEAD}\n${PEM.join('\n')}\n`, 'a private key'],
    ['that is a private key of PGP', `${HEAD.replace('RSA PRIVATE KEY', 'PGP PRIVATE KEY BLOCK')}\n\n${PEM.join('\n')}\n`, 'a private key'],
    ['that is the head of one', `${HEAD}\n…\n`, null],
    ['that is quoted in a review', `> ${HEAD}\n> ${PEM.join('\n> ')}\n`, 'a private key'],
  ])('%s', (_, text, kind) => {
    expect(findSecrets(text).found.map((found) => found.kind)).toEqual(kind === null ? [] : [kind]);
  }); // prettier-ignore

  test('is shown by its beginning alone', () => {
    expect([shownSecret(GITHUB), shownSecret(`${HEAD}${PEM.join('')}`)]).toEqual(['ghp_0aB1…', '-----BEG…']);
  });
  test('counts where it begins', () => {
    const text = `${GITHUB} ${GITHUB}`;
    expect([
      findSecrets(text, 1).found.length,
      findSecrets(text, 0, 41).found.length,
      findSecrets(text).looked,
    ]).toEqual([1, 1, 2]);
  });
});
