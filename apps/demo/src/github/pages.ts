// A page for an issue or a pull request, so that a link from mainloop shows what a colleague would see on GitHub.
import type { Issue, Store } from './store.ts';

const esc = (text: string): string =>
  text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .trim();
/** Pictures that lie in this repository are shown as GitHub shows them; those from elsewhere stay an address. */
const withPictures = (html: string, home: string): string =>
  html.replace(/!\[([^\]\n]*)\]\((https?:[^\s)]+)\)/g, (whole, alt: string, url: string) =>
    url.startsWith(esc(`${home}/blob/`)) ? `<img src="${url}" alt="${alt}">` : whole,
  );
const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}img{max-width:100%;height:auto;display:block;border-radius:8px}article{border:1px solid #8884;border-radius:12px;padding:.8rem 1rem;margin:1rem 0;white-space:pre-wrap;overflow-wrap:anywhere}small{opacity:.7}';

function stateOf({ pr, state }: Issue): string {
  if (pr?.merged) return 'merged';
  return pr?.draft && state !== 'closed' ? 'draft' : state;
}

/**
 * @param base address of this GitHub
 * @returns a whole page of HTML for people
 */
export function issuePage(issue: Issue, store: Store, base: string): string {
  const shown = (text: string): string => withPictures(esc(text), `${base}/${issue.repo}`);
  const state = stateOf(issue);
  const said = [
    ...store
      .find('comment', (c) => c.repo === issue.repo && c.number === issue.number)
      .map((c) => ({ at: c.createdAt, who: c.user, text: c.body })),
    ...store
      .find('review', (r) => r.repo === issue.repo && r.number === issue.number && r.state !== 'PENDING')
      .map((review) => ({
        at: review.submittedAt,
        who: review.user,
        text: `${review.state.toLowerCase().replace('_', ' ')}: ${review.body}`,
      })),
    ...store
      .find('reviewComment', (c) => c.repo === issue.repo && c.number === issue.number)
      .map((c) => ({ at: c.createdAt, who: c.user, text: `${c.path}:${c.line ?? ''}\n${c.body}` })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  const checks = issue.pr
    ? store
        .find('job', (j) => j.repo === issue.repo && j.sha === issue.pr!.headSha)
        .map((j) => `${esc(j.name)}: ${j.conclusion ?? j.status}`)
    : [];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${esc(issue.title)} #${issue.number}</title><style>${STYLE}</style>
<p><small>local GitHub · ${esc(issue.repo)}</small></p><h1>${esc(issue.title)} <small>#${issue.number}</small></h1><p><small>${issue.pr ? `pull request from ${esc(issue.pr.head)}` : 'issue'} · ${state}${checks.length > 0 ? ` · ${checks.join(' · ')}` : ''}</small></p>
<article>${shown(issue.body ?? '')}</article>${said.map((s) => `<article><small>${esc(s.who)} · ${esc(s.at)}</small>\n${shown(s.text)}</article>`).join('')}</html>`;
}
