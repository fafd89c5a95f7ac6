// Regular expressions of rules: the one place that knows the engine. It takes time in proportion to the text,
// whatever the pattern, so that no rule can stop the worker.
import type { ReadPattern } from '../../flow/automations/evaluate.ts';

/** Instructions of a pattern that was read; one that unfolds to more would be slow on each character. */
const MOST_INSTRUCTIONS = 2_000;

/** @returns the engine, which comes with its first use */
export async function loadPatterns(): Promise<ReadPattern> {
  const { RE2JS } = await import('re2js');
  return (source) => {
    const shown = source.slice(0, 60);
    try {
      const pattern = RE2JS.compile(source);
      if (pattern.programSize() > MOST_INSTRUCTIONS)
        return {
          ok: false,
          sentence: `The pattern /${shown}/ unfolds to more than is looked for. Make it shorter.`,
        };
      return { ok: true, test: (text) => pattern.test(text) };
    } catch (err) {
      const why =
        err instanceof Error ? err.message.replace(/^error parsing regexp: /, '') : 'it can not be read';
      return { ok: false, sentence: `The pattern /${shown}/ can't be used: ${why}.` };
    }
  };
}
