// Words that ask for nothing: approvals, thanks, what somebody will do later, commands to other tools, quotes. Pure.
import { cleanText } from '../text.ts';

/** Why words ask for nothing. `nothing`: there are none. */
export type SmallTalk = 'approval' | 'thanks' | 'later' | 'command' | 'quote' | 'nothing';

/** @returns a comment's words without what it quotes, and without what a page does not show */
export const ownWords = (comment: string): string =>
  cleanText(comment, 65_536)
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .split(/\r?\n/)
    .filter((l) => !/^\s*>/.test(l) && !/^On .{4,200} wrote:$/.test(l.trim()))
    .join('\n')
    .trim();

/** @returns why the comment asks for nothing; null when it may ask for something */
export function smallTalk(comment: string): SmallTalk | null {
  const own = ownWords(comment);
  if (own === '') return /^[ \t]*>/m.test(comment) ? 'quote' : 'nothing';
  // Whoever has much to say, or shows code, says more than that.
  if (own.length > 400 || own.includes('```')) return null;
  if (isCommand(own)) return 'command';
  if (own.includes('?') || DOUBT.test(own)) return null;
  const kinds = clausesOf(withoutCommands(own)).map(kindOf);
  if (kinds.length === 0 && own.includes('\u{1F440}')) return 'later';
  if (kinds.some((k) => k === null)) return null;
  return RANK.find((k) => kinds.includes(k)) ?? 'approval';
}

const RANK: readonly SmallTalk[] = ['approval', 'thanks', 'later'];
const DOUBT =
  /[\u{1F44E}\u{1F914}\u{1F615}\u{1F61E}\u{274C}\u{26D4}\u{1F6AB}\u{1F6D1}]|:-1:|:thinking|:confused:/u;
const PICTURES = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u{FE0F}|\u{200D}|:[a-z0-9_+]{2,30}:/gu;

/** Clauses without what only decorates them; one that had nothing else is left out. */
function clausesOf(own: string): string[] {
  const words = own
    .replace(PICTURES, '\n')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[*_`~"\u201C\u201D()]/g, '')
    .toLowerCase();
  return words
    .split(/\n|[.!;,:\u2026]+(?=\s|$)|\s[-\u2013\u2014]+(?:\s|$)|\s(?:and|but|though)\s|^(?:and|but)\s/m)
    .map((c) => c.replace(/@[\w-]+(?:\[bot\])?/g, '').trim())
    .map((clause) =>
      clause
        .replace(/^(?:(?:ok|okay|oh|ah|hey|hi|hello|yes|yeah|yep|so|well|and|wow)\s+)+(?=\S)/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((c) => c !== '');
}

const CI = String.raw`(?:ci|it|everything|(?:the )?(?:checks?|tests?|build|pipeline)(?: all)?)(?:'s| is| are)?(?: all)? ?(?:pass(?:es|ing|ed)?|green|done|happy|through)`;
const TIME = String.raw`(?:lunch|breakfast|dinner|coffee|work|standup|(?:the|my|a) (?:meeting|call|weekend|holidays?|release|break|standup)|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|next week|i'?m back|i am back|i have (?:the )?time|\d.{0,10})`;
const GOOD = String.raw`(?:good|great|fine|ok|okay|nice|correct|clean|awesome|perfect|excellent|amazing|lovely|beautiful|solid|neat|cool|brilliant|fantastic|wonderful|super|right|reasonable|sane)`;

const whole = (alternatives: readonly string[]): RegExp => new RegExp(`^(?:${alternatives.join('|')})$`);
const APPROVAL = whole([
  String.raw`[+]1|\+|lgtm|sgtm|wfm|ack|yes|yep|yeah|ok|okay|agreed?|i agree|same here|approv(?:ed?|ing)(?: this| it)?|i approve(?: this| it)?`,
  String.raw`(?:(?:this|it|that|all|everything|change|the change|code) )?(?:now )?looks? (?:(?:really|very|pretty|so|all|quite|much) )?${GOOD}(?: to me| now| overall| here| again| too| so far)*`,
  String.raw`(?:(?:really|very|so|pretty|all|that is|that's|this is) )?${GOOD}(?: (?:work|job|stuff|one|catch|find|fix|change|pr|idea|start|improvement|refactor(?:ing)?|cleanup|addition))?(?: (?:here|there|everyone|everybody|all|team|now|to go|by me|with me|to me|as always|on this|on that))*`,
  String.raw`cool cool|interesting|wow|nice nice|(?:ha)+h?|lol|hehe|sehr gut|sieht gut aus|passt|perfekt|très bien|parfait|muy bien|perfecto`,
  String.raw`(?:i )?(?:have )?tested (?:it|this)?(?: locally| out| too| by hand)*(?: and)?(?: it works)?|it works(?: now| great| fine| too)*|works on my machine|tested|all checks (?:have )?pass(?:ed)?`,
  String.raw`(?:you can |we can |feel free to )?merge(?: it| this| that| away| at will| when ready| whenever)+|feel free to merge|go|i think (?:this|it|that) (?:is|looks) ${GOOD}`,
  String.raw`well done|kudos|congrat(?:s|ulations)|hooray|yay|(?:let'?s )?ship (?:it|this)|shipit|go ahead|go for it|works (?:for me|great|well|fine)(?: now)?|ready to (?:merge|go|ship|land)|merge it|lgtm now|lgtm too`,
  String.raw`(?:i have )?no (?:further |more |other )?(?:comments?|objections?|concerns?|issues|remarks|notes|blockers?)(?: from me| from my side| here)?|nothing (?:to add|from me|more from me)`,
  String.raw`i (?:really )?(?:like|love) (?:it|this|that)|(?:love|like) (?:it|this)|happy with (?:it|this)|(?:that |this )?makes sense(?: to me)?|(?:that )?sounds good(?: to me)?|got it|understood|resolved|noted|fair enough`,
]);
const THANKS = whole([
  String.raw`(?:many |big |a big |huge )?(?:thanks?|thank you|thx|ty|tysm|cheers|danke|merci|gracias|obrigad[oa]|grazie|\u8c22\u8c22|\u3042\u308a\u304c\u3068\u3046)(?: (?:so much|very much|a lot|a bunch|again|both|all|everyone|team|you|sch\u00f6n|beaucoup))*(?: for (?:(?!\b(?:please|but|should|could|would)\b).){1,60})?`,
  'much appreciated|appreciate(?:d)? (?:it|this|that)|i appreciate (?:it|this|that)',
]);
const LATER_VERB = String.raw`(?:look|review|check|merge|test|try|read|think|get back|get to|take a|have a|come back|follow up|ask|see|go through|finish|land|ship|approve|do (?:it|this|that)|answer|reply|decide|let you know|be back|sleep on)`;
const LATER = whole([
  String.raw`(?:i'?ll|i will|i'?m going to|i am going to|i can|i'?d|let me|let'?s|will|going to|gonna|we'?ll|we will|i need to|i have to|i want to|need to|have to)(?: (?:just|then|also|probably|try to|quickly|first|still|now))* ${LATER_VERB}\b.{0,80}`,
  String.raw`(?:i'?m |i am |still |just |now |currently )*(?:looking|reviewing|checking|testing|reading|merging|thinking)(?: (?:at|about|into|through|over))?(?: (?:it|this|that|the change|the code))?(?: now| today| tomorrow| later)?`,
  String.raw`will do|on it|(?:i'?m )?not sure(?: yet)?|no idea(?: yet)?|(?:i )?(?:don'?t|do not) know(?: yet)?|(?:i'?m )?(?:busy|away|out|afk|out of office|in a meeting)(?: .{1,30})?|back (?:tomorrow|soon|later|on \w+|in .{1,20})`,
  String.raw`(?:on|in) (?:vacation|holidays?|leave)(?: .{1,30})?|(?:testing|deploying|building) (?:it|this|that|locally|(?:it |this )?to [\w-]+)(?: locally| now)*|cc|ping|bump|friendly ping|done|fixed|rebased|updated|pushed`,
  String.raw`give me .{1,30}|(?:maybe |probably )?(?:tomorrow|later|soon|today|tonight|next week)|after ${TIME}|one (?:moment|sec|second|minute)|hold on|merged`,
]);
/** What waits for anything but a time or CI waits for a change. */
const WAITS = /\b(?:once|after|when|if|as soon as|until|unless|with|without|except|you|your|please)\b/;
const TAIL = new RegExp(
  String.raw` (?:(?:once|after|when|if|as soon as) (?:${CI}|${TIME})|pending (?:ci|(?:the )?(?:checks|tests|build)))$`,
);

function kindOf(clause: string): SmallTalk | null {
  if (THANKS.test(clause)) return 'thanks';
  const plain = clause.replace(TAIL, '');
  if (APPROVAL.test(plain)) return 'approval';
  if (!LATER.test(plain)) return null;
  return WAITS.test(plain.replace(/\blet you know\b|\bget back to you\b|^after .*/, '')) ? null : 'later';
}

/** Tools that are spoken to by their name. */
const TOOLS =
  /^@(?:dependabot|renovate|copilot|coderabbitai|codecov|mergify(?:io)?|bors|rustbot|sourcery-ai|cursor|codex|gemini-code-assist|greptileai|[\w-]*(?:[-_]bot|\[bot\]))\s+\S/i;
const TOLD =
  /^(?:bors\s+\S.*|r[+]|r=\S+|retest(?: this)?(?: please)?|(?:jenkins,? )?(?:re)?test this please|ok to test|recheck|\/[a-z][a-z0-9_-]*(?: [^\n]{0,120})?)$/i;
const withoutCommands = (own: string): string =>
  own
    .split('\n')
    .filter((l) => !/^\/[a-z][a-z0-9_-]*(?: |$)/i.test(l.trim()))
    .join('\n');
const isCommand = (own: string): boolean =>
  own
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '')
    .every((l) => TOLD.test(l) || TOOLS.test(l));
