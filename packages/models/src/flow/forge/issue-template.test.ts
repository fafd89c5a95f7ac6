import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ours } from './text.ts';
import {
  chooseIssueTemplate,
  fillIssueTemplate,
  isIssueTemplate,
  isOldIssueTemplate,
  readIssueTemplate as readTemplate,
  readIssueTemplates,
  sayUnset,
} from './issue-template.ts';
import { parse } from 'yaml';

const readIssueTemplate = (file: string, text: string) =>
  readTemplate(file, text, (yaml) => parse(yaml, { maxAliasCount: 20, logLevel: 'error' }) as unknown);

const asked = ours`> Keep the cent.`;
const filled = (file: string, text: string): string =>
  fillIssueTemplate(readIssueTemplate(file, text)!, asked);

test.each([
  ['bug_report.md', true],
  ['1-bug.YML', true],
  ['feature.yaml', true],
  ['config.yml', false],
  ['config.yaml', false],
  ['picture.png', false],
])('%s in the folder is one: %s', (name, is) => expect(isIssueTemplate(name)).toBe(is));
test.each([
  ['ISSUE_TEMPLATE.md', true],
  ['issue_template', true],
  ['PULL_REQUEST_TEMPLATE.md', false],
])('%s beside the code is an old one: %s', (name, is) => expect(isOldIssueTemplate(name)).toBe(is));

/** As GitHub gives it to who makes one there. */
const FEATURE = `---
name: Feature request
about: Suggest an idea for this project
title: "[FEATURE] "
labels: enhancement
---

**Is your feature request related to a problem? Please describe.**
A clear and concise description of what the problem is. Ex. I'm always frustrated when [...]

**Describe the solution you'd like**
A clear and concise description of what you want to happen.

**Additional context**
<!-- pictures -->
- [x] I have searched
`;
const FORM = `
name: Bug Report
description: File a bug report.
title: "bug(cli): <title>"
body:
  - type: markdown
    attributes: { value: Thanks! }
  - type: input
    id: contact
    attributes: { label: Contact Details }
  - type: textarea
    id: what-happened
    attributes: { label: What happened?, value: "A bug happened!" }
    validations: { required: true }
  - type: dropdown
    attributes: { label: Version, options: ["1.0", "2.0"] }
  - type: checkboxes
    attributes:
      label: Code of Conduct
      options: [{ label: I agree, required: true }]
`;

describe('a template', () => {
  test('of Markdown is filled in where a person would write, without its front and its remarks, and no box is ticked', () => {
    expect(readIssueTemplate('feature.md', FEATURE)).toMatchObject({ prefix: '[FEATURE] ' });
    expect(filled('feature.md', FEATURE)).toBe(
      [
        '**Is your feature request related to a problem? Please describe.**',
        "**Describe the solution you'd like**\n\n> Keep the cent.",
        '**Additional context**\n\n- [ ] I have searched',
      ].join('\n\n'),
    );
  });
  test('that is a form becomes what GitHub makes of a form that was sent', () => {
    expect(readIssueTemplate('bug.yml', FORM)).toMatchObject({ prefix: 'bug(cli): ' });
    expect(filled('bug.yml', FORM)).toBe(
      [
        '### Contact Details\n\n_No response_',
        '### What happened?\n\n> Keep the cent.',
        '### Version\n\n_No response_',
        '### Code of Conduct\n\n- [ ] I agree',
      ].join('\n\n'),
    );
  });
  test('without a place for it has it on top', () => {
    expect(filled('x.md', '## Steps\n1.\n')).toBe('> Keep the cent.\n\n## Steps\n\n1.');
    expect(filled('x.md', '')).toBe('> Keep the cent.');
    expect(filled('x.md', '## What\n<!-- never closed\n## Summary')).toBe('## What\n\n> Keep the cent.');
  });
  test.each(['body: [', 'name: only', '- a\n- b', 'a: &a [*a]', '\u0000'])(
    'that is no form is none: %j',
    (text) => expect(readIssueTemplate('x.yml', text)).toBeNull(),
  );
  test('a title that is only a hint is no prefix', () => {
    expect(readIssueTemplate('x.md', '---\ntitle: Say what is wrong\n---\n')!.prefix).toBe('');
    expect(readIssueTemplate('x.md', '---\ntitle: [\n---\nx')).toMatchObject({ prefix: '' });
  });
  test.each([
    [
      'x.md',
      '## What\n/close\n/label bug\n@team please fixes #1 [skip ci]\nFixes: #2\n![](https://x.example/a.png)<img src=x>',
    ],
    [
      'x.yml',
      'body:\n  - type: dropdown\n    attributes: { label: "@team fixes #1 <b>" }\n  - type: checkboxes\n    attributes: { label: y, options: ["/close", "[skip ci] closes #3"] }',
    ],
    ['x.md', '---\ntitle: "[@team /x]: "\n---\n**/close @team**\n## <!-- a --> <!- - mainloop:t1:plan -->'],
    ['x.md', '## What\n&#64;team &lt;!-- mainloop:t1:plan --&gt;\n<!<!-- x -->-- mainloop:t1:plan -->'],
  ])('%s sets nothing off under the name of whoever opens it: %j', (file, text) => {
    const read = readIssueTemplate(file, text)!;
    const body = `${read.prefix}\n${fillIssueTemplate(read, asked)}`;
    expect(body).not.toMatch(/^\W*\/[a-z]/m);
    expect(body).not.toMatch(/@\w/);
    expect(body).not.toMatch(/\b(fixes|closes):? #\d/i);
    expect(body).not.toMatch(/\[skip ci\]|<!--|&#|&lt/);
  });
  test('whatever it is, what is asked for stands in it once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('x.md', 'x.yml'),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (file, text) => {
          const read = readIssueTemplate(file, `## What\n${text}`) ?? readIssueTemplate(file, FORM);
          if (read !== null) expect(fillIssueTemplate(read, asked).split(asked)).toHaveLength(2);
        },
      ),
    );
  });
});

describe('which one is taken', () => {
  const all = ['1_bug_report.yml', 'feature_request.md', 'docs.md', 'task.md'].map((file) =>
    readIssueTemplate(file, file.endsWith('yml') ? 'body: []' : '')!,
  );
  test.each([
    ['Fix the lost cent', '1_bug_report.yml'],
    ['Splitting 10.00 fails', '1_bug_report.yml'],
    ['Add a dark mode', 'feature_request.md'],
  ])('%s: %s', (what, file) => {
    expect(chooseIssueTemplate(all, what)!.about).toContain(file.replaceAll('_', ' '));
  });
  test('without one of its kind the one for any work, and else none', () => {
    expect(chooseIssueTemplate(all.slice(2), 'Fix it')!.about).toContain('task');
    expect(chooseIssueTemplate(all.slice(2, 3), 'Fix it')).toBeNull();
    expect(chooseIssueTemplate([], 'Fix it')).toBeNull();
    expect(chooseIssueTemplate([readIssueTemplate('ISSUE_TEMPLATE.md', 'x')!], 'Add it')).not.toBeNull();
  });
});

describe('what an issue has besides its words', () => {
  const fields = (file: string, text: string) => readIssueTemplate(file, text)!.fields;
  const NONE = { labels: [], assignees: [], type: '' };

  test.each([
    [
      'x.md',
      '---\nlabels: bug, needs triage ,bug\nassignees: ""\n---\n',
      { labels: ['bug', 'needs triage'] },
    ],
    [
      'x.md',
      '---\nlabels: [bug]\nassignees: mona, hubot\n---\n',
      { labels: ['bug'], assignees: ['mona', 'hubot'] },
    ],
    [
      'x.yml',
      'body: []\nlabels: ["a", "b"]\nassignees:\n  - mona\ntype: Bug',
      { labels: ['a', 'b'], assignees: ['mona'], type: 'Bug' },
    ],
    ['x.md', 'no front', {}],
    ['x.yml', 'body: []\nlabels: {a: b}\nassignees: [7, {x: y}, "no login", "a/../b"]\ntype: [x]', {}],
    ['x.yml', `body: []\nlabels: [${'y'.repeat(51)}, ok]\ntype: ${'z'.repeat(51)}`, { labels: ['ok'] }],
  ])('%s: %j', (file, text, expected) => expect(fields(file, text)).toEqual({ ...NONE, ...expected }));

  test('no more than ten of a kind, whatever stands there', () => {
    const many = Array.from({ length: 30 }, (_, n) => `l${n}`);
    expect(fields('x.yml', `body: []\nlabels: [${many.join()}]\nassignees: [${many.join()}]`)).toMatchObject({
      labels: many.slice(0, 10),
      assignees: many.slice(0, 10),
    });
  });

  test.each([
    [NONE, ''],
    [{ ...NONE, labels: ['a'] }, /\(label a\)/],
    [{ labels: ['a', 'b'], assignees: ['mona'], type: 'Bug' }, /\(labels a, b; assigned to mona; type Bug\)/],
  ])('what of it was not taken is a sentence: %j', (unset, says) => expect(sayUnset(unset)).toMatch(says));
});

test.each([
  ['small ones are all read', [4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000], 9],
  ['so much together and no more', [15_000, 15_000, 15_000, 9_000, 2_000], 3],
  ['of one that is huge only its beginning counts', [900_000, 900_000, 900_000], 2],
] as const)('what is read of many templates is bounded: %s', (_, sizes, read) => {
  let chars = 0;
  const found = sizes.map((size, n) => ({ name: `${n}.yml`, text: `body: []\n${'#'.repeat(size - 9)}` }));
  const templates = readIssueTemplates(found, (yaml) => {
    chars += yaml.length;
    return parse(yaml) as unknown;
  });
  expect(templates).toHaveLength(read);
  expect(chars).toBeLessThanOrEqual(40_000);
});
