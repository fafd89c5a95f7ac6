// A question asked where people talk about the code, and what of a comment there answers it. Pure.
import { actorWords } from '../actors.ts';
import type { Option, Via } from '../events.ts';
import { agentLine, agentQuote, joined, ours, type ForgeText } from './text.ts';
import { isMachines, isReport, type Account, type Times } from './machines.ts';
import { smallTalk } from './small-talk.ts';
import { cleanText } from '../text.ts';

export const ANSWERED_WHERE: Record<Via, string> = {
  app: 'in the app',
  push: 'from a notification',
  cli: 'on the command line',
  chat: 'in the chat',
  github: 'on GitHub',
  automation: 'by an automation',
};

export interface Question {
  readonly title: string;
  readonly body: string;
  readonly options: readonly Option[];
  readonly multiple: boolean;
}

/**
 * The question as a comment. Options are numbered, so that a number answers it.
 * @param answered who answered it, where and how; null while it waits
 */
export function questionComment(
  question: Question,
  answered: { by: string; where: string; text: string } | null,
): ForgeText {
  const parts = [ours`**Claude asks:**\n\n${agentQuote(question.title)}`];
  if (question.body.trim() !== '') parts.push(agentQuote(question.body));
  if (question.options.length > 0) parts.push(joined(question.options.map(optionLine), '\n'));
  parts.push(ours`---`);
  if (answered !== null)
    parts.push(
      ours`Answered by ${agentLine(actorWords(answered.by))} ${agentLine(answered.where)}:\n\n${agentQuote(answered.text)}`,
    );
  else if (question.options.length === 0) parts.push(ours`Answer with a comment, or in mainloop.`);
  else
    parts.push(
      ours`Answer with ${question.multiple ? ours`one or several numbers` : ours`a number`}, with a comment here or in mainloop. To say it in your own words, quote the question.`,
    );
  return joined(parts, '\n\n');
}

const optionLine = (option: Option, i: number): ForgeText =>
  joined(
    [
      ours`${i + 1}. ${agentLine(option.label)}`,
      option.recommended === true ? ours` (recommended)` : ours``,
      option.description === undefined ? ours`` : ours`: ${agentLine(option.description)}`,
    ],
    '',
  );

/**
 * What a comment says to a question: the labels of the numbers it gives, or its own words without what it quotes.
 * @returns null when nothing is left to count as an answer
 */
export function answerOf(comment: string, question: Pick<Question, 'options' | 'multiple'>): string | null {
  const own = cleanText(comment, 20_000)
    .split(/\r?\n/)
    .filter((l) => !l.startsWith('>'))
    .join('\n')
    .trim();
  if (own === '') return null;
  if (!/^#?\d{1,2}([\s,;&+]+(and\s+)?#?\d{1,2})*[.! ]*$/i.test(own)) return own;
  const labels = [...new Set(own.match(/\d+/g)!.map(Number))].map((n) => question.options[n - 1]?.label);
  // A number that is none of the options is an answer in its own right: "How many?" - "3".
  if (labels.some((l) => l === undefined) || (labels.length > 1 && !question.multiple)) return own;
  return labels.join(', ');
}

/** What a comment beside a question is. `chatter`: it answers nothing. */
type Reading = { readonly is: 'answer'; readonly text: string } | { readonly is: 'chatter' };

/**
 * Tells an answer from what people say besides. An answer gives a number, names an option, or quotes the
 * question; where there are no options, it is whatever is no small talk and asks nothing back. Whether its
 * author may answer is not decided here.
 * @param times of what the author wrote there, this comment too
 */
export function readingOf(
  comment: Account & { readonly body: string },
  question: Pick<Question, 'title' | 'options' | 'multiple'>,
  times: Times,
): Reading {
  const text = answerOf(comment.body, question);
  if (text === null || isMachines(comment, comment.body, times) || isReport(comment.body)) return CHATTER;
  if (quotes(comment.body, question) || isNumbers(comment.body, question)) return { is: 'answer', text };
  const talk = smallTalk(comment.body);
  if (namesOption(comment.body, question) && talk !== 'later') return { is: 'answer', text };
  if (question.options.length > 0 || /^@[\w-]+\s/.test(text) || /\?\s*$/.test(text)) return CHATTER;
  return talk === null || talk === 'approval' || (talk === 'later' && ONE_WORD.test(text))
    ? { is: 'answer', text }
    : CHATTER;
}
/** "Which state?" - "done". "When?" - "tomorrow". */
const ONE_WORD = /^(?!ping|bump|cc|looking|reviewing|checking|later|soon)[\p{L}\p{N}_-]+[.!]*$/iu;
const CHATTER: Reading = { is: 'chatter' };

const plain = (text: string): string => ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `;

/** Whether one of the lines that it quotes is of the question. */
function quotes(body: string, { title, options }: Pick<Question, 'title' | 'options'>): boolean {
  const asked = plain(['Claude asks', title, ...options.map((o) => o.label)].join(' '));
  const quoted = body.split(/\r?\n/).filter((l) => l.startsWith('>'));
  return quoted.map(plain).some((l) => l.trim() !== '' && asked.includes(l));
}

const isNumbers = (body: string, question: Pick<Question, 'options' | 'multiple'>): boolean =>
  question.options.length > 0 &&
  answerOf(body, question) !== answerOf(body, { options: [], multiple: question.multiple });

const namesOption = (body: string, { options }: Pick<Question, 'options'>): boolean => {
  const own = plain(answerOf(body, { options: [], multiple: false }) ?? '');
  return options.some(({ label }) => plain(label).trim() !== '' && own.includes(plain(label)));
};
