// Which version of a language a workflow asks for, and whether one that is here will do. Pure.

/** Majors of Node by the names of their lines. @see https://github.com/nodejs/Release */
const NODE_LINES: ReadonlyMap<string, number> = new Map(
  [
    'argon',
    'boron',
    'carbon',
    'dubnium',
    'erbium',
    'fermium',
    'gallium',
    'hydrogen',
    'iron',
    'jod',
    'krypton',
  ].map((name, i) => [name, 4 + 2 * i]),
);

/**
 * @param wanted as `actions/setup-node` takes it: "18.x", "lts/*", ">=16 <21", "latest"
 * @param now the newest line with long support hangs on the date: an even major has it from October of its year on
 * @returns a range that npm understands; null for what is none
 */
export function nodeRange(wanted: string, now: Date): string | null {
  const w = wanted.trim().toLowerCase();
  if (['node', 'latest', 'current', '*'].includes(w)) return '*';
  const line = /^lts(?:\/(\*|-\d{1,2}|[a-z]+))?$/.exec(w);
  if (line) {
    const [, which = '*'] = line;
    const newest = 2 * (now.getUTCFullYear() - 2013 - (now.getUTCMonth() < 9 ? 1 : 0));
    const major =
      which === '*' || which.startsWith('-')
        ? newest - 2 * Number(which.slice(1) || 0)
        : NODE_LINES.get(which);
    return major === undefined ? null : String(major);
  }
  return /^[\dv<>=^~][\w .<>=^~|*-]{0,60}$/.test(w) ? w.replace(/(^|[\s<>=^~|])v(?=\d)/g, '$1') : null;
}

/** The npm that a Node of this major can run, where today's can't be: "npm@6". */
export function npmFor(major: number): string | null {
  if (major >= 22) return null;
  if (major >= 18) return 'npm@10';
  if (major >= 16) return 'npm@8';
  return major >= 6 ? 'npm@6' : 'npm@3';
}

type Version = readonly [number, number, number];

/**
 * @param wanted "3.11", "3.x", ">=3.9 <3.12", "^1.21 || 1.19", "" for any
 * @param have whole numbers with dots: "3.11.2"
 */
export function fits(wanted: string, have: string): boolean {
  const version = numbers(have);
  return (
    version !== null &&
    wanted.split('||').some((all) => isInAll(all.trim().replace(/([<>=^~]+)\s+/g, '$1'), version))
  );
}

function isInAll(all: string, version: Version): boolean {
  const range = /^(\S+) - (\S+)$/.exec(all);
  const words = range ? [`>=${range[1]}`, `<=${range[2]}`] : all.split(/[\s,]+/).filter(Boolean);
  return words.every((word) => isIn(word, version));
}

function isIn(word: string, version: Version): boolean {
  const [, op, text] = /^([<>=^~!]*)v?([\dx*.]+)$/i.exec(word) ?? [];
  if (op === undefined || text === undefined) return false;
  // As far as it says anything: "3.x" is one number long.
  const said = text.split('.').filter((part) => /^\d+$/.test(part));
  const w = numbers(said.length === 0 ? '0' : said.join('.'));
  if (w === null) return false;
  const same = (places: number): boolean => w.slice(0, places).every((n, i) => n === version[i]);
  const order = compare(version, w);
  switch (op) {
    case '':
    case '=':
    case '==':
      return same(said.length);
    case '!=':
      return !same(said.length);
    case '>=':
      return order >= 0;
    case '>':
      return order > 0 && !same(said.length);
    case '<':
      return order < 0;
    case '<=':
      return order <= 0 || same(said.length);
    case '~':
      return order >= 0 && same(Math.min(2, said.length));
    case '^':
      return order >= 0 && same(w[0] > 0 ? 1 : 2);
    default:
      return false;
  }
}

function compare(a: Version, b: Version): number {
  const i = a.findIndex((n, at) => n !== b[at]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}

function numbers(text: string): Version | null {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(text);
  return match && [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/**
 * @param name of the file that says it: ".nvmrc", "go.mod", "package.json", "pyproject.toml", ".tool-versions"
 * @returns the version that it names; null: none
 */
export function versionIn(name: string, text: string, tool: 'node' | 'python' | 'go'): string | null {
  if (name === 'package.json') {
    const m = JSON.parse(text) as { volta?: { node?: string }; engines?: { node?: string } };
    return m.volta?.node ?? m.engines?.node ?? null;
  }
  if (name === 'go.mod' || name === 'go.work')
    return /^toolchain go(\S+)/m.exec(text)?.[1] ?? /^go (\d[\d.]*)/m.exec(text)?.[1] ?? null;
  if (name === 'pyproject.toml') return /^requires-python\s*=\s*["']([^"'\n]+)["']/m.exec(text)?.[1] ?? null;
  if (name === '.tool-versions')
    return new RegExp(`^(?:${tool}|${tool}js|${tool}lang)\\s+(\\S+)`, 'm').exec(text)?.[1] ?? null;
  return text.split('\n', 1)[0]!.trim() || null;
}
