// What a review, a task that was sent back, a red check or somebody's own commit teaches: a rule in the words
// that were said, or nothing. Pure.
import { causeIn } from '../ci/causes.ts';
import type { LearningSource } from './learnings.ts';
import { isLittle, wordsIn } from '../conversation/search.ts';
import { ownWords, smallTalk } from '../forge/small-talk.ts';
import { cleanTitle, spellOut } from '../text.ts';

/** Something that happened to an agent's work. */
export type Happened =
  /** `isUsers`: the user said it, in the app, and not somebody on the forge. */
  | {
      readonly is: 'comment';
      readonly author: string;
      readonly isUsers: boolean;
      readonly text: string;
      readonly path: string | null;
    }
  | { readonly is: 'sent_back'; readonly author: string; readonly isUsers: boolean; readonly text: string }
  | { readonly is: 'red'; readonly failures: readonly { readonly name: string; readonly message: string }[] }
  /** `title`: of the newest commit that the agent did not push. */
  | { readonly is: 'commit'; readonly author: string; readonly title: string };

/** What may become a rule. */
export interface Signal {
  readonly source: Extract<LearningSource, 'review' | 'sent_back' | 'ci' | 'commit'>;
  /** Whose words they are. */
  readonly author: string;
  readonly rule: string;
  readonly why: string;
  readonly path: string | null;
  /** The user's own word that it holds from now on: then a person is asked at once. */
  readonly isWord: boolean;
}

/** Longer ones are about the one change, not about the next. */
const RULE_CHARS = 300;
/** Fewer words than this say nothing to whoever was not there. */
const LEAST_WORDS = 3;
/** How many red checks of one commit are looked at. */
const CHECKS = 3;

/** Words by which somebody speaks of more than this one change. */
const FROM_NOW_ON =
  /\b(?:always|never|from now on|in (?:the )?future|(?:each|every|next) time|as a rule|again and again|we (?:do not|don['’]t|never|always)|remember (?:to|that)|please (?:stop|remember)|going forward)\b/i;
/** What brings another branch in teaches nothing. */
const MERGE = /^(?:merge (?:branch|pull request|remote-tracking|tag|commit)|revert ["“])/i;

/**
 * @returns what it may teach, with whose words they are; none for small talk, questions, and what is too short or
 * too long to be a rule
 */
export function signalsOf(happened: Happened): Signal[] {
  switch (happened.is) {
    case 'comment': {
      const rule = ruleIn(happened.text);
      if (rule === null) return [];
      const { author, path } = happened;
      const where = path === null ? '' : ` of ${cleanTitle(spellOut(path), 200)}`;
      const isWord = happened.isUsers && FROM_NOW_ON.test(rule);
      return [
        {
          source: 'review',
          author: named(author),
          rule,
          why: `Said in review${where}.`,
          path: kindOf(path),
          isWord,
        },
      ];
    }
    case 'sent_back': {
      const rule = ruleIn(happened.text);
      if (rule === null) return [];
      const isWord = happened.isUsers && FROM_NOW_ON.test(rule);
      const why = 'Said when the work was sent back.';
      return [{ source: 'sent_back', author: named(happened.author), rule, why, path: null, isWord }];
    }
    case 'red':
      return happened.failures.slice(0, CHECKS).flatMap(({ name, message }) => {
        const cause = causeIn(message);
        if (cause === null) return [];
        const check = cleanTitle(spellOut(name), 80);
        const rule = cleanTitle(
          `Before a push, see to it that ${check} does not say: ${spellOut(cause)}`,
          RULE_CHARS,
        );
        const why = `The check ${check} was red.`;
        return [
          { source: 'ci' as const, author: `the check ${check}`, rule, why, path: null, isWord: false },
        ];
      });
    case 'commit': {
      const title = spellOut(happened.title).trim();
      if (MERGE.test(title) || !isTelling(title)) return [];
      const why = 'Committed on top of an agent’s work, before it was merged.';
      return [
        {
          source: 'commit',
          author: named(happened.author),
          rule: cleanTitle(title, RULE_CHARS),
          why,
          path: null,
          isWord: false,
        },
      ];
    }
  }
}

const isTelling = (text: string): boolean =>
  wordsIn(text).filter((word) => !isLittle(word)).length >= LEAST_WORDS;
const named = (author: string): string => cleanTitle(spellOut(author), 80) || 'somebody';

/** The words of a comment as one rule; null when they are none. */
function ruleIn(text: string): string | null {
  if (smallTalk(text) !== null) return null;
  const own = ownWords(text)
    .replace(/^[ \t]*(`{3,}|~{3,})[\s\S]*?(?:^[ \t]*\1[^\n]*$|$(?![\s\S]))/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const sentences = own.split(/(?<=[.!])\s+(?=\p{Lu}|\p{N})/u);
  // What is asked is answered there, and what begins with an answer to somebody is about that.
  const telling = sentences.filter((s) => !s.includes('?') && isTelling(s));
  const wanted = telling.find((s) => FROM_NOW_ON.test(s)) ?? telling[0];
  if (wanted === undefined || wanted.length > RULE_CHARS) return null;
  return cleanTitle(spellOut(wanted), RULE_CHARS);
}

/** Files of the same kind, as `*.ts`; null when the name does not tell. */
function kindOf(path: string | null): string | null {
  const ending = /\.([A-Za-z][A-Za-z0-9]{0,9})$/.exec(path ?? '')?.[1];
  return ending === undefined ? null : `*.${ending}`;
}
