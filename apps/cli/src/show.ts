// How things look on a terminal. Pure: rows in, text out.
import type { Answer } from '@mainloop/models/contracts/routes';
import { optionWords } from '@mainloop/models/flow/events';
import { KIND } from '@mainloop/models/flow/kinds';
import { forecastWords, PERIODS } from '@mainloop/models/flow/money';
import { dollars } from '@mainloop/models/flow/pricing';
import { usageOf } from '@mainloop/models/flow/skills';
import { nextSentence, type Standing } from '@mainloop/models/flow/states';
import { plainLine, plainLines } from './terminal.ts';

type Task = Answer<'listTasks'>[number];
type Item = Answer<'listInbox'>[number];
type Proposal = Answer<'listProposals'>[number];

export const taskLine = (
  t: Pick<Task, 'id' | 'title' | 'project' | 'state' | 'costMicrousd' | keyof Standing>,
): string =>
  `${t.id}  ${plainLine(t.title)}\n    ${plainLine(t.project)} · ${t.state} · $${(t.costMicrousd / 1e6).toFixed(2)}\n    ${plainLine(nextSentence(t))}`;

const WHO: ReadonlyMap<string, string> = new Map([
  ['user', 'you'],
  ['assistant', 'mainloop'],
  ['note', 'note'],
]);

/** What a search found, tasks before messages. */
export function foundText(f: Answer<'search'>): string {
  if (f.tasks.length + f.messages.length === 0) return 'Nothing found. Try other words.';
  return [
    ...f.tasks.map((t) => `${t.id}  ${plainLine(t.title)}\n    ${plainLine(t.project)} · ${t.state}`),
    ...f.messages.map(
      (m) =>
        `${plainLine(m.at.slice(0, 16).replace('T', ' '))}  ${WHO.get(m.role) ?? ''}: ${plainLine(m.excerpt)}`,
    ),
  ].join('\n');
}

/** A newer server has kinds that nobody here knows of. */
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(KIND));
/** What to type for an item, by its kind. */
const HOW: ReadonlyMap<string, (id: string) => string> = new Map([
  ['question', (id) => `mainloop answer ${id} "..."`],
  ['plan', (id) => `mainloop approve ${id}   or   mainloop revise ${id} "..."`],
  ['gate', (id) => `mainloop approve ${id} (lets it through)   or   mainloop decline ${id} (it is put back)`],
  [
    'pr_closed',
    (id) =>
      `mainloop approve ${id} (opens it again)   or   mainloop decline ${id} (stops; --keep-branch keeps its branch)`,
  ],
  ['failure', (id) => `mainloop retry ${id}`],
  ['review', (id) => `mainloop approve ${id} (merges)   or   mainloop revise ${id} "..."`],
  ['ci_files', (id) => `mainloop approve ${id}   or   mainloop decline ${id}`],
  [
    'permission',
    (id) => `mainloop allow ${id} (once; --task, --project)   or   mainloop deny ${id} "why not"`,
  ],
]);

export function itemText(
  i: Pick<Item, 'id' | 'kind' | 'title' | 'body' | 'project' | 'taskTitle' | 'options' | 'plan' | 'held'>,
): string {
  return [
    `${NAMES.get(i.kind) ?? plainLine(i.kind)}: ${plainLine(i.title)}`,
    `    ${plainLine(i.project)} · ${plainLine(i.taskTitle)}`,
    ...(i.kind === 'question' && i.options.length > 0
      ? i.options.map((o) => `    - ${plainLine(optionWords(o))}`)
      : []),
    ...(i.kind === 'plan' && i.plan
      ? [indent(plainLines(i.plan))]
      : i.body
        ? [indent(plainLines(i.body))]
        : []),
    // An api from before it was told apart says it in the body.
    ...(i.held ? [indent(plainLines(i.held.diff))] : []),
    `    ${HOW.get(i.kind)?.(i.id) ?? ''}`,
  ].join('\n');
}

export const proposalText = (
  p: Pick<Proposal, 'id' | 'title' | 'project' | 'model' | 'budgetCents' | 'prompt' | 'forecast'>,
): string =>
  `${p.id}  ${plainLine(p.title)}\n    ${plainLine(p.project)} · ${plainLine(p.model)} · at most $${(p.budgetCents / 100).toFixed(2)}\n    ${forecastWords(p.forecast ?? null)}\n${indent(plainLines(p.prompt))}\n    mainloop confirm ${p.id}   or   mainloop decline ${p.id}`;

export const skillText = (s: Answer<'listSkills'>[number]): string =>
  `${plainLine(usageOf(s))}\n    ${plainLine(s.project ?? 'any project')}\n${indent(plainLines(s.prompt))}`;

type Limit = Answer<'listLimits'>[number];
/** A line of what was spent next to what may be. */
export const limitText = ({ of, limits, spent }: Pick<Limit, 'of' | 'limits' | 'spent'>): string =>
  `${plainLine(of)}: ${PERIODS.map((period) => {
    const cents = limits?.[period] ?? null;
    return `${dollars(spent?.[period] ?? 0)} this ${period}${cents === null ? '' : ` of ${dollars(cents * 10_000)}`}`;
  }).join(' · ')}`;

interface Passed {
  readonly id: string;
  readonly author: string;
  readonly text: string;
}
/** Comments on GitHub that started nothing, and that nobody has made a request of since. */
export function passedOver(events: Answer<'listEvents'>): Passed[] {
  const key = (p: Readonly<Record<string, unknown>>): string => `${String(p.id)} ${String(p.words)}`;
  const taken = new Set(events.filter((e) => e.type === 'review.taken').map((e) => key(e.payload)));
  return events
    .filter((e) => e.type === 'review.passed_over' && !taken.has(key(e.payload)))
    .map(({ payload: p }) => ({ id: String(p.id), author: String(p.author), text: String(p.text) }));
}
export const passedText = (p: Passed): string =>
  `${plainLine(p.author)}:\n${indent(plainLines(p.text))}\n    mainloop take TASK ${plainLine(p.id)}`;

const indentBy = (by: string, s: string, max = Infinity): string =>
  s
    .split('\n')
    .slice(0, max)
    .map((l) => `${by}${l}`)
    .join('\n');
const indent = (s: string): string => indentBy('    ', s.trim());

/** One line of an agent's output as a person wants to read it, or null when there is nothing to see. */
export function outputLine(json: string): string | null {
  let e: {
    type?: unknown;
    subtype?: unknown;
    message?: { content?: unknown } | null;
    dropped?: unknown;
    text?: unknown;
  } | null;
  try {
    e = JSON.parse(json) as typeof e;
  } catch {
    return plainLines(json);
  }
  // Lines of the runner's own; what else it notes is part of the task's story.
  if (e?.type === 'mainloop' && e.subtype === 'note') return plainLines(String(e.text));
  if (e?.type === 'mainloop')
    return e.subtype === 'clipped' ? `[${Number(e.dropped)} bytes in one line were left out]` : null;
  const blocks: unknown[] = Array.isArray(e?.message?.content) ? e.message.content : [];
  return (
    blocks
      .map((b) => blockText((b ?? {}) as Block))
      .filter((l) => l !== '')
      .join('\n') || null
  );
}

interface Block {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly name?: unknown;
  readonly input?: Record<string, unknown> | null;
  readonly content?: unknown;
}
function blockText(b: Block): string {
  if (b.type === 'text') return plainLines(String(b.text ?? ''));
  if (b.type === 'tool_use') {
    const [first] = String(b.input?.command ?? b.input?.file_path ?? b.input?.pattern ?? '').split('\n');
    return `> ${plainLine(String(b.name))} ${plainLine(first ?? '')}`;
  }
  if (b.type !== 'tool_result') return '';
  return indentBy(
    '  ',
    plainLines(typeof b.content === 'string' ? b.content : (JSON.stringify(b.content) ?? '')),
    12,
  );
}
