// The check of dropped errors is shown each way to drop one, or it may be asleep.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { droppedIn, problemsOfTree } from './errors.ts';

const without = (text: string): number[] =>
  droppedIn('a.ts', text)
    .filter((d) => !d.saysWhy)
    .map((d) => d.line);

test('no error of ours is dropped without a reason', async () => {
  expect(await withTree({}, problemsOfTree)).toEqual([]);
});

test.each([
  ['an empty block', 'try { a(); } catch {}'],
  [
    'a block that only gives a value',
    'function f() {\n  try {\n    return a();\n  } catch {\n    return null;\n  }\n}',
  ],
  ['an error with a name that nobody looks at', 'try { a(); } catch (err) { ok = false; }'],
  ['a promise', 'await a().catch(() => undefined);'],
  ['a promise with a value', 'const b = await a().catch((_err) => ({ c: [] }));'],
  ['a promise with a block', 'a().catch(() => {});'],
  ['a promise with an old function', 'a().catch(function () { return 1; });'],
  ['the second function of then', 'a().then(() => true, () => false);'],
  ['a call that may not be there', 'a?.b()?.catch(() => undefined);'],
  ['a string that only looks like a comment', "await a().catch(() => 'http://b');"],
  ['a comment about something else, further up', '// Why a.\nb();\nawait a().catch(() => undefined);'],
])('a planted one is noticed: %s', (_, text) => {
  expect(without(text)).toHaveLength(1);
});

test.each([
  ['a comment in the block', 'try { a(); } catch {\n  // It is gone.\n}'],
  ['a comment beside a value', 'try { a(); } catch {\n  return null; // It is gone.\n}'],
  ['a comment behind it', 'await a().catch(() => undefined); // It is gone.'],
  ['a comment above the statement', '// It is gone.\nconst b = (await a().catch(() => undefined)).c;'],
  ['a comment above the line', 'await a()\n  .b()\n  // It is gone.\n  .catch(() => undefined);'],
  ['a comment above the function', 'a().then(\n  () => true,\n  // It is gone.\n  () => false,\n);'],
])('a reason is found: %s', (_, text) => {
  expect(droppedIn('a.ts', text).map((d) => d.saysWhy)).toEqual([true]);
});

test.each([
  ['it is looked at', 'try { a(); } catch (err) { if (err.code !== 1) ok = false; }'],
  ['something else is done', 'a().catch(() => res.destroy()); try { a(); } catch { say(); }'],
  ['another one is thrown', 'try { a(); } catch { throw problem; }'],
  ['it is handed on', 'a().catch(complain); a().then(b); a().then(b, c);'],
])('an error is not dropped when %s', (_, text) => {
  expect(droppedIn('a.ts', text)).toEqual([]);
});
