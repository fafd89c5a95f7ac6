import { describe, expect, test } from '@jest/globals';
import { ours } from './text.ts';
import { fillPullTemplate, isPullTemplate } from './pull-template.ts';

const what = ours`> Keep the cent.`;
const closes = ours`Closes #${7}`;
const fill = (template: string): string => fillPullTemplate(template, { what, closes });

test.each([
  ['pull_request_template.md', true],
  ['PULL_REQUEST_TEMPLATE.md', true],
  ['Pull_Request_Template.txt', true],
  ['PULL_REQUEST_TEMPLATE', false],
  ['pull_request_template.md.bak', false],
])('%s is a template: %s', (name, is) => expect(isPullTemplate(name)).toBe(is));

describe('fillPullTemplate', () => {
  test('what was done and the issue come under their headings; remarks go, the rest stays, and no box is ticked', () => {
    const template = `<!-- Thank you!\n Read CONTRIBUTING. -->\n## Description\n<!-- what -->\nPlease be short.\n\n## Related issue\nFixes #\n\n## Checklist\n- [x] I have read the guide\n- [ ] Tests\n1. [X] Docs\n`;
    expect(fill(template)).toBe(
      '## Description\n\n> Keep the cent.\n\nPlease be short.\n\n## Related issue\n\nCloses #7\n\n## Checklist\n- [ ] I have read the guide\n- [ ] Tests\n1. [ ] Docs',
    );
  });
  test('what has no place stands before it', () => {
    expect(fill('- [ ] Tests pass')).toBe('Closes #7\n\n> Keep the cent.\n\n- [ ] Tests pass');
    expect(fill('')).toBe('Closes #7\n\n> Keep the cent.');
    expect(fillPullTemplate('### Ticket\n', { what, closes: null })).toBe('> Keep the cent.\n\n### Ticket');
  });
  test('the type of change is not what was changed', () => {
    expect(fill('## Type of change\n- [ ] Fix\n## What does this do?\n')).toBe(
      'Closes #7\n\n## Type of change\n- [ ] Fix\n\n## What does this do?\n\n> Keep the cent.',
    );
  });
  test.each(['Fixes # (issue)', 'closes #', '- Resolves: #', 'Issue: #NNN'])(
    'a line that waits for a number is not left as it is: %s',
    (line) => {
      expect(fill(`## Summary\n\n${line}\n`)).toBe('Closes #7\n\n## Summary\n\n> Keep the cent.');
    },
  );
  test('a remark without an end hides nothing of ours', () => {
    expect(fill('## Why\n<!-- never closed\n## Summary')).toBe('Closes #7\n\n## Why\n\n> Keep the cent.');
  });
  test('what the repository wrote sets nothing off under the name of whoever opens it', () => {
    const filled = fill(
      '/close\n## Summary\n/approve\n@team, fixes #12 [skip ci]\n## @lead\nCloses #13\nReviewed-by: A <a@b.c>\n<!<!-- x -->-- mainloop:t1:plan -->',
    ).replace('Closes #7', '');
    expect(filled).not.toMatch(/^\W*\/[a-z]/m);
    expect(filled).not.toMatch(/@\w/);
    expect(filled).not.toMatch(/\b(fixes|closes):? #\d|Reviewed-by:|\[skip ci\]|<!--/i);
  });
});
