// The rule, on planted breaks: each of these found something else than what was meant, or could have.
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { lookups } from './lookups.ts';

function findings(code: string): string[] {
  const name = '/planted.ts';
  const host = ts.createCompilerHost({});
  const { getSourceFile } = host;
  host.getSourceFile = (file, version) =>
    file === name ? ts.createSourceFile(file, code, version, true) : getSourceFile.call(host, file, version);
  const program = ts.createProgram(
    [name],
    { strict: true, target: ts.ScriptTarget.ES2024, noUncheckedIndexedAccess: true, types: [] },
    host,
  );
  return lookups(program, (f) => f === name).map((f) => f.text);
}

test.each([
  [
    'const tokens: Record<string, string> = { tok: "you" }; export const who = (t: string) => tokens[t];',
    ['tokens[t]'],
  ],
  [
    'const words = { a: "x" }; export const say = (k: string) => (words as Record<string, string>)[k];',
    ['(words as Record<string, string>)[k]'],
  ],
  [
    'const how = { review: "merge" }; export const verb = (k: string) => ({ review: "merge" } as { [k: string]: string })[k] ?? how;',
    ['({ review: "merge" } as { [k: string]: string })[k]'],
  ],
  ['export const set = (o: Record<string, number>, k: string) => { o[k] = 1; };', ['o[k]']],
  ['export const any = (o: any, k: string) => o[k];', ['o[k]']],
  ['export const maybe = (o: Record<string, number> | undefined, k: string) => o?.[k];', ['o?.[k]']],
  ['export function of<K extends string>(o: Record<string, number>, k: K) { return o[k]; }', ['o[k]']],
])('%s', (code, found) => {
  expect(findings(code)).toEqual(found);
});

test.each([
  'export const at = (l: readonly string[], i: number) => l[i];',
  'type K = "a" | "b"; export const known = (o: Record<K, number>, k: K) => o[k];',
  'export const named = (o: Record<string, number>) => o.name ?? o["other"];',
  'export const first = (s: string, i: number) => s[i];',
  'export const map = (m: ReadonlyMap<string, number>, k: string) => m.get(k);',
  'export const each = (o: Record<"a" | "b", number>) => (["a", "b"] as const).map((k) => o[k]);',
])('is let through: %s', (code) => {
  expect(findings(code)).toEqual([]);
});
