// What is wrong with a call, for whoever made it: the parameter, what it may be, and what came. Pure.
import { cleanTitle, spellOut } from '@mainloop/models/flow/text';
import { z } from 'zod';

/** What of JSON Schema our parameters are described by. */
interface Described {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

const MOST_SHOWN = 60;
const counted = (n: number): string => n.toLocaleString('en-US');

/** @returns the bounds that there are, as "1 to 80"; '' for none */
function between(least: number | undefined, most: number | undefined): string {
  if (most === undefined) return least === undefined ? '' : `at least ${counted(least)}`;
  return least === undefined ? `at most ${counted(most)}` : `${counted(least)} to ${counted(most)}`;
}

/** @returns what a parameter may be, as "a whole number, 1 to 100" */
function allowedWords(parameter: Described): string {
  if (parameter.enum !== undefined) return `one of ${parameter.enum.join(', ')}`;
  if (parameter.format === 'date') return 'a day, written 2026-11-26';
  if (parameter.type === 'boolean') return 'true or false';
  if (parameter.type === 'array')
    return `a list of ${between(undefined, parameter.maxItems)}, each ${allowedWords(parameter.items ?? {})}`;
  if (parameter.type === 'integer')
    return ['a whole number', between(parameter.minimum, parameter.maximum)].filter(Boolean).join(', ');
  const length = between(parameter.minLength, parameter.maxLength);
  return length === '' ? 'text' : `text of ${length} characters`;
}

/** @param came anything that JSON can say @returns it in few words, whatever its size */
function cameWords(came: unknown): string {
  if (Array.isArray(came)) return 'a list';
  if (typeof came === 'object' && came !== null) return 'an object';
  if (typeof came !== 'string') return String(came);
  if (came.length > MOST_SHOWN) return `text of ${counted(came.length)} characters`;
  return came === '' ? 'empty' : `“${cleanTitle(spellOut(came))}”`;
}

/** What is known of the parameter at a place inside what a tool takes: a name, and in a list a number. */
function parameterAt(input: z.ZodObject, path: readonly PropertyKey[]): Described {
  const all = z.toJSONSchema(input, { io: 'input' }) as Described;
  return path.reduce<Described>(
    (at, step) =>
      (typeof step === 'number'
        ? at.items
        : new Map(Object.entries(at.properties ?? {})).get(String(step))) ?? {},
    all,
  );
}

/**
 * @param input what the tool takes
 * @param issue the first thing that is wrong, with what came
 * @returns one sentence for whoever called
 */
export function sayWrong(
  tool: string,
  input: z.ZodObject,
  issue: Pick<z.core.$ZodIssue, 'path' | 'input'>,
): string {
  const { path, input: came } = issue;
  if (path.length === 0)
    return `Nothing was done, because ${tool} takes an object of parameters, and was given ${cameWords(came)}.`;
  const parameter = parameterAt(input, path);
  const { description = '' } = parameterAt(input, path.slice(0, 1));
  const more = description === '' ? '' : ` (${description[0]?.toLowerCase()}${description.slice(1)})`;
  const name = `"${path.map(String).join('.')}" of ${tool}`;
  const allowed = `${allowedWords(parameter)}${more}`;
  return came === undefined
    ? `Nothing was done, because ${name} is missing: it should be ${allowed}.`
    : `Nothing was done, because ${name} should be ${allowed}, and was ${cameWords(came)}.`;
}
