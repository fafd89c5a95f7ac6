// What a page says stands in the file of words of its surface, where it is read aloud, and not in the page.
import { expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'svelte/compiler';

interface Node {
  readonly type?: string;
  readonly name?: string;
  readonly data?: string;
  readonly value?: unknown;
  readonly [key: string]: unknown;
}
/** Of an element what is read out or shown. */
const SPOKEN = /^(?:aria-label|aria-roledescription|alt|title|placeholder|label)$/;
/** Names, commands and addresses are the same in every sentence. */
const NAMES = /^(?:mainloop|Claude|\/docs|\.env|npm ci|npm test|registry\.npmjs\.org example\.com)$/;
const isWords = (text: string): boolean => /\p{L}{2}/u.test(text) && !NAMES.test(text.trim());
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

/** Strings that an expression may put on the page: not those that it compares, looks up or hands on. */
function stringsIn(node: Node): string[] {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : [];
    case 'TemplateLiteral':
      return [
        ...childrenOf(node).flatMap(stringsIn),
        ...(node.quasis as { value: { cooked: string } }[]).map((q) => q.value.cooked),
      ];
    case 'ConditionalExpression':
      return [node.consequent, node.alternate].filter(isNode).flatMap(stringsIn);
    case 'LogicalExpression':
      return [node.right].filter(isNode).flatMap(stringsIn);
    case 'BinaryExpression':
      return node.operator === '+' ? childrenOf(node).flatMap(stringsIn) : [];
    default:
      return [];
  }
}

/** @returns what the template says in words of its own */
export function saidIn(source: string): string[] {
  const look = (node: Node): string[] => {
    if (node.type === 'Text') return isWords(node.data ?? '') ? [(node.data ?? '').trim()] : [];
    if (node.type === 'ExpressionTag') return stringsIn(node.expression as Node).filter(isWords);
    if (node.type === 'Attribute' && !SPOKEN.test(node.name ?? '')) return [];
    if (/Directive$|^AttachTag$|^Script$/.test(node.type ?? '')) return [];
    return childrenOf(node).flatMap(look);
  };
  return look(parse(source, { modern: true }).fragment as unknown as Node);
}

test.each([
  ['<p>Nothing yet.</p>', ['Nothing yet.']],
  ['<p class="small mt-1">{NOTHING_YET}</p>', []],
  ['<button aria-label="Close">✕</button>', ['Close']],
  ['<p>{done ? "Saved" : ""}</p>', ['Saved']],
  ['<p>{state === "open" ? OPEN : CLOSED}</p>', []],
  ['<p>{`${n} of them`}</p>', ['of them']],
  ['<p>{n} · {word}</p>', []],
  ['<Setting label="Model" name="model" />', ['Model']],
])('in %s is said %j', (source, said) => {
  expect(saidIn(source).map((words) => words.trim())).toEqual(said);
});

test('no page holds a sentence of its own', () => {
  const root = path.join(import.meta.dirname, '../..');
  const said = globSync('**/*.svelte', { cwd: root }).flatMap((file) =>
    saidIn(readFileSync(path.join(root, file), 'utf8')).map((words) => `${file}: ${words}`),
  );
  expect(said).toEqual([]);
});
