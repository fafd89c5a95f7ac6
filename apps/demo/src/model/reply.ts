// What the demo model answers. A pure function of the request: it keeps no state, so parallel and resumed
// runs just work.
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

/**
 * What the scripted model says to a request.
 * @param story whose first rule that fits the last message counts
 * @returns blocks, delays in milliseconds, and the fault that it is to have
 */
export function replyTo(story: Story, req: Request): Reply {
  const [newest, ...older] = views(req.messages ?? []);
  const tools = new Set((req.tools ?? []).map((t) => t.name));
  // Through Claude Code the chat's tools come over MCP and have its prefix.
  const prefix = tools.has(`${MCP}spawn_task`) ? MCP : '';
  const worker = tools.has('Bash') ? 'agent' : 'other';
  const kind = tools.has(`${prefix}spawn_task`) ? 'chat' : worker;
  const about = (kind === 'chat' ? newest.last : newest.prompt).slice(0, 200);
  const say = (text: string): Reply => ({
    blocks: [{ type: 'text', text }],
    delayMs: 0,
    chunkDelayMs: kind === 'chat' ? 15 : 0,
    fault: undefined,
    rule: '',
    step: 0,
    about,
  });
  if (kind === 'other') return say(summaryFor(newest.last) ?? 'ok');
  const rules = kind === 'chat' ? story.chat : story.agent;
  // A session that is taken up again may be told to go on in words of Claude Code's own: the agent goes on
  // with what it was told before.
  for (const said of kind === 'chat' ? [newest] : [newest, ...older]) {
    const found = firstOf(rules, kind === 'chat' ? said.last : said.prompt);
    if (found === null) continue;
    const { rule, match } = found;
    const step = rule.steps[said.turn];
    if (!step) return say('Done.');
    const fill = (text: string): string =>
      text.replace(/\{\{(\d)\}\}/g, (_, d: string) => match[Number(d)] ?? '');
    return {
      blocks: blocks(step, fill).map((block) =>
        block.type === 'tool_use' && kind === 'chat' ? { ...block, name: prefix + block.name } : block,
      ),
      delayMs: step.delayMs || (kind === 'agent' ? story.paceMs : 0),
      chunkDelayMs: step.chunkDelayMs || (kind === 'chat' ? 15 : 0),
      fault: step.fault,
      rule: rule.when,
      step: said.turn,
      about,
    };
  }
  return say(HONEST);
}

function firstOf(
  rules: Story['agent'],
  said: string,
): { readonly rule: Story['agent'][number]; readonly match: RegExpExecArray } | null {
  for (const rule of rules) {
    const match = new RegExp(rule.when, 'is').exec(said);
    if (match) return { rule, match };
  }
  return null;
}

/**
 * Asked for a summary it gives the sentences that say the most: the same ones each time. Null when it is
 * asked for something else.
 */
function summaryFor(text: string): string | null {
  const asked = readSummaryRequest(text);
  return asked === null ? null : extractOf(asked.source, asked.level);
}

function blocks(step: Step, fill: (t: string) => string): Block[] {
  const out: Block[] = [];
  if (step.text !== undefined) out.push({ type: 'text', text: fill(step.text) });
  const tool = (name: string, input: unknown): void =>
    void out.push({ type: 'tool_use', name, input: JSON.parse(fill(JSON.stringify(input))) });
  const at = (file: string): string => (file.startsWith('/') ? file : `/work/repo/${file}`);
  if (step.bash !== undefined)
    tool('Bash', { command: step.bash, description: step.bash.split('\n')[0]!.slice(0, 60) });
  if (step.read !== undefined) tool('Read', { file_path: at(step.read) });
  if (step.write !== undefined)
    tool('Write', { file_path: at(step.write.path), content: step.write.content });
  if (step.edit !== undefined)
    tool('Edit', { file_path: at(step.edit.path), old_string: step.edit.old, new_string: step.edit.new });
  if (step.tool !== undefined) tool(step.tool.name, step.tool.input);
  return out.length > 0 ? out : [{ type: 'text', text: '' }];
}

interface Said {
  readonly prompt: string;
  readonly last: string;
  readonly turn: number;
}

/**
 * What was said to the model in plain messages, the newest first: the whole, its last part alone, and how
 * many of the model's own turns came since. In the chat the last part is what the person said; what stands
 * before it are notes.
 * @returns `turn` is 0 for the first answer to it; at least one
 */
export function views(messages: readonly Message[]): readonly [Said, ...Said[]] {
  const out: Said[] = [];
  messages.forEach((message, at) => {
    // Claude Code passes on what is said in mid-turn as a message of its own, with the role "system".
    const texts = textsOf(message.content);
    const parts = texts.filter((t) => !TOLD.test(t)).map((t) => t.replace(OF_OTHERS, ''));
    const isSteered = message.role === 'system' && parts.some((t) => t.startsWith(STEERED));
    const isPrompt =
      message.role === 'user' && (!holdsResult(message) || parts.some((t) => t.startsWith(PROMPT)));
    if ((!isSteered && !isPrompt) || parts.length < Math.min(texts.length, 1)) return;
    out.unshift({
      prompt: parts.join('\n'),
      last: parts.at(-1) ?? '',
      turn: messages.slice(at + 1).filter((m) => m.role === 'assistant').length,
    });
  });
  const [
    newest = { prompt: '', last: '', turn: messages.filter((m) => m.role === 'assistant').length },
    ...older
  ] = out;
  return [newest, ...older];
}

const MCP = 'mcp__mainloop__';
/**
 * After a kill in the middle of a tool call Claude Code sends what it makes up for the result and the next
 * prompt in one message.
 */
const PROMPT = '# Phase: ';
const holdsResult = (message: Message): boolean =>
  Array.isArray(message.content) && message.content.some((b: ContentBlock) => b.type === 'tool_result');
const STEERED = 'The user sent a new message while you were working:';
/** What mainloop tells of its own accord asks for nothing. */
const TOLD = new RegExp(`^(?:${STEERED}\\s*)?mainloop tells you:`);
/** What is said of other tasks and of people: their words are no rule's. */
const OF_OTHERS = /(`{3,})(?:history|collision)\n.*?\n\1/gs;
const textsOf = (content: Message['content']): string[] =>
  typeof content === 'string'
    ? [content]
    : content
        .filter((b) => b.type === 'text' && !(b.text ?? '').startsWith('<system-reminder>'))
        .map((b) => b.text ?? '');
