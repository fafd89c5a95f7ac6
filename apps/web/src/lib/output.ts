// An agent's JSON lines as a person reads them: tool calls folded into one line each, text as text. Pure.
import { spellOut } from '@mainloop/models/flow/text';

export interface Line {
  readonly kind: 'text' | 'tool' | 'result' | 'note';
  readonly text: string;
  readonly more: string;
}

/** A line is whatever an agent has printed, so no field is taken for what it should be. */
type Fields = Readonly<Record<string, unknown>>;
const fields = (x: unknown): Fields => (typeof x === 'object' && x !== null ? (x as Fields) : {});
const words = (x: unknown): string =>
  typeof x === 'string' ? clean(x) : x === undefined || x === null ? '' : clean(JSON.stringify(x));

export function readLines(jsonl: string): Line[] {
  return jsonl.split('\n').filter(Boolean).flatMap(readLine);
}

function readLine(json: string): Line[] {
  let e: Fields;
  try {
    e = fields(JSON.parse(json));
  } catch {
    return [{ kind: 'note', text: clean(json).slice(0, 400), more: '' }];
  }
  if (e.type === 'mainloop') return ofRunner(e);
  const { content } = fields(e.message);
  return Array.isArray(content) ? content.flatMap((b) => ofBlock(fields(b))) : [];
}

function ofRunner(e: Fields): Line[] {
  switch (e.subtype) {
    case 'command': {
      const came = typeof e.exitCode === 'number' ? e.exitCode : 'out of time';
      return [
        { kind: 'tool', text: `$ ${words(e.command).slice(0, 160)} → ${came}`, more: words(e.tail).trim() },
      ];
    }
    case 'started':
      return [];
    case 'note':
      return [{ kind: 'note', text: words(e.text).slice(0, 1_000), more: '' }];
    default:
      return [{ kind: 'note', text: `${Number(e.dropped)} bytes of one line were left out`, more: '' }];
  }
}

function ofBlock(b: Fields): Line[] {
  if (b.type === 'text')
    return words(b.text).trim() === '' ? [] : [{ kind: 'text', text: words(b.text), more: '' }];
  if (b.type === 'tool_use') return [tool(b)];
  if (b.type !== 'tool_result') return [];
  const text = (
    Array.isArray(b.content) ? b.content.map((x) => words(fields(x).text)).join('\n') : words(b.content)
  ).trim();
  if (text === '') return [];
  return [
    {
      kind: 'result',
      text: text.split('\n')[0]!.slice(0, 200),
      more: text.includes('\n') || text.length > 200 ? text.slice(0, 20_000) : '',
    },
  ];
}

function tool(b: Fields): Line {
  const i = fields(b.input);
  const file = words(i.file_path).replace('/work/repo/', '');
  switch (b.name) {
    case 'Bash':
      return {
        kind: 'tool',
        text: `$ ${words(i.command).split('\n')[0]!.slice(0, 160)}`,
        more: words(i.command),
      };
    case 'Edit':
      return {
        kind: 'tool',
        text: `Edited ${file} +${count(i.new_string)} -${count(i.old_string)}`,
        more: `${prefix('-', i.old_string)}\n${prefix('+', i.new_string)}`,
      };
    case 'Write':
      return { kind: 'tool', text: `Wrote ${file}, ${count(i.content)} lines`, more: words(i.content) };
    case 'Read':
      return { kind: 'tool', text: `Read ${file}`, more: '' };
    default:
      return { kind: 'tool', text: `${words(b.name)} ${words(i.pattern)}`.trim(), more: '' };
  }
}

const count = (s: unknown): number => words(s).replace(/\n$/, '').split('\n').length;
const prefix = (p: string, s: unknown): string =>
  words(s)
    .split('\n')
    .map((l) => p + l)
    .join('\n');
/** Colours of a terminal say nothing here, and what hides may say something it should not. */
const clean = (s: string): string => spellOut(s);
