// A question asked where people talk about the code, and what of a comment there answers it. Pure.
import type { Option, Via } from './events.ts';
import { agentLine, agentQuote, joined, ours, type ForgeText } from './forge-text.ts';
import { cleanText } from './text.ts';

export const ANSWERED_WHERE: Record<Via, string> = {
  app: 'in the app',
  push: 'from a notification',
  cli: 'on the command line',
  chat: 'in the chat',
  github: 'on GitHub',
};

export interface Question {
  readonly title: string;
  readonly body: string;
  readonly options: readonly Option[];
  readonly multiple: boolean;
}

/** The question as a comment. Options are numbered, so that a number answers it. */
export function questionComment(q: Question, answered: { by: string; where: string; text: string } | null): ForgeText {
  const parts = [ours`**Claude asks:**\n\n${agentQuote(q.title)}`];
  if (q.body.trim() !== '') parts.push(agentQuote(q.body));
  if (q.options.length > 0) parts.push(joined(q.options.map(optionLine), '\n'));
  parts.push(ours`---`);
  if (answered !== null) parts.push(ours`Answered by ${agentLine(answered.by)} ${agentLine(answered.where)}:\n\n${agentQuote(answered.text)}`);
  else if (q.options.length === 0) parts.push(ours`Answer with a comment, or in mainloop.`);
  else
    parts.push(
      ours`Answer with ${q.multiple ? ours`one or several numbers` : ours`a number`} or in your own words, with a comment here or in mainloop.`,
    );
  return joined(parts, '\n\n');
}

const optionLine = (o: Option, i: number): ForgeText =>
  o.description === undefined ? ours`${i + 1}. ${agentLine(o.label)}` : ours`${i + 1}. ${agentLine(o.label)}: ${agentLine(o.description)}`;

/**
 * What a comment says to a question: the labels of the numbers it gives, or its own words without what it quotes.
 * @returns null when nothing is left to count as an answer
 */
export function answerOf(comment: string, q: Pick<Question, 'options' | 'multiple'>): string | null {
  const own = cleanText(comment, 20_000)
    .split(/\r?\n/)
    .filter((l) => !l.startsWith('>'))
    .join('\n')
    .trim();
  if (own === '') return null;
  if (!/^#?\d{1,2}([\s,;&+]+(and\s+)?#?\d{1,2})*[.! ]*$/i.test(own)) return own;
  const labels = [...new Set(own.match(/\d+/g)!.map(Number))].map((n) => q.options[n - 1]?.label);
  // A number that is none of the options is an answer in its own right: "How many?" - "3".
  if (labels.some((l) => l === undefined) || (labels.length > 1 && !q.multiple)) return own;
  return labels.join(', ');
}
