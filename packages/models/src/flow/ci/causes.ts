// What a red check says of its cause, without what every red check says. Pure.
import { isLittle, wordsIn } from '../conversation/search.ts';

/** What a runner or a package manager puts before the words of others. */
const DECORATION =
  /^(?:\s|##\[\w+\]|::(?:error|warning|notice)\b[^:]*::|(?:npm|pnpm|yarn) (?:err!|error)|err_\w+|\[?(?:error|fatal|fail(?:ed)?)\]?\s*:|[-*>|#✖✕×●!]+(?=\s|$))+/i;
/** Words that say that something ended or went wrong, and nothing of what it was. */
const EMPTY = new Set(
  `error errors err fail fails failed failing failure failures fatal exit exits exited code status signal process
  completed command commands returned return non-zero nonzero zero result ended end done finished stopped aborted abort
  cancelled canceled cancel killed terminated timeout timed out test tests suite suites passed skipped total todo
  pass check checks job jobs step steps run runs running ran script scripts lifecycle elifecycle build make recipe
  target see above below more details detail log logs output full complete report debug information something
  went wrong unexpected unknown exception traceback most recent call last npm pnpm yarn npx node bash sh dumped core
  operation runner task tasks workflow action actions received request shutdown time seconds second ms s found
  some all one please try again`.split(/\s+/),
);
/** Fewer words than this say nothing to whoever was not there. */
const LEAST_WORDS = 3;
/** A number, a time that was taken, the name of a file or a commit: they tell where, and not what. */
const PLACE = /^(?:[\d#.:,%-]+(?:ms|s|m|kb|mb|gb)?|[\da-f]{7,40}|.*[/\\].*|[\w@.-]+\.[a-z]{1,5}[\d.:]*)$/i;

/** Trouble of the machine or the network: no push of an agent's can see to it. */
const TROUBLE =
  /\bcould not resolve\b|\bno space left\b|\bmaximum execution time\b|\b(?:connection|connect) (?:reset|refused|timed out)\b|\bECONN\w+|\bETIMEDOUT\b|\bEAI_AGAIN\b|\bHTTP\S* (?:429|5\d\d)\b|\bservice unavailable\b|\bbad gateway\b|\brate limit|\bout of memory\b|\brunner (?:has|lost|was)\b|\bunable to (?:access|fetch|download)\b/i;

/** @returns how many of its words tell what went wrong */
const tellingWords = (line: string): number =>
  wordsIn(line.replaceAll(/[_:=](?=\d)/g, ' '), 60).filter(
    (word) => !isLittle(word) && !EMPTY.has(word) && !PLACE.test(word),
  ).length;

/**
 * The line that says why a check was red.
 * @param message of the check, in lines
 * @returns the first that tells, without what the runner put before it; null where none tells more than that it
 * was red
 */
export function causeIn(message: string): string | null {
  for (const line of message.split('\n')) {
    const words = line.replace(DECORATION, '').trim();
    if (!TROUBLE.test(words) && tellingWords(words) >= LEAST_WORDS) return words;
  }
  return null;
}
