// One step of a compaction, whoever asks the model: claimed, asked, kept, checked, saved. Every one of them
// may be done again.
import type { Due } from '../../flow/memory/due.ts';
import { summaryRequest } from '../../flow/memory/request.ts';
import { extractOf, problemsOf, type Problem } from '../../flow/memory/summary.ts';
import type { Db } from '../pool.ts';
import {
  claimAnswer,
  findSource,
  releaseAnswer,
  saveAnswer,
  saveSummary,
  type AnswerKey,
  type SavedSummary,
} from './summaries.ts';

/** Asked once, and once more when the first answer does not pass. */
const ATTEMPTS = 2;
/** No model takes so long for a page. */
const ASKING_MS = 150_000;
/** What is kept of an answer that goes on and on. */
const MAX_ANSWER_CHARS = 20_000;

export interface Summarising {
  readonly ownerId: string;
  readonly due: Due;
  /** Asks the model; `once` is the same for the same question, whoever asks it again. @throws when it is away */
  readonly ask: (prompt: string, once: string) => Promise<string>;
  /** A named place where a test may end the process. */
  readonly hit: (name: string) => void;
}

/** `busy`: somebody else asks for it just now; `gone`: there is nothing to summarise any more. */
export type Summarised = SavedSummary | 'busy' | 'gone';

/**
 * Writes one summary. Killed anywhere and done again it is the same one, and the model has been asked once
 * for each attempt: what it said is kept before anything else is done with it.
 */
export async function summarise(db: Db, summarising: Summarising): Promise<Summarised> {
  const { ownerId, due } = summarising;
  const source = await findSource(db, ownerId, due);
  if (source === null) return 'gone';
  let problems: readonly Problem[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const key: AnswerKey = { ownerId, level: due.level, label: due.label, hash: source.hash, attempt };
    const answer = await answerOf(db, key, summaryRequest(due.level, source.lines, problems), summarising);
    if (answer === null) return 'busy';
    problems = problemsOf(answer, source.lines, due.level);
    if (problems.length > 0) continue;
    summarising.hit('memory.before_save');
    const saved = await saveSummary(db, ownerId, due, {
      hash: source.hash,
      text: answer.trim(),
      by: 'model',
    });
    summarising.hit('memory.saved');
    return saved;
  }
  summarising.hit('memory.before_save');
  const text = extractOf(source.lines, due.level);
  const saved = await saveSummary(db, ownerId, due, { hash: source.hash, text, by: 'extract' });
  summarising.hit('memory.saved');
  return saved;
}

const onceOf = ({ level, label, hash, attempt }: AnswerKey): string =>
  `summary/${level}/${label}/${hash}/${attempt}`;

/** @returns null while somebody else asks */
async function answerOf(
  db: Db,
  key: AnswerKey,
  prompt: string,
  summarising: Summarising,
): Promise<string | null> {
  summarising.hit('memory.before_claim');
  const claimed = await claimAnswer(db, key, ASKING_MS);
  if (claimed.is === 'answered') return claimed.text;
  if (claimed.is === 'busy') return null;
  summarising.hit('memory.claimed');
  let answer: string;
  try {
    answer = (await summarising.ask(prompt, onceOf(key))).slice(0, MAX_ANSWER_CHARS);
  } catch (err) {
    await releaseAnswer(db, key);
    throw err;
  }
  await saveAnswer(db, key, answer.replaceAll('\u0000', ''));
  summarising.hit('memory.answered');
  return answer;
}
