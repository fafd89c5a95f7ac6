// Markdown from models and strangers, made safe on the server: the browser gets HTML that may be shown, and no renderer.
import { marked } from 'marked';
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
  allowedAttributes: { a: ['href', 'rel', 'target'], ol: ['start'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  transformTags: {
    a: (tag, a) => {
      const own = a.href?.startsWith('/') && !a.href.startsWith('//');
      const attribs: Record<string, string> = own ? { href: a.href! } : { href: a.href ?? '', rel: 'noopener noreferrer nofollow', target: '_blank' };
      return { tagName: tag, attribs };
    },
  },
};

export const render = (markdown: string): string => sanitize(marked.parse(markdown, { async: false, gfm: true, breaks: false }), ALLOWED);
