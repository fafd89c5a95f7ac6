// WORKFLOW.md as it is written: YAML between two lines of ---, then the template of the prompt. Whatever is wrong is
// one sentence with its line and column.
import { isMap, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { readGiven, type Workflow } from '../flow/projects/workflow-file.ts';
import { cleanTitle, spellOut } from '../flow/text.ts';
import { checkTemplate } from './template.ts';

/** Where it stands in the folder of a project. */
export const WORKFLOW_NAME = 'WORKFLOW.md';
const MOST_CHARS = 64_000;

/** Of the file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}
export interface Said extends Place {
  readonly sentence: string;
}
/** Classes of errors: those of the Symphony specification (5.5), and what is wrong with a setting. */
export type WorkflowProblem =
  | 'workflow_parse_error'
  | 'workflow_front_matter_not_a_map'
  | 'workflow_config_error'
  | 'template_parse_error'
  | 'template_render_error';
export type ReadWorkflow =
  | { readonly ok: true; readonly workflow: Workflow; readonly warnings: readonly Said[] }
  | ({ readonly ok: false; readonly kind: WorkflowProblem } & Said);

class Wrong extends Error {
  readonly kind: WorkflowProblem;
  readonly place: Place;
  constructor(kind: WorkflowProblem, place: Place, sentence: string) {
    super(sentence);
    this.kind = kind;
    this.place = place;
  }
}
const TOP: Place = { line: 1, column: 1 };

/** @returns `Line 4, column 3: ` and the sentence */
export const placedWords = ({ line, column, sentence }: Said): string =>
  `Line ${line}, column ${column}: ${sentence}`;

/**
 * Reads a file.
 * @param text all of it, from wherever: nothing in it is believed
 */
export async function readWorkflow(text: string): Promise<ReadWorkflow> {
  try {
    return await read(text);
  } catch (err) {
    // A parser that runs out of its stack has met something nested too deeply.
    const { kind, place, message } =
      err instanceof Wrong
        ? err
        : new Wrong('workflow_parse_error', TOP, `This can't be read: ${(err as Error).message}`);
    return { ok: false, kind, ...place, sentence: cleanTitle(message, 400) };
  }
}

async function read(text: string): Promise<ReadWorkflow> {
  if (text.length > MOST_CHARS)
    throw new Wrong(
      'workflow_parse_error',
      TOP,
      `The file has more than ${MOST_CHARS.toLocaleString('en-US')} characters.`,
    );
  const plain = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  refuseHidden(plain);
  const { front, body, bodyLine } = split(plain);
  const { value, document, lines } = readFront(front);
  const { given, remarks } = readGiven(value);
  const placed = remarks.map((remark) => ({
    ...placeOf(document, lines, remark.path),
    sentence: cleanTitle(remark.sentence, 300),
    isWarning: remark.isWarning,
  }));
  const worst = placed.find(({ isWarning }) => !isWarning);
  if (worst !== undefined) throw new Wrong('workflow_config_error', worst, worst.sentence);
  await checkPrompts(given, document, lines);
  await check(body, (line, column) => ({ line: bodyLine + line - 1, column }));
  const warnings = placed.map(({ line, column, sentence }) => ({ line, column, sentence }));
  return { ok: true, workflow: { given, template: body.trim() }, warnings };
}

const HIDES = "There is something here that can't be seen. Write it without.";
function refuseHidden(text: string): void {
  for (const [at, line] of text.split('\n').entries()) {
    const seen = spellOut(line);
    if (seen === line) continue;
    const column = [...line].findIndex((_, i) => seen[i] !== line[i]) + 1;
    throw new Wrong('workflow_parse_error', { line: at + 1, column: Math.max(1, column) }, HIDES);
  }
}

interface Parts {
  readonly front: string;
  readonly body: string;
  /** The line of the file at which the body begins. */
  readonly bodyLine: number;
}
function split(text: string): Parts {
  const lines = text.split('\n');
  if (lines[0]!.trimEnd() !== '---') return { front: '', body: text, bodyLine: 1 };
  const end = lines.findIndex((line, at) => at > 0 && line.trimEnd() === '---');
  if (end < 0)
    throw new Wrong('workflow_parse_error', TOP, 'The front matter has no end: a line of --- is missing.');
  return {
    front: lines.slice(1, end).join('\n'),
    body: lines.slice(end + 1).join('\n'),
    bodyLine: end + 2,
  };
}

interface Front {
  readonly value: object;
  readonly document: Document;
  readonly lines: LineCounter;
}
/** The front matter begins on the second line of the file. */
const inFile = (lines: LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line) + 1, column: Math.max(1, col) };
};

function readFront(front: string): Front {
  const lines = new LineCounter();
  const document = parseDocument(front, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    version: '1.2',
  });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined)
    throw new Wrong('workflow_parse_error', inFile(lines, error.pos[0]), `This is no YAML: ${error.message}`);
  // What names a part of itself can be small and come to any size.
  visit(document, {
    Alias(_, { range }) {
      throw new Wrong(
        'workflow_parse_error',
        inFile(lines, range?.[0] ?? 0),
        'Write this out: * is not read.',
      );
    },
    Scalar(_, { value, range }) {
      // An escape of YAML makes what hides of plain letters.
      if (typeof value === 'string' && spellOut(value) !== value)
        throw new Wrong('workflow_parse_error', inFile(lines, range?.[0] ?? 0), HIDES);
    },
  });
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (value === null) return { value: {}, document, lines };
  if (!isMap(document.contents) || typeof value !== 'object')
    throw new Wrong(
      'workflow_front_matter_not_a_map',
      inFile(lines, document.contents?.range?.[0] ?? 0),
      'The front matter should be a map of settings.',
    );
  return { value, document, lines };
}

/** @returns the place of the last key that is there */
function placeOf({ contents }: Document, lines: LineCounter, path: readonly string[]): Place {
  let node: unknown = contents;
  let place: Place = { line: 2, column: 1 };
  for (const name of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => String(key) === name) : undefined;
    if (pair === undefined) break;
    const { range } = pair.key as { range?: readonly number[] | null };
    place = inFile(lines, range?.[0] ?? 0);
    node = pair.value;
  }
  return place;
}

async function checkPrompts(given: Workflow['given'], document: Document, lines: LineCounter): Promise<void> {
  for (const name of ['plan', 'review', 'done'] as const) {
    const path = ['mainloop', 'prompts', name];
    // Where in a text of YAML a letter stands depends on how it is written: the key is near enough.
    await check(given[`mainloop.prompts.${name}`] ?? '', () => placeOf(document, lines, path));
  }
}

async function check(template: string, place: (line: number, column: number) => Place): Promise<void> {
  const found = await checkTemplate(template);
  if (found !== null)
    throw new Wrong(
      found.kind,
      place(found.line, found.column),
      `The template can't be used: ${found.sentence}.`.replace(/\.\.$/, '.'),
    );
}
