// Skills: saved prompts with parameters. How one is called, what is filled in, and what is refused. Pure.

import { own } from '../look.ts';

export const PARAMETER_KINDS = ['text', 'number', 'choice'] as const;
export interface SkillParameter {
  readonly name: string;
  readonly kind: (typeof PARAMETER_KINDS)[number];
  /** Of a choice. */
  readonly choices?: readonly string[] | undefined;
  /** Counts where nothing is given; without one it has to be given. */
  readonly fallback?: string | undefined;
}
export interface SkillText {
  readonly name: string;
  readonly prompt: string;
  readonly parameters: readonly SkillParameter[];
}

export const SKILL_NAME = /^[a-z][a-z0-9-]{0,39}$/;
export const PARAMETER_NAME = /^[a-z][a-zA-Z0-9_]{0,39}$/;
/**
 * A place in a prompt, like {{branch}}. Nothing but names stands in it: no logic, and what is filled in is
 * not read again.
 */
const PLACE = /\{\{\s*([a-z][a-zA-Z0-9_]{0,39})\s*\}\}/g;

export type Filled =
  { readonly ok: true; readonly prompt: string } | { readonly ok: false; readonly sentence: string };

/** @returns names that a prompt has a place for, each once, in order */
export const placesIn = (prompt: string): string[] => [
  ...new Set([...prompt.matchAll(PLACE)].map((match) => match[1]!)),
];

/** @returns why a skill can't be kept as it is, in one sentence; null when it can */
export function wrongWith(skill: SkillText): string | null {
  const names = skill.parameters.map((parameter) => parameter.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return `Two parameters are called ${twice}.`;
  const unknown = placesIn(skill.prompt).find((place) => !names.includes(place));
  if (unknown !== undefined)
    return `The prompt has a place {{${unknown}}}, and there is no parameter of that name.`;
  const unused = names.find((name) => !placesIn(skill.prompt).includes(name));
  if (unused !== undefined)
    return `The parameter ${unused} has no place in the prompt: write {{${unused}}} where it belongs.`;
  for (const parameter of skill.parameters) {
    if (parameter.kind === 'choice' && (parameter.choices ?? []).length === 0)
      return `Say what ${parameter.name} may be.`;
    const wrong = parameter.fallback === undefined ? null : wrongValue(parameter, parameter.fallback);
    if (wrong !== null) return wrong;
  }
  return null;
}

function wrongValue({ name, kind, choices = [] }: SkillParameter, value: string): string | null {
  if (kind === 'number' && (value.trim() === '' || !Number.isFinite(Number(value))))
    return `${name} should be a number, and is "${value.slice(0, 100)}".`;
  if (kind === 'choice' && !choices.includes(value))
    return `${name} is one of ${choices.join(', ')}, and not "${value.slice(0, 100)}".`;
  return null;
}

/**
 * Fills a prompt.
 * @param given values by name
 */
export function fillSkill(skill: SkillText, given: Readonly<Record<string, string>>): Filled {
  const no = (sentence: string): Filled => ({ ok: false, sentence });
  const values = new Map<string, string>();
  const known = new Set(skill.parameters.map((parameter) => parameter.name));
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined)
    return no(
      known.size === 0
        ? `/${skill.name} takes nothing.`
        : `/${skill.name} takes ${[...known].join(', ')}, and nothing called ${unknown.slice(0, 40)}.`,
    );
  for (const parameter of skill.parameters) {
    const value = own(given, parameter.name) ?? parameter.fallback;
    if (value === undefined) return no(`/${skill.name} wants ${parameter.name}: ${usageOf(skill)}`);
    const wrong = wrongValue(parameter, value);
    if (wrong !== null) return no(wrong);
    values.set(parameter.name, value);
  }
  return {
    ok: true,
    prompt: skill.prompt.replace(PLACE, (whole, name: string) => values.get(name) ?? whole),
  };
}

/**
 * How it is typed: `/bump package=… to=…`.
 * @returns what may be left out stands in brackets, with what counts then
 */
export const usageOf = (skill: Pick<SkillText, 'name' | 'parameters'>): string =>
  [
    `/${skill.name}`,
    ...skill.parameters.map(({ name, fallback, choices }) => {
      const example = choices?.join('|') ?? '…';
      return fallback === undefined ? `${name}=${example}` : `[${name}=${fallback}]`;
    }),
  ].join(' ');

/** @returns what a message calls, when it is nothing but a call: `/bump package=left-pad to="the newest"` */
export function readCall(text: string): { readonly name: string; readonly rest: string } | null {
  const match = /^\/([a-z][a-z0-9-]{0,39})(?:\s+([^]*))?$/.exec(text.trim());
  return match === null ? null : { name: match[1]!, rest: (match[2] ?? '').trim() };
}

/**
 * Reads what stands behind the name. `name=value`, with quotes around a value that has spaces; what has no
 * name goes to the first parameter that was not named, and to the last all the rest.
 * @param rest as it was typed
 * @returns values by name; what is not known by name is a part of some value
 */
export function readArguments(
  rest: string,
  parameters: readonly SkillParameter[],
): Readonly<Record<string, string>> {
  const known = new Set(parameters.map((parameter) => parameter.name));
  const given = new Map<string, string>();
  const loose: string[] = [];
  for (const match of rest.matchAll(/(?:([a-zA-Z]\w*)=)?(?:"([^"]*)"|(\S+))/g)) {
    const [whole, name, quoted, bare] = match;
    if (name !== undefined && known.has(name)) given.set(name, quoted ?? bare ?? '');
    else loose.push(name === undefined ? (quoted ?? bare ?? '') : whole);
  }
  const open = parameters.filter((parameter) => !given.has(parameter.name));
  for (const [at, { name }] of open.entries()) {
    if (loose.length === 0) break;
    given.set(name, at === open.length - 1 ? loose.splice(0).join(' ') : loose.shift()!);
  }
  return Object.fromEntries([...given, ...(loose.length > 0 ? [[loose[0]!, ''] as const] : [])]);
}

/**
 * The title of the task that a call proposes.
 * @returns 150 characters at most
 */
export const titleOf = (
  skill: Pick<SkillText, 'name' | 'parameters'>,
  given: Readonly<Record<string, string>>,
): string =>
  [
    `/${skill.name}`,
    ...skill.parameters.map(({ name }) => own(given, name) ?? '').filter((value) => value !== ''),
  ]
    .join(' ')
    .slice(0, 150);
