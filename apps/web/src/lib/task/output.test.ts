import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLines } from './output.ts';

test('output: whatever a line holds, the page shows it or leaves it out', () => {
  const block = fc.record(
    {
      type: fc.constantFrom('text', 'tool_use', 'tool_result'),
      text: fc.jsonValue(),
      name: fc.jsonValue(),
      input: fc.jsonValue(),
      content: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const said = fc.record(
    {
      type: fc.constantFrom('assistant', 'mainloop'),
      subtype: fc.jsonValue(),
      message: fc.record({ content: fc.array(fc.oneof(block, fc.jsonValue())) }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(said, fc.jsonValue()), (line) => {
      for (const l of readLines(JSON.stringify(line)))
        expect([typeof l.text, typeof l.more]).toEqual(['string', 'string']);
    }),
  );
  expect(readLines('null')).toEqual([]);
});

test('output: tool calls are one line each, control characters are gone', () => {
  const line = (content: object[]): string => JSON.stringify({ type: 'assistant', message: { content } });
  const out = readLines(
    [
      line([
        {
          type: 'tool_use',
          name: 'Edit',
          input: { file_path: '/work/repo/a.ts', old_string: 'a', new_string: 'b\nc' },
        },
      ]),
      line([{ type: 'text', text: '\u001b[31mred\u0007' }]),
      'not json \u001b[2J',
      '{"type":"mainloop","subtype":"started","at":{}}',
      '{"type":"mainloop","dropped":5}',
      '{"type":"mainloop","subtype":"note","text":"Submodules are empty\\u0007"}',
    ].join('\n'),
  );
  expect(out.map((l) => l.text)).toEqual([
    'Edited a.ts +2 -1',
    'red[U+0007]',
    'not json [U+001B][2J',
    '5 bytes of one line were left out',
    'Submodules are empty[U+0007]',
  ]);
});
