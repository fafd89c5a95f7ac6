// What of the comments on a pull request is a request, and which of them were heard before. Pure.
import { asks, isMachines, isReport, timesOf, type Account, type Times } from './machines.ts';
import { smallTalk, type SmallTalk } from './small-talk.ts';
import { cleanText, spellOut } from '../text.ts';

export type Verdict = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';

/** Something that was said on a pull request; the forge counts the three places each for itself. */
export interface Remark extends Account {
  readonly id: number;
  readonly where: 'review' | 'line' | 'talk';
  readonly body: string;
  /** Of a review. */
  readonly verdict?: Verdict;
}

/**
 * Why a comment starts nothing. `edited`: it was worked on, and its words were changed afterwards;
 * `stranger`: of somebody who may not write to the repository.
 */
export const PASSED_OVER = [
  'approval',
  'thanks',
  'later',
  'command',
  'quote',
  'machine',
  'stranger',
  'edited',
] as const;
type PassedOver = (typeof PASSED_OVER)[number];
/** For the person, after "not taken as a request: ". */
export const PASSED_WORDS: Record<PassedOver, string> = {
  approval: 'an approval',
  thanks: 'thanks',
  later: 'somebody says what they will do',
  command: 'a command to another tool',
  quote: 'a quote without words',
  machine: 'written by a machine',
  stranger: 'of somebody who may not write to the repository',
  edited: 'changed after it was worked on',
};

export type Judged =
  /** `nothing`: there is not even something to tell of. */
  { readonly is: 'request' | 'unclear' | 'nothing' } | { readonly is: 'passed'; readonly why: PassedOver };

/**
 * Decides by the words alone. What is not clearly small talk counts: a comment too many for the agent costs a
 * run, one too few costs a person.
 * @param times of what its author wrote on this pull request in the same place, this one too
 */
export function judge(remark: Remark, times: Times): Judged {
  const { where, verdict, body } = remark;
  if (verdict === 'PENDING' || verdict === 'DISMISSED') return { is: 'nothing' };
  if (isMachines(remark, body, where === 'talk' ? times : NEVER)) return { is: 'passed', why: 'machine' };
  if (verdict === 'CHANGES_REQUESTED') return { is: 'request' };
  if (/^[ \t]*```[ \t]*suggestion\b/m.test(body)) return { is: 'request' };
  const talk = smallTalk(body);
  if (talk !== null)
    return verdict === 'APPROVED' && talk === 'nothing' ? { is: 'passed', why: 'approval' } : small(talk);
  if (verdict === 'APPROVED' && !asks(body)) return { is: 'passed', why: 'approval' };
  if (where === 'line') return { is: 'request' };
  return isReport(body) ? { is: 'passed', why: 'machine' } : { is: 'unclear' };
}

const NEVER: Times = () => 0;

const small = (talk: SmallTalk): Judged =>
  talk === 'nothing' ? { is: 'nothing' } : { is: 'passed', why: talk };

/** What is known of a comment that was met before, by its key. */
export interface Met {
  /** As the agent was given it, each time; none while it was only passed over. */
  readonly worked: readonly string[];
  /** Words, as `wordsKey` names them, with which it was told as passed over. */
  readonly passed: readonly string[];
  /** The same of those with which the person said that it is a request. */
  readonly taken: readonly string[];
}
export type JudgedRemark<R extends Remark> = {
  readonly remark: R;
  readonly judged: Judged;
  readonly atOnce: boolean;
};

/**
 * What the agent is given of a comment, and the page shows.
 * @param body of a comment on the forge
 * @returns 20,000 characters at most, with whatever hides in them spelt out
 */
export const requestText = (body: string): string =>
  spellOut(cleanText(body.replaceAll('\r\n', '\n').trim() || 'Changes are asked for.', 20_000));

/**
 * Names a comment on a pull request, whatever is written in it.
 * @returns a key that is another for a comment, a review and a line's comment of the same number
 */
export const keyOf = ({ where, id }: Pick<Remark, 'where' | 'id'>): string => `${where}${id}`;

/**
 * @returns words that two texts have in common when they differ in blanks and capitals alone; short, for ids
 * and keys
 */
export function wordsKey(text: string): string {
  // FNV-1a: it names an edit among the few of one comment and guards nothing.
  let hash = 0x811c9dc5;
  for (const unit of text.trim().replace(/\s+/g, ' ').toLowerCase())
    hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(36);
}

/**
 * Goes through a whole page by id: when something was written, submitted or edited does not matter, and the
 * order neither.
 * @param mayWrite whether an account's words count
 * @param answers keys of comments that answered a question
 * @returns each comment that is not done with, and what it is
 */
export function judgeAll<R extends Remark>(
  page: readonly R[],
  met: ReadonlyMap<string, Met>,
  mayWrite: (author: string) => boolean,
  answers: ReadonlySet<string>,
): JudgedRemark<R>[] {
  const byAuthor = Map.groupBy(page, authorOf);
  const times = new Map([...byAuthor].map(([author, said]) => [author, timesOf(said.map((r) => r.body))]));
  return page.flatMap((remark) => {
    const key = keyOf(remark);
    if (answers.has(key)) return [];
    const before = met.get(key);
    const words = wordsKey(requestText(remark.body));
    if (before?.worked.some((w) => wordsKey(w) === words)) return [];
    if (before?.taken.includes(words)) return [{ remark, judged: { is: 'request' as const }, atOnce: true }];
    const judged = judgedOf(remark, times.get(authorOf(remark)) ?? NEVER, {
      worked: (before?.worked.length ?? 0) > 0,
      mayWrite: mayWrite(remark.author),
    });
    if (judged.is === 'nothing') return [];
    return [{ remark, judged, atOnce: judged.is === 'request' && remark.verdict === 'CHANGES_REQUESTED' }];
  });
}

const authorOf = ({ author, where }: Remark): string => `${where} ${author}`;

function judgedOf(
  remark: Remark,
  times: Times,
  is: { readonly worked: boolean; readonly mayWrite: boolean },
): Judged {
  const judged = judge(remark, times);
  if (judged.is === 'nothing' || (judged.is === 'passed' && judged.why === 'machine')) return judged;
  if (!is.mayWrite) return { is: 'passed', why: 'stranger' };
  return is.worked ? { is: 'passed', why: 'edited' } : judged;
}

const APPROVES = /^(\/?approved?|lgtm|looks good(?: to me)?|yes|go|go ahead|ship it|👍|:\+1:)[.! ]*$/i;

/**
 * What a comment says to a plan. Work begins with it, so an approval has to be in so many words; other small
 * talk decides nothing.
 * @param times of what its author wrote there, this comment too
 */
function planWord(remark: Remark, times: Times): 'approve' | 'revise' | null {
  const { body } = remark;
  if (isMachines(remark, body, times) || isReport(body)) return null;
  if (APPROVES.test(body.trim())) return 'approve';
  return smallTalk(body) === null ? 'revise' : null;
}

/** A comment on a plan's issue. `at`: ISO, by the forge's clock. */
export interface PlanRemark extends Account {
  readonly id: number;
  readonly body: string;
  readonly at: string;
}
export interface PlanAnswer {
  readonly decision: 'approve' | 'revise';
  readonly text: string;
  readonly author: string;
  /** Of the newest comment in it. */
  readonly id: number;
}

/**
 * What comments say to a plan: all that ask for another one together, or the first that approves it. What
 * asks counts from the comment that was answered last, so that nothing is lost that was said while the plan
 * was written anew; an approval is of the plan that is shown.
 * @param page comments of those who may write, by id
 * @param shownIso when the plan was shown
 * @param lastId the newest comment that was taken as an answer; 0 when none was
 */
export function planAnswer(page: readonly PlanRemark[], shownIso: string, lastId: number): PlanAnswer | null {
  const said = page.map((remark) => {
    const times = timesOf(page.filter((x) => x.author === remark.author).map((x) => x.body));
    return { c: remark, word: planWord({ ...remark, where: 'talk' }, times) };
  });
  const asks = said
    .filter(({ c, word }) => word === 'revise' && c.id > lastId && (lastId > 0 || c.at >= shownIso))
    .map(({ c }) => c);
  const newest = asks.at(-1);
  if (newest !== undefined)
    return {
      decision: 'revise',
      text: asks.map((c) => c.body).join('\n\n'),
      author: newest.author,
      id: newest.id,
    };
  const yes = said.find(({ c, word }) => word === 'approve' && c.id > lastId && c.at >= shownIso)?.c;
  return yes === undefined ? null : { decision: 'approve', text: yes.body, author: yes.author, id: yes.id };
}
