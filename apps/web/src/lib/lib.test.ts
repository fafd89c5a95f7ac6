import { expect, test } from '@jest/globals';
import { parseDiff } from './diff.ts';
import { readLines } from './output.ts';
import { storyOf } from './story.ts';

test('output: tool calls are one line each, control characters are gone', () => {
  const line = (content: object[]): string => JSON.stringify({ type: 'assistant', message: { content } });
  const out = readLines(
    [
      line([{ type: 'tool_use', name: 'Edit', input: { file_path: '/work/repo/a.ts', old_string: 'a', new_string: 'b\nc' } }]),
      line([{ type: 'text', text: '\u001b[31mred\u0007' }]),
      'not json \u001b[2J',
      '{"type":"mainloop","dropped":5}',
    ].join('\n'),
  );
  expect(out.map((l) => l.text)).toEqual(['Edited a.ts +2 -1', 'red', 'not json ', '5 bytes of one line were left out']);
});

test('diff: files, counts and line numbers, for renames and binaries too', () => {
  const files = parseDiff(
    'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@ f()\n same\n-old\n+new\n+--- not a header\ndiff --git a/i.png b/i.png\nBinary files a/i.png and b/i.png differ\n',
  );
  expect(files).toHaveLength(2);
  expect(files[0]).toMatchObject({ path: 'x', additions: 2, deletions: 1 });
  expect(files[0]!.lines.at(-1)).toEqual({ kind: 'add', text: '--- not a header', n: 3 });
  expect(files[1]!.binary).toBe(true);
});

test('story: an event of a newer server is left out', () => {
  const at = new Date().toISOString();
  const base = { ownerId: 'o', taskId: 't', actor: 'x', at };
  const steps = storyOf([
    { ...base, seq: 1, type: 'pr.ready', payload: { number: 7 } },
    { ...base, seq: 2, type: 'something.new', payload: {} } as never,
  ]);
  expect(steps.map((s) => s.text)).toEqual(['Pull request #7 is ready for review.']);
});
