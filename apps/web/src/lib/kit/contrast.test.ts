// The tokens of both themes against each other, by WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for what a field or the focus is known by (1.4.11).
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const THEME = readFileSync(path.join(import.meta.dirname, '../../../../../packages/ui/theme.css'), 'utf8');
type Colours = ReadonlyMap<string, string>;
/** Those of a block, as `page` to `#faf9f6`. */
const coloursIn = (block: string): [string, string][] =>
  [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!]);
const [lightBlock = '', darkBlock = ''] = THEME.split('@media (prefers-color-scheme: dark)');
const light: Colours = new Map(coloursIn(lightBlock));
/** What the dark theme does not name is as in the light one. */
const dark: Colours = new Map([...light, ...coloursIn(darkBlock)]);

/** Source: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
export function contrast(one: string, other: string): number {
  const [dim, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright! + 0.05) / (dim! + 0.05);
}

const TEXT = 4.5;
const SHAPE = 3;
/** What stands on what. */
const PAIRS: readonly (readonly [on: string, least: number, what: readonly string[]])[] = [
  ['page', TEXT, ['ink', 'soft', 'accent', 'bad']],
  ['card', TEXT, ['ink', 'soft', 'accent', 'bad', 'code-word', 'code-text', 'code-number']],
  ['sunk', TEXT, ['ink', 'soft', 'accent', 'bad']],
  ['tint', TEXT, ['ink', 'soft', 'accent', 'bad', 'code-word', 'code-text', 'code-number']],
  ['bad-tint', TEXT, ['ink', 'soft', 'bad', 'code-word', 'code-text', 'code-number']],
  ['accent', TEXT, ['on-accent']],
  ['page', SHAPE, ['edge', 'accent']],
  ['card', SHAPE, ['edge', 'accent']],
  ['sunk', SHAPE, ['edge', 'accent']],
];

test('the measure is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

describe.each([
  ['light', light],
  ['dark', dark],
] as const)('%s', (_, colours) => {
  test.each(PAIRS)('on %s it is at least %d to 1 for %j', (on, least, what) => {
    const tooLow = what.flatMap((name) => {
      const found = contrast(colours.get(name) ?? colours.get(on)!, colours.get(on)!);
      return found >= least ? [] : [`${name}: ${found.toFixed(2)}`];
    });
    expect(tooLow).toEqual([]);
  });
});
