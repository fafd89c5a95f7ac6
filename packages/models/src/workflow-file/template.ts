// Templates of prompts, by a strict Liquid: an unknown variable or filter is an error, and never an empty place.
import type { Liquid, Template as Parsed } from 'liquidjs';

/** What a template may speak of: the fields of an issue in the Symphony specification (4.1.1), and of the run. */
export interface TemplateFacts {
  readonly issue: {
    readonly id: string;
    readonly identifier: string;
    readonly title: string;
    readonly description: string | null;
    readonly priority: number | null;
    readonly state: string;
    readonly branch_name: string | null;
    readonly url: string | null;
    readonly labels: readonly string[];
    readonly blocked_by: readonly {
      readonly id: string | null;
      readonly identifier: string | null;
      readonly state: string | null;
    }[];
    readonly created_at: string | null;
    readonly updated_at: string | null;
  };
  /** null for the first. */
  readonly attempt: number | null;
  readonly mainloop: { readonly phase: string; readonly base: string };
}

export type Rendered =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false;
      readonly kind: 'template_parse_error' | 'template_render_error';
      readonly sentence: string;
      /** Of the template, from 1. */
      readonly line: number;
      readonly column: number;
    };

/** Letters of what a template comes to. */
const MOST_RENDERED = 20_000;

/** A template is a stranger's program: it reads no files, and ends. */
const LIMITS = { parseLimit: 100_000, memoryLimit: 1_000_000, renderLimit: 2_000 } as const;
const READS_FILES = ['include', 'render', 'layout', 'block'];

let strict: Promise<Liquid> | null = null;
const engine = (): Promise<Liquid> =>
  (strict ??= import('liquidjs').then(({ Liquid: Engine }) => {
    const made = new Engine({ strictVariables: true, strictFilters: true, ownPropertyOnly: true, ...LIMITS });
    for (const tag of READS_FILES) Reflect.deleteProperty(made.tags, tag);
    return made;
  }));

/** @returns the text, or the first thing that is wrong with the template */
export async function renderTemplate(template: string, facts: TemplateFacts): Promise<Rendered> {
  const liquid = await engine();
  let parsed: Parsed[];
  try {
    parsed = liquid.parse(template);
  } catch (err) {
    return wrong('template_parse_error', err);
  }
  try {
    const text = String(liquid.renderSync(parsed, { ...facts })).trim();
    if (text.length <= MOST_RENDERED) return { ok: true, text };
    return {
      ok: false,
      kind: 'template_render_error',
      sentence: `The prompt comes to more than ${MOST_RENDERED.toLocaleString('en-US')} characters.`,
      line: 1,
      column: 1,
    };
  } catch (err) {
    return wrong('template_render_error', err);
  }
}

/**
 * Whether a template would come to something for every task, also where it says `if`.
 * @returns null, or the first thing that is wrong
 */
export async function checkTemplate(template: string): Promise<Extract<Rendered, { ok: false }> | null> {
  for (const facts of EXAMPLES) {
    const rendered = await renderTemplate(template, facts);
    if (!rendered.ok) return rendered;
  }
  const liquid = await engine();
  try {
    // The places that no example came by.
    const { globals } = liquid.analyzeSync(liquid.parse(template), { partials: false });
    for (const { segments, location } of Object.values(globals).flat())
      if (!isKnown(segments.map(String)))
        return {
          ok: false,
          kind: 'template_render_error',
          sentence: `undefined variable: ${segments.map(String).join('.')}`,
          line: location.row,
          column: location.col,
        };
  } catch (err) {
    return wrong('template_parse_error', err);
  }
  return null;
}

const FULL: TemplateFacts = {
  issue: {
    id: 'abc123',
    identifier: 'ABC-123',
    title: 'Split fairly',
    description: 'No cent may be lost.',
    priority: 2,
    state: 'implement',
    branch_name: 'mainloop/split-abc123',
    url: 'https://example.com/1',
    labels: ['bug'],
    blocked_by: [{ id: 'abc122', identifier: 'ABC-122', state: 'done' }],
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  },
  attempt: 1,
  mainloop: { phase: 'implement', base: 'main' },
};
const BARE: TemplateFacts = {
  ...FULL,
  issue: {
    ...FULL.issue,
    description: null,
    priority: null,
    branch_name: null,
    url: null,
    labels: [],
    blocked_by: [],
    created_at: null,
    updated_at: null,
  },
  attempt: null,
};
const EXAMPLES = [BARE, FULL];

function isKnown([root = '', name]: readonly string[]): boolean {
  if (!Object.hasOwn(FULL, root)) return false;
  if (root === 'attempt' || name === undefined) return true;
  return Object.hasOwn(FULL[root as 'issue' | 'mainloop'], name);
}

function wrong(
  kind: Extract<Rendered, { ok: false }>['kind'],
  err: unknown,
): Extract<Rendered, { ok: false }> {
  const { message, token } = err as { message?: string; token?: { getPosition?: () => number[] } };
  const [line = 1, column = 1] = token?.getPosition?.() ?? [];
  // Behind the words stand the file, the line and an excerpt.
  const sentence = (message ?? '').split('\n')[0]!.replace(/(?:, file:.*)?, line:\d+, col:\d+$/, '');
  return { ok: false, kind, sentence, line, column };
}
