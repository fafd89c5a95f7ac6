// A rule as it is written: YAML, or JSON, which is YAML.
import { RuleFile } from '../../contracts/automations.ts';
import { KNOWN_EVENTS } from '../../events/fields.ts';
import { wrongWithRule } from '../../flow/automations/checks.ts';
import type { Rule } from '../../flow/automations/rule.ts';
import { cleanTitle } from '../../flow/text.ts';
import { loadPatterns } from './pattern.ts';

const MOST_CHARS = 20_000;

export type ReadRule =
  { readonly ok: true; readonly rule: Rule } | { readonly ok: false; readonly sentence: string };

/**
 * Reads a rule. Whatever is wrong with it is said in one sentence.
 * @param text YAML without anchors
 * @param narrow what becomes of it before it is checked
 */
export async function readRule(text: string, narrow = (rule: Rule): Rule => rule): Promise<ReadRule> {
  const no = (sentence: string): ReadRule => ({ ok: false, sentence: cleanTitle(sentence, 600) });
  if (text.length > MOST_CHARS) return no('This is too long for a rule.');
  const { parseDocument } = await import('yaml');
  let value: unknown;
  try {
    const document = parseDocument(text, { prettyErrors: true, version: '1.2', stringKeys: true });
    const [error] = document.errors;
    if (error !== undefined) return no(`This is no YAML: ${firstLine(error.message)}`);
    value = document.toJS({ maxAliasCount: 0 });
  } catch (err) {
    return no(`This can't be read: ${firstLine(err instanceof Error ? err.message : '')}`);
  }
  const read = RuleFile.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return no(`${where}${issue?.message ?? 'It can not be read.'}`);
  }
  const rule = narrow(read.data);
  const wrong = wrongWithRule(rule, KNOWN_EVENTS, await loadPatterns());
  return wrong === null ? { ok: true, rule } : no(wrong);
}

const firstLine = (text: string): string => text.split('\n')[0]?.replace(/:$/, '.') ?? '';
