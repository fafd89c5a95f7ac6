// What a running Claude Code asks leave for, as a rule that can be remembered and as words for the person who decides. Pure.
import { cleanText, cleanTitle, fence } from './text.ts';

/**
 * Always let through where permissions are asked for: reading, editing files of the clone, the task's own branch, and
 * talking to the reader. Not Claude Code's mode `acceptEdits`: that lets `rm -rf` through unasked (tried, 2.1.329).
 */
export const ALWAYS_ALLOWED = [
  'Read',
  'Edit',
  'Write',
  'Glob',
  'Grep',
  'TodoWrite',
  ...['mainloop', 'git add', 'git commit', 'git push', 'git status', 'git diff', 'git log', 'git show', 'ls', 'cat', 'pwd'].map(
    (c) => `Bash(${c}:*)`,
  ),
];

/**
 * The rule that "always" remembers. A shell command is remembered to the letter, because one more word can make another
 * command of it; any other tool by its name.
 */
export function ruleOf(tool: string, input: Record<string, unknown>): string {
  return tool === 'Bash' ? `Bash(${String(input.command ?? '')})` : tool;
}

/** The request in words: what, why (Claude's own words), and how far it can reach. */
export function describeRequest(
  tool: string,
  input: Record<string, unknown>,
  egress: 'registries' | 'none' | readonly string[],
): { title: string; body: string } {
  const command = tool === 'Bash' ? cleanText(String(input.command ?? ''), 8_000) : '';
  const target = String(input.file_path ?? input.path ?? input.url ?? '');
  const what =
    tool === 'Bash'
      ? `Run: ${cleanTitle(command.split('\n')[0] ?? '', 120)}`
      : `${cleanTitle(tool, 60)}${target ? `: ${cleanTitle(target, 120)}` : ''}`;
  const why = typeof input.description === 'string' && input.description !== '' ? `Claude says: ${cleanTitle(input.description, 300)}\n\n` : '';
  const detail = tool === 'Bash' ? fence(command, 'sh') : fence(cleanText(JSON.stringify(input, null, 2), 4_000), 'json');
  return { title: what, body: `${why}${detail}\n\n${reach(tool, command, egress)}` };
}

function reach(tool: string, command: string, egress: 'registries' | 'none' | readonly string[]): string {
  const net = egress === 'none' ? 'no network' : egress === 'registries' ? 'package registries' : `${egress.length} allowed hosts`;
  const base = `It runs in the sandbox of this task: the working tree, this task's branch and ${net} are in reach, nothing of your machine.`;
  const risks = RISKS.filter(([re]) => tool === 'Bash' && re.test(command)).map(([, words]) => words);
  return risks.length > 0 ? `${base} Look twice: ${risks.join('; ')}.` : base;
}

const RISKS: readonly [RegExp, string][] = [
  [/\brm\s+(-\w*[rf]\w*\s+)+/, 'it deletes files, also uncommitted ones'],
  [/\bgit\s+(reset\s+--hard|clean\s+-\w*f|checkout\s+(--\s+)?\.)/, 'it throws uncommitted work away'],
  [/\bgit\s+push\b.*(--force|-f\b|\s\+)/, "it rewrites the branch's history"],
  [/\b(curl|wget)\b[^|]*\|\s*(ba|z)?sh\b/, 'it runs a script from the network unseen'],
  [/\b(npm|pnpm|yarn|bun)\s+publish\b|\btwine\s+upload\b|\bcargo\s+publish\b/, 'it publishes a package'],
];
