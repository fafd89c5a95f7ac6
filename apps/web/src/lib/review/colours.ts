// Colours for code in a change, by highlight.js. It weighs more than the page it is for, so that is loaded
// with the first open file and never before.
import hljs from 'highlight.js/lib/common';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import type { DiffLine } from './diff.ts';

hljs.registerLanguage('dockerfile', dockerfile);

type Colour = 'word' | 'text' | 'number' | 'comment' | null;
export interface Piece {
  readonly text: string;
  readonly colour: Colour;
}

/**
 * Its classes in our four colours; what is not named has none.
 * https://highlightjs.readthedocs.io/en/latest/css-classes-reference.html
 */
const COLOUR_OF: ReadonlyMap<string, Colour> = new Map<string, Colour>([
  ...['keyword', 'literal', 'built_in', 'type', 'selector-tag', 'name', 'section'].map(
    (name) => [name, 'word'] as const,
  ),
  ...['string', 'regexp', 'char', 'link', 'code'].map((name) => [name, 'text'] as const),
  ...['number', 'symbol'].map((name) => [name, 'number'] as const),
  ...['comment', 'quote', 'doctag'].map((name) => [name, 'comment'] as const),
  // What is put into a text is code again.
  ['subst', null],
]);

/**
 * Files that are known by their whole name. Other names are known by their end, which highlight.js has as an
 * alias of the language.
 */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)Dockerfile[^/]*$/, 'dockerfile'],
  [/(^|\/)Makefile[^/]*$/, 'makefile'],
  [/(^|\/)(Gemfile|Rakefile)$/, 'ruby'],
  [/\.(cjs|mjs)$/, 'javascript'],
  [/\.(cts|mts)$/, 'typescript'],
  [/\.(svelte|vue)$/, 'xml'],
];

/** Longer lines, in letters, were made by a machine and are plain. */
const LONG = 600;

/** @returns the language's name; null for what nobody knows, and for plain text */
function languageOf(path: string): string | null {
  const named = NAMED.find(([name]) => name.test(path))?.[1] ?? /\.([\w+]+)$/.exec(path)?.[1]?.toLowerCase();
  return named === undefined || named === 'txt' || hljs.getLanguage(named) === undefined ? null : named;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#x27;', "'"],
]);

/**
 * @param html as highlight.js makes it: spans with a class, in each other, and text in which five letters are spelt out
 * @returns the pieces of each line, which together are the line
 */
function linesOf(html: string): Piece[][] {
  const lines: Piece[][] = [[]];
  const around: Colour[] = [null];
  for (const [token, classes] of html.matchAll(/<span class="([^"]*)">|<\/span>|[^<]+/g)) {
    if (token === '</span>') around.pop();
    else if (classes !== undefined) around.push(colourIn(classes, around.at(-1)!));
    else
      for (const [i, text] of token
        .replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES.get(entity)!)
        .split('\n')
        .entries()) {
        if (i > 0) lines.push([]);
        put(lines.at(-1)!, text, around.at(-1)!);
      }
  }
  return lines;
}

function colourIn(classes: string, outer: Colour): Colour {
  const name = /hljs-([\w-]+)/.exec(classes)?.[1] ?? '';
  return COLOUR_OF.has(name) ? COLOUR_OF.get(name)! : outer;
}

function put(pieces: Piece[], text: string, colour: Colour): void {
  const last = pieces.at(-1);
  if (text === '') return;
  if (last?.colour === colour) pieces[pieces.length - 1] = { text: last.text + text, colour };
  else pieces.push({ text, colour });
}

/**
 * The lines of a file in colour; a line that is not in it is plain. What went and what came are read apart,
 * each from hunk to hunk.
 * @param shown how a line is shown, with what hides in it spelt out
 */
export function coloursOf(
  path: string,
  lines: readonly DiffLine[],
  shown: (text: string) => string,
): Map<DiffLine, readonly Piece[]> {
  const out = new Map<DiffLine, readonly Piece[]>();
  const language = languageOf(path);
  if (language === null) return out;
  const paint = (side: readonly DiffLine[]): void => {
    const texts = side.map((l) => (l.text.length <= LONG ? shown(l.text).replaceAll('\n', ' ') : ''));
    const painted = linesOf(hljs.highlight(texts.join('\n'), { language, ignoreIllegals: true }).value);
    for (const [i, line] of side.entries()) if (line.text.length <= LONG) out.set(line, painted[i] ?? []);
  };
  for (const hunk of hunksOf(lines)) {
    // What stayed is read with what came.
    if (hunk.some((l) => l.kind === 'del')) paint(hunk.filter((l) => l.kind !== 'add'));
    paint(hunk.filter((l) => l.kind !== 'del'));
  }
  return out;
}

function hunksOf(lines: readonly DiffLine[]): DiffLine[][] {
  const hunks: DiffLine[][] = [[]];
  for (const line of lines) {
    if (line.kind === 'hunk') hunks.push([]);
    else hunks.at(-1)!.push(line);
  }
  return hunks.filter((hunk) => hunk.length > 0);
}
