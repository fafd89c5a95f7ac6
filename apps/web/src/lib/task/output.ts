// An agent's JSON lines as a person reads them: tool calls folded into one line each, text as text. Pure.
import { spellOut } from '@mainloop/models/flow/text';

export interface Line {
  readonly kind: 'text' | 'tool' | 'result' | 'note';
  readonly text: string;
  readonly more: string;
}

/** A line is whatever an agent has printed, so no field is taken for what it should be. */
type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const words = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return clean(typeof value === 'string' ? value : JSON.stringify(value));
};

/**
 * @param jsonl whole lines as an agent prints them
 * @returns what is there to see of them
 */
export function readLines(jsonl: string): Line[] {
  return jsonl.split('\n').filter(Boolean).flatMap(readLine);
}

function readLine(json: string): Line[] {
  let event: Fields;
  try {
    event = fields(JSON.parse(json));
  } catch {
    return [{ kind: 'note', text: clean(json).slice(0, 400), more: '' }];
  }
  if (event.type === 'mainloop') return ofRunner(event);
  const { content } = fields(event.message);
  return Array.isArray(content) ? content.flatMap((b) => ofBlock(fields(b))) : [];
}

function ofRunner(event: Fields): Line[] {
  switch (event.subtype) {
    case 'command': {
      const came = typeof event.exitCode === 'number' ? event.exitCode : 'out of time';
      return [
        {
          kind: 'tool',
          text: `$ ${words(event.command).slice(0, 160)} → ${came}`,
          more: words(event.tail).trim(),
        },
      ];
    }
    case 'started':
      return [];
    case 'note':
      return [{ kind: 'note', text: words(event.text).slice(0, 1_000), more: '' }];
    default:
      return [{ kind: 'note', text: `${Number(event.dropped)} bytes of one line were left out`, more: '' }];
  }
}

function ofBlock(block: Fields): Line[] {
  if (block.type === 'text')
    return words(block.text).trim() === '' ? [] : [{ kind: 'text', text: words(block.text), more: '' }];
  if (block.type === 'tool_use') return [tool(block)];
  if (block.type !== 'tool_result') return [];
  const text = (
    Array.isArray(block.content)
      ? block.content.map((x) => words(fields(x).text)).join('\n')
      : words(block.content)
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

function tool(block: Fields): Line {
  const input = fields(block.input);
  const file = words(input.file_path).replace('/work/repo/', '');
  switch (block.name) {
    case 'Bash':
      return {
        kind: 'tool',
        text: `$ ${words(input.command).split('\n')[0]!.slice(0, 160)}`,
        more: words(input.command),
      };
    case 'Edit':
      return {
        kind: 'tool',
        text: `Edited ${file} +${count(input.new_string)} -${count(input.old_string)}`,
        more: `${prefix('-', input.old_string)}\n${prefix('+', input.new_string)}`,
      };
    case 'Write':
      return {
        kind: 'tool',
        text: `Wrote ${file}, ${count(input.content)} lines`,
        more: words(input.content),
      };
    case 'Read':
      return { kind: 'tool', text: `Read ${file}`, more: '' };
    default:
      return { kind: 'tool', text: `${words(block.name)} ${words(input.pattern)}`.trim(), more: '' };
  }
}

const count = (said: unknown): number => words(said).replace(/\n$/, '').split('\n').length;
const prefix = (mark: string, said: unknown): string =>
  words(said)
    .split('\n')
    .map((l) => mark + l)
    .join('\n');
/** Colours of a terminal say nothing here, and what hides may say something it should not. */
const clean = (text: string): string => spellOut(text);
