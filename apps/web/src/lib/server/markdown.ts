// Markdown from models and strangers, made safe on the server: the browser gets HTML that may be shown, and
// no renderer. What is not shown would be approved unread, so nothing is left out: comments, raw HTML, what
// stands behind a link's name or a fence, and characters that hide, also those that only an entity
// (`&#8238;`) makes.
import { spellOut } from '@mainloop/models/flow/text';
import { Marked } from 'marked';
import sanitize from 'sanitize-html';

const ALLOWED: sanitize.IOptions = {
  allowedTags: [
    'p',
    'br',
    'strong',
    'em',
    'del',
    'code',
    'pre',
    'ul',
    'ol',
    'li',
    'blockquote',
    'h1',
    'h2',
    'h3',
    'h4',
    'a',
    'hr',
    'table',
    'thead',
    'tbody',
    'tr',
    'th',
    'td',
  ],
  allowedAttributes: { a: ['href', 'rel', 'target'], ol: ['start'], pre: ['tabindex'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  textFilter: spellOut,
  transformTags: {
    // What scrolls sideways has to be reached without a mouse.
    pre: (tagName) => ({ tagName, attribs: { tabindex: '0' } }),
    a: (tag, attributes) => {
      const own = attributes.href?.startsWith('/') && !attributes.href.startsWith('//');
      const attribs: Record<string, string> = own
        ? { href: attributes.href! }
        : { href: attributes.href ?? '', rel: 'noopener noreferrer nofollow', target: '_blank' };
      return { tagName: tag, attribs };
    },
  },
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
/** Cells that a table has no column for are left out by the rules of GitHub. */
const hasMoreCells = (row: string, columns: number): boolean =>
  row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/).length > columns;
const marked = new Marked({
  async: false,
  gfm: true,
  breaks: false,
  renderer: {
    html: ({ text, block }) => (block ? `<p>${escaped(text)}</p>` : escaped(text)),
    def: ({ raw }) => `<p>${escaped(raw)}</p>`,
    image: ({ raw }) => escaped(raw),
    // The word behind a fence too: it is a language, or anything.
    code: ({ text, lang, raw }) =>
      `<pre><code>${/^[\w.+#-]{0,20}$/.test(lang ?? '') ? escaped(text) : escaped(raw)}\n</code></pre>`,
    table: ({ header, raw }) =>
      raw.split('\n').some((row) => hasMoreCells(row, header.length))
        ? `<pre><code>${escaped(raw)}</code></pre>`
        : false,
    link({ href, title, tokens }) {
      return `<a href="${escaped(href).replaceAll('"', '&quot;')}">${this.parser.parseInline(tokens)}</a>${title ? escaped(` "${title}"`) : ''}`;
    },
  },
});

/**
 * @param markdown may be anybody's
 * @returns HTML with nothing in it that acts, and with what hides in the text spelt out
 */
export const render = (markdown: string): string =>
  sanitize(marked.parse(spellOut(markdown)) as string, ALLOWED);
