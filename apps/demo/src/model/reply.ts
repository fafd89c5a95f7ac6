// What the demo model answers. A pure function of the request: it keeps no state, so parallel and resumed runs just work.
import { readSummaryRequest } from '@mainloop/models/flow/memory/request';
import { extractOf } from '@mainloop/models/flow/memory/summary';
import type { Step, Story } from '../story.ts';

export interface Block {
  readonly type: 'text' | 'tool_use';
  readonly text?: string;
  readonly name?: string;
  readonly input?: unknown;
}
export interface Reply {
  readonly blocks: readonly Block[];
  readonly delayMs: number;
  readonly chunkDelayMs: number;
  readonly fault: Step['fault'];
  /** Where in the story it stands: the rule's expression and the number of the step. Empty for what no rule knows. */
  readonly rule: string;
  readonly step: number;
  /** The start of what was said to the model. */
  readonly about: string;
}

interface Message {
  readonly role: string;
  readonly content: string | readonly ContentBlock[];
}
interface ContentBlock {
  readonly type: string;
  readonly text?: string;
  readonly content?: unknown;
}
export interface Request {
  readonly messages?: readonly Message[];
  readonly tools?: readonly { readonly name?: string }[];
  readonly stream?: boolean;
  readonly model?: string;
}

export const HONEST =
  'I am the demo model: I follow a script and do not understand this. Set ANTHROPIC_API_KEY to talk to Claude, or try: "Splitting 10.00 three ways loses a cent."';

export function replyTo(story: Story, req: Request): Reply {
  const v = view(req.messages ?? []);
  const tools = new Set((req.tools ?? []).map((t) => t.name));
  // Through Claude Code the chat's tools come over MCP and have its prefix.
  const prefix = tools.has(`${MCP}spawn_task`) ? MCP : '';
  const kind = tools.has(`${prefix}spawn_task`) ? 'chat' : tools.has('Bash') ? 'agent' : 'other';
  const about = (kind === 'chat' ? v.last : v.prompt).slice(0, 200);
  const say = (text: string): Reply => ({
    blocks: [{ type: 'text', text }],
    delayMs: 0,
    chunkDelayMs: kind === 'chat' ? 15 : 0,
    fault: undefined,
    rule: '',
    step: 0,
    about,
  });
  if (kind === 'other') return say(summaryFor(v.last) ?? 'ok');
  const rules = kind === 'chat' ? story.chat : story.agent;
  for (const rule of rules) {
    const m = new RegExp(rule.when, 'is').exec(kind === 'chat' ? v.last : v.prompt);
    if (!m) continue;
    const step = rule.steps[v.turn];
    if (!step) return say('Done.');
    const fill = (s: string): string => s.replace(/\{\{(\d)\}\}/g, (_, d: string) => m[Number(d)] ?? '');
    return {
      blocks: blocks(step, fill).map((b) =>
        b.type === 'tool_use' && kind === 'chat' ? { ...b, name: prefix + b.name } : b,
      ),
      delayMs: step.delayMs || (kind === 'agent' ? story.paceMs : 0),
      chunkDelayMs: step.chunkDelayMs || (kind === 'chat' ? 15 : 0),
      fault: step.fault,
      rule: rule.when,
      step: v.turn,
      about,
    };
  }
  return say(HONEST);
}

/** Asked for a summary it gives the sentences that say the most: the same ones each time. Null when it is asked for something else. */
function summaryFor(text: string): string | null {
  const asked = readSummaryRequest(text);
  return asked === null ? null : extractOf(asked.source, asked.level);
}

function blocks(s: Step, fill: (t: string) => string): Block[] {
  const out: Block[] = [];
  if (s.text !== undefined) out.push({ type: 'text', text: fill(s.text) });
  const tool = (name: string, input: unknown): void =>
    void out.push({ type: 'tool_use', name, input: JSON.parse(fill(JSON.stringify(input))) });
  const at = (p: string): string => (p.startsWith('/') ? p : `/work/repo/${p}`);
  if (s.bash !== undefined)
    tool('Bash', { command: s.bash, description: s.bash.split('\n')[0]!.slice(0, 60) });
  if (s.read !== undefined) tool('Read', { file_path: at(s.read) });
  if (s.write !== undefined) tool('Write', { file_path: at(s.write.path), content: s.write.content });
  if (s.edit !== undefined)
    tool('Edit', { file_path: at(s.edit.path), old_string: s.edit.old, new_string: s.edit.new });
  if (s.tool !== undefined) tool(s.tool.name, s.tool.input);
  return out.length > 0 ? out : [{ type: 'text', text: '' }];
}

/**
 * The last plain message to the model, its last part alone, and how many of the model's own turns came since. In the chat
 * the last part is what the person said; what stands before it are notes.
 */
export function view(messages: readonly Message[]): { prompt: string; last: string; turn: number } {
  let at = -1;
  messages.forEach((m, i) => {
    // Claude Code passes on what is said in mid-turn as a message of its own, with the role "system".
    if (m.role === 'system' && textsOf(m.content).some((t) => t.startsWith(STEERED))) at = i;
    if (m.role === 'user' && (!holdsResult(m) || textsOf(m.content).some((t) => t.startsWith(PROMPT))))
      at = i;
  });
  const parts = at < 0 ? [''] : textsOf(messages[at]!.content);
  return {
    prompt: parts.join('\n'),
    last: parts.at(-1) ?? '',
    turn: messages.slice(at + 1).filter((m) => m.role === 'assistant').length,
  };
}

const MCP = 'mcp__mainloop__';
/** After a kill in the middle of a tool call Claude Code sends what it makes up for the result and the next prompt in one message. */
const PROMPT = '# Phase: ';
const holdsResult = (m: Message): boolean =>
  Array.isArray(m.content) && m.content.some((b: ContentBlock) => b.type === 'tool_result');
const STEERED = 'The user sent a new message while you were working:';
const textsOf = (content: Message['content']): string[] =>
  typeof content === 'string'
    ? [content]
    : content
        .filter((b) => b.type === 'text' && !(b.text ?? '').startsWith('<system-reminder>'))
        .map((b) => b.text ?? '');
