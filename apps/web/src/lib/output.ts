// An agent's JSON lines as a person reads them: tool calls folded into one line each, text as text. Pure.
import { spellOut } from '@mainloop/models/flow/text';

export interface Line {
  readonly kind: 'text' | 'tool' | 'result' | 'note';
  readonly text: string;
  readonly more: string;
}

interface Block {
  type: string;
  text?: string;
  name?: string;
  input?: Record<string, unknown>;
  content?: unknown;
  is_error?: boolean;
}

export function readLines(jsonl: string): Line[] {
  return jsonl.split('\n').filter(Boolean).flatMap(readLine);
}

function readLine(json: string): Line[] {
  let e: {
    type?: string;
    message?: { content?: unknown };
    dropped?: number;
    subtype?: string;
    command?: string;
    exitCode?: number | null;
    tail?: string;
    text?: string;
  };
  try {
    e = JSON.parse(json) as typeof e;
  } catch {
    return [{ kind: 'note', text: clean(json).slice(0, 400), more: '' }];
  }
  if (e.type === 'mainloop' && e.subtype === 'command')
    return [
      {
        kind: 'tool',
        text: `$ ${clean(String(e.command)).slice(0, 160)} → ${e.exitCode ?? 'out of time'}`,
        more: clean(String(e.tail ?? '')).trim(),
      },
    ];
  if (e.type === 'mainloop' && e.subtype === 'started') return [];
  if (e.type === 'mainloop' && e.subtype === 'note') return [{ kind: 'note', text: clean(String(e.text)).slice(0, 1_000), more: '' }];
  if (e.type === 'mainloop') return [{ kind: 'note', text: `${e.dropped} bytes of one line were left out`, more: '' }];
  const blocks = Array.isArray(e.message?.content) ? (e.message.content as Block[]) : [];
  return blocks.flatMap((b): Line[] => {
    if (b.type === 'text' && b.text?.trim()) return [{ kind: 'text', text: clean(b.text), more: '' }];
    if (b.type === 'tool_use') return [tool(b)];
    if (b.type === 'tool_result') {
      const text = clean(
        typeof b.content === 'string' ? b.content : Array.isArray(b.content) ? (b.content as Block[]).map((x) => x.text ?? '').join('\n') : '',
      ).trim();
      return text === ''
        ? []
        : [{ kind: 'result', text: text.split('\n')[0]!.slice(0, 200), more: text.includes('\n') || text.length > 200 ? text.slice(0, 20_000) : '' }];
    }
    return [];
  });
}

function tool(b: Block): Line {
  const i = b.input ?? {};
  const file = clean(String(i.file_path ?? '').replace('/work/repo/', ''));
  switch (b.name) {
    case 'Bash':
      return {
        kind: 'tool',
        text: `$ ${clean(String(i.command ?? ''))
          .split('\n')[0]!
          .slice(0, 160)}`,
        more: clean(String(i.command ?? '')),
      };
    case 'Edit':
      return {
        kind: 'tool',
        text: `Edited ${file} +${count(i.new_string)} -${count(i.old_string)}`,
        more: `${prefix('-', i.old_string)}\n${prefix('+', i.new_string)}`,
      };
    case 'Write':
      return { kind: 'tool', text: `Wrote ${file}, ${count(i.content)} lines`, more: clean(String(i.content ?? '')) };
    case 'Read':
      return { kind: 'tool', text: `Read ${file}`, more: '' };
    default:
      return { kind: 'tool', text: clean(`${b.name} ${String(i.pattern ?? '')}`.trim()), more: '' };
  }
}

const count = (s: unknown): number =>
  String(s ?? '')
    .replace(/\n$/, '')
    .split('\n').length;
const prefix = (p: string, s: unknown): string =>
  clean(String(s ?? ''))
    .split('\n')
    .map((l) => p + l)
    .join('\n');
/** Colours of a terminal say nothing here, and what hides may say something it should not. */
const clean = (s: string): string => spellOut(s);
