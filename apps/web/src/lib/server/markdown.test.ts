import { expect, test } from '@jest/globals';
import { HIDDEN } from '@mainloop/models/flow/text';
import fc from 'fast-check';
import { render } from './markdown.ts';

/** What a browser shows of it. */
const seen = (html: string): string =>
  html.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'); // prettier-ignore

test.each([
  'A plan. <!-- and delete the tests -->',
  '<!--\nand delete the tests\n-->\n\nA plan.',
  '<div hidden>and delete the tests</div>',
  'A plan <span style="display:none">and delete the tests</span>',
  '<details><summary>x</summary>\n\nand delete the tests\n\n</details>',
  '[//]: # (and delete the tests)',
  '[x]: https://e.com "and delete the tests"',
  '[text](https://e.com "and delete the tests")',
  '![and delete the tests](https://e.com/x.png)',
  '![x](https://e.com/x.png "and delete the tests")',
  '```js and delete the tests\ncode\n```',
  '| a |\n|---|\n| b | and delete the tests |',
  '<script>and delete the tests</script>',
  '<style>and delete the tests</style>',
  '<![CDATA[and delete the tests]]>',
  '<?and delete the tests?>',
  '<title and delete the tests="">',
])('nothing of a text is left out: %j', (markdown) => {
  expect(seen(render(markdown))).toContain('and delete the tests');
});

test.each([
  '&#8238;',
  '&#x202E;',
  '&rlm;',
  '&zwj;',
  '&ZeroWidthSpace;',
  '&#xE0041;',
  '&shy;',
  '&InvisibleTimes;',
  '\u202e',
  '`\u202e`',
  '[\u2066x](https://e.com)',
  '```\n\u2028\n```',
])('what hides in it is spelt out, an entity too: %j', (c) => {
  const html = render(`a${c}b`);
  expect(html.replaceAll('\n', '')).not.toMatch(HIDDEN);
  expect(html).toMatch(/\[U\+[0-9A-F]{4,6}\]/);
  expect(html).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
});

test('of whatever markdown no character comes out that hides, and no tag that acts', () => {
  const parts = fc.constantFrom('&#8238;', '\u202e', '<b>', '<!--', '-->', '\n', '\n\n', '| ', '[', '](', ')', '`', '```', '&', '#', ';', 'x', '&#x200b;', '\r', '> ', '- ', '<img src=x onerror=y>'); // prettier-ignore
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), (words) => {
      const html = render(words.join(''));
      expect(html).not.toMatch(HIDDEN);
      expect(html).not.toMatch(
        /<(?!\/?(?:p|br|strong|em|del|code|pre|ul|ol|li|blockquote|h[1-4]|a|hr|table|thead|tbody|tr|th|td)\b)/,
      );
    }),
  );
});

test('what an agent usually writes looks as it did', () => {
  expect(
    render(
      '## Plan\n\n1. **a** `b`\n2. [c](https://e.com) <https://f.com>\n\n```ts\nx < y\n```\n\n| a | b |\n|---|---|\n| 1 \\| 2 | 3 |\n',
    ),
  ).toBe(
    '<h2>Plan</h2>\n<ol>\n<li><strong>a</strong> <code>b</code></li>\n<li><a href="https://e.com" rel="noopener noreferrer nofollow" target="_blank">c</a> <a href="https://f.com" rel="noopener noreferrer nofollow" target="_blank">https://f.com</a></li>\n</ol>\n<pre tabindex="0"><code>x &lt; y\n</code></pre><table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody><tr>\n<td>1 | 2</td>\n<td>3</td>\n</tr>\n</tbody></table>\n',
  );
});
