// Colours for code in a change: words of the language, texts, numbers, comments. Small and quick, not a parser; what it does not know is plain. Pure.
import type { DiffLine } from './diff.ts';

type Colour = 'word' | 'text' | 'number' | 'comment' | null;
export interface Piece {
  readonly text: string;
  readonly colour: Colour;
}

interface Tongue {
  readonly line: string | null;
  readonly block: readonly [string, string] | null;
  readonly quotes: string;
  readonly words: ReadonlySet<string>;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));
const COMMON = 'if else for while do return break continue switch case default try catch finally throw new class extends import true false null this static public private protected void'; // prettier-ignore
const C_LIKE: Tongue = {
  line: '//',
  block: ['/*', '*/'],
  quotes: '"\'`',
  words: set(
    `${COMMON} const let var function async await export from of in instanceof typeof interface type enum readonly implements yield undefined delete super as satisfies int long float double bool boolean char struct union unsigned sizeof package func go defer chan map range nil fn mut pub impl use mod match trait where self Self loop val fun override final abstract namespace using string`,
  ),
};
const HASH: Tongue = {
  line: '#',
  block: null,
  quotes: '"\'',
  words: set(
    'if else elif for while in not and or is def class return import from as with try except finally raise pass break continue lambda yield async await None True False self end do then fi done case esac function local export echo set require module begin rescue ensure unless nil true false null FROM RUN COPY CMD ENTRYPOINT ENV ARG WORKDIR',
  ),
};
const SQL: Tongue = {
  line: '--',
  block: ['/*', '*/'],
  quotes: '\'"',
  words: set(
    'select from where and or not insert into values update set delete create table index on primary key references foreign alter add drop column join left right inner outer group by order limit as is null default unique check constraint begin commit grant revoke to if exists',
  ),
};
const STYLES: Tongue = { line: null, block: ['/*', '*/'], quotes: '"\'', words: set('') };
const DATA: Tongue = { line: null, block: null, quotes: '"', words: set('true false null') };

const TONGUES: readonly (readonly [RegExp, Tongue])[] = [
  [/\.(m|c)?(t|j)sx?$|\.(java|kts?|swift|go|rs|c|h|cc|cpp|hpp|cs|php|scala|dart|groovy|gradle|proto)$/i, C_LIKE],
  [/\.(py|rb|sh|bash|zsh|ya?ml|toml|r|pl|tf|ini|cfg|conf|ex|exs)$|(^|\/)(Dockerfile|Makefile|Gemfile|Rakefile)[^/]*$/i, HASH],
  [/\.sql$/i, SQL],
  [/\.(css|scss|less)$/i, STYLES],
  [/\.jsonc?$/i, DATA],
];

/** Longer lines, in letters, were made by a machine and are plain. */
const LONG = 600;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)/iy;

function matchAt(re: RegExp, text: string, at: number): string | null {
  re.lastIndex = at;
  return re.exec(text)?.[0] ?? null;
}

/** Where a text that begins at `at` ends, behind its closing quote or at the end of the line. */
function endOfText(line: string, at: number): number {
  for (let i = at + 1; i < line.length; i++) {
    if (line[i] === '\\') i++;
    else if (line[i] === line[at]) return i + 1;
  }
  return line.length;
}

const colourOfWord = (word: string | null, tongue: Tongue): Colour =>
  word !== null && tongue.words.has(tongue === SQL ? word.toLowerCase() : word) ? 'word' : null;

/**
 * One line in pieces, which together are the line.
 * @param inBlock whether it begins inside a comment
 */
function piecesOf(line: string, tongue: Tongue, inBlock: boolean): { readonly pieces: Piece[]; readonly inBlock: boolean } {
  const pieces: Piece[] = [];
  const put = (text: string, colour: Colour): void => {
    const last = pieces.at(-1);
    if (text === '') return;
    if (last?.colour === colour) pieces[pieces.length - 1] = { text: last.text + text, colour };
    else pieces.push({ text, colour });
  };
  let at = 0;
  const closes = (from: number): number => {
    const end = line.indexOf(tongue.block![1], from);
    return end === -1 ? -1 : end + tongue.block![1].length;
  };
  let block = inBlock && tongue.block !== null;
  while (at < line.length) {
    if (block || (tongue.block !== null && line.startsWith(tongue.block[0], at))) {
      const end = closes(block ? at : at + tongue.block![0].length);
      block = end === -1;
      put(line.slice(at, end === -1 ? undefined : end), 'comment');
      at = end === -1 ? line.length : end;
    } else if (tongue.line !== null && line.startsWith(tongue.line, at) && (tongue.line !== '#' || at === 0 || /\s/.test(line[at - 1]!))) {
      put(line.slice(at), 'comment');
      at = line.length;
    } else if (tongue.quotes.includes(line[at]!)) {
      const end = endOfText(line, at);
      put(line.slice(at, end), 'text');
      at = end;
    } else {
      const word = matchAt(WORD, line, at);
      const number = word === null ? matchAt(NUMBER, line, at) : null;
      const text = word ?? number ?? String.fromCodePoint(line.codePointAt(at)!);
      put(text, number === null ? colourOfWord(word, tongue) : 'number');
      at += text.length;
    }
  }
  return { pieces, inBlock: block };
}

/**
 * The lines of a file in colour; a line that is not in it is plain. What went and what came are read apart, each from hunk to hunk.
 * @param shown how a line is shown, with what hides in it spelt out
 */
export function coloursOf(path: string, lines: readonly DiffLine[], shown: (text: string) => string): Map<DiffLine, readonly Piece[]> {
  const out = new Map<DiffLine, readonly Piece[]>();
  const tongue = TONGUES.find(([re]) => re.test(path))?.[1];
  if (tongue === undefined) return out;
  let [old, now] = [false, false];
  for (const l of lines) {
    if (l.kind === 'hunk') [old, now] = [false, false];
    else if (l.text.length <= LONG) {
      const r = piecesOf(shown(l.text), tongue, l.kind === 'del' ? old : now);
      out.set(l, r.pieces);
      if (l.kind !== 'add') old = r.inBlock;
      if (l.kind !== 'del') now = r.inBlock;
    }
  }
  return out;
}
