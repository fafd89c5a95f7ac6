// How things look on a terminal. Pure: rows in, text out.
import type { Answer } from '@mainloop/models/contracts/routes';
import { sayCollision } from '@mainloop/models/flow/awareness/collisions';
import { optionWords } from '@mainloop/models/flow/events';
import { holdOf, type Holds } from '@mainloop/models/flow/runs/holds';
import { KIND } from '@mainloop/models/flow/kinds';
import { own } from '@mainloop/models/flow/look';
import { forecastWords, PERIODS } from '@mainloop/models/flow/money/money';
import { dollars } from '@mainloop/models/flow/money/pricing';
import { cameWords } from '@mainloop/models/flow/conversation/recurring';
import { usageOf } from '@mainloop/models/flow/conversation/skills';
import { nextSentence, type Standing } from '@mainloop/models/flow/states';
import { plainLine, plainLines } from './terminal.ts';

type Task = Answer<'listTasks'>[number];
type TaskDetail = Answer<'getTask'>;
type Item = Answer<'listInbox'>[number];
type Evidence = Answer<'getEvidence'>;
type Proposal = Answer<'listProposals'>[number];

/** @returns three lines: what it is, where it stands with its cost in dollars, and what comes next */
export const taskLine = (
  task: Pick<Task, 'id' | 'title' | 'projectId' | 'project' | 'state' | 'costMicrousd' | keyof Standing>,
  holds: Holds,
): string =>
  `${task.id}  ${plainLine(task.title)}\n    ${plainLine(task.project)} · ${task.state} · $${(task.costMicrousd / 1e6).toFixed(2)}\n    ${plainLine(nextSentence(task, holdOf(holds, task)))}`;

const WHO: ReadonlyMap<string, string> = new Map([
  ['user', 'you'],
  ['assistant', 'mainloop'],
  ['note', 'note'],
]);

/** @param collision of a task with another @returns a line for it and for each file */
export const collisionLine = ({ otherId, title, files, more }: TaskDetail['collisions'][number]): string =>
  [
    `    Will conflict with ${otherId} ${plainLine(title)}:`,
    ...files.map((file) => `      ${plainLine(file.path)}: ${sayCollision(file)}`),
    ...(more > 0 ? [`      and ${more} more`] : []),
  ].join('\n');

/** @returns who changed the files of a change before, on one line; '' when nobody is known */
export function knowsLine({ people, tasks }: TaskDetail['knows']): string {
  const all = [...people, ...tasks.map(({ id, title }) => `${id} (${title})`)];
  return all.length === 0 ? '' : `    Knows this area: ${plainLine(all.join(', '))}`;
}

/**
 * What a search found, tasks before messages.
 * @returns two lines a task, one a message; a sentence where nothing was found
 */
export function foundText(found: Answer<'search'>): string {
  if (found.tasks.length + found.messages.length === 0) return 'Nothing found. Try other words.';
  return [
    ...found.tasks.map((t) => `${t.id}  ${plainLine(t.title)}\n    ${plainLine(t.project)} · ${t.state}`),
    ...found.messages.map(
      (message) =>
        `${plainLine(message.at.slice(0, 16).replace('T', ' '))}  ${WHO.get(message.role) ?? ''}: ${plainLine(message.excerpt)}`,
    ),
  ].join('\n');
}

/** A newer server has kinds that nobody here knows of. */
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(KIND));
/** In brackets behind what to type, what the button of the page says. @returns empty where there is none */
const buttonWords = (option: Item['options'][number] | undefined): string =>
  option === undefined ? '' : ` (${plainLine(optionWords(option))})`;

/** What to type for an item, by its kind. */
const HOW: ReadonlyMap<string, (id: string, options: Item['options']) => string> = new Map([
  ['question', (id) => `mainloop answer ${id} "..."`],
  ['plan', (id) => `mainloop approve ${id}   or   mainloop revise ${id} "..."`],
  [
    'gate',
    (id, [instead]) =>
      `mainloop approve ${id} (lets it through)   or   mainloop decline ${id}${buttonWords(instead)}`,
  ],
  [
    'pr_closed',
    (id) =>
      `mainloop approve ${id} (opens it again)   or   mainloop decline ${id} (stops; --keep-branch keeps its branch)`,
  ],
  ['failure', (id) => `mainloop retry ${id}`],
  ['campfire', (id) => `mainloop learnings (each rule by itself)   or   mainloop seen ${id} (not now)`],
  ['recurring', (id) => `mainloop seen ${id}`],
  ['automation', (id) => `mainloop seen ${id}`],
  ['workflow', (id) => `mainloop seen ${id}`],
  ['stuck', (id) => `mainloop seen ${id}`],
  ['review', (id) => `mainloop approve ${id} (merges)   or   mainloop revise ${id} "..."`],
  ['guardrail', (id) => `mainloop approve ${id}   or   mainloop decline ${id}`],
  ['ci_files', (id) => `mainloop approve ${id}   or   mainloop decline ${id}`],
  [
    'permission',
    (id) => `mainloop allow ${id} (once; --task, --project)   or   mainloop deny ${id} "why not"`,
  ],
]);

/** @returns the item with its choices, and what to type about it in the last line */
export function itemText(
  item: Pick<
    Item,
    'id' | 'kind' | 'title' | 'body' | 'project' | 'taskTitle' | 'options' | 'plan' | 'held'
  > & {
    readonly evidence?: Evidence;
  },
): string {
  const told = (item.kind === 'plan' && item.plan) || item.body;
  return [
    `${NAMES.get(item.kind) ?? plainLine(item.kind)}: ${plainLine(item.title)}`,
    ...(item.project === null ? [] : [`    ${plainLine(item.project)} · ${plainLine(item.taskTitle ?? '')}`]),
    ...(item.kind === 'question' && item.options.length > 0
      ? item.options.map((o) => `    - ${plainLine(optionWords(o))}`)
      : []),
    ...(told ? [indent(plainLines(told))] : []),
    // An api from before it was told apart says it in the body.
    ...(item.held ? [indent(plainLines(item.held.diff))] : []),
    ...(item.evidence ? evidenceLines(item.evidence, item.kind) : []),
    `    ${HOW.get(item.kind)?.(item.id, item.options) ?? ''}`,
  ].join('\n');
}

const MARKS = { good: '✓', bad: '✗', plain: '·' } as const;

/** @returns what was done and why, how large it is, what was checked and what is risky, a line each */
function evidenceLines(evidence: Evidence, kind: string): string[] {
  const { what, why, checks, red, tried, risks, files, additions, deletions, unseen } = evidence;
  const line = (text: string): string => `    ${plainLine(text)}`;
  if (kind === 'failure')
    return [
      ...red.map(({ name, message }) => line(`${MARKS.bad} ${name}${message === '' ? '' : `: ${message}`}`)),
      ...(tried === '' ? [] : [line(tried)]),
    ];
  const fresh = unseen === null ? '' : ` · ${counted(unseen, 'push', 'pushes')} since you looked`;
  return [
    ...(what === '' ? [] : [line(`Done: ${what}`)]),
    ...(why === '' ? [] : [line(`Asked: ${why}`)]),
    line(`${counted(files, 'file', 'files')}, +${additions} −${deletions}${fresh}`),
    ...checks.map(({ tone, text }) => line(`${MARKS[tone]} ${text}`)),
    ...risks.map(({ text }) => line(`! Look twice: ${text}`)),
  ];
}
const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** @returns what is not as usual about when it begins; an api from before there was an order says nothing of it */
const orderText = ({
  priority = 'normal',
  blockedBy = [],
}: Partial<Pick<Proposal, 'priority' | 'blockedBy'>>): string =>
  `${priority === 'normal' ? '' : ` · ${plainLine(priority)} priority`}${blockedBy.length === 0 ? '' : ` · after ${plainLine(blockedBy.join(', '))}`}`;

/** @returns the proposal with its prompt, and what to type about it in the last line */
export const proposalText = (
  proposal: Pick<Proposal, 'id' | 'title' | 'project' | 'model' | 'budgetCents' | 'prompt' | 'forecast'> &
    Partial<Pick<Proposal, 'priority' | 'blockedBy'>>,
): string =>
  `${proposal.id}  ${plainLine(proposal.title)}\n    ${plainLine(proposal.project)} · ${plainLine(proposal.model)} · at most $${(proposal.budgetCents / 100).toFixed(2)}${orderText(proposal)}\n    ${forecastWords(proposal.forecast ?? null)}\n${indent(plainLines(proposal.prompt))}\n    mainloop confirm ${proposal.id}   or   mainloop decline ${proposal.id}`;

/** @returns how it is called, in which project, and its prompt */
export const skillText = (skill: Answer<'listSkills'>[number]): string =>
  `${plainLine(usageOf(skill))}\n    ${plainLine(skill.project ?? 'any project')}\n${indent(plainLines(skill.prompt))}`;

type Recurring = Answer<'listRecurring'>[number];
const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
/**
 * A plan with its next times and what became of the last. Times are in UTC.
 * @returns lines for a terminal, with nothing hidden in them
 */
export const recurringText = (plan: Recurring): string =>
  [
    `${plan.id}  /${plainLine(plan.skill)} at ${plainLine(plan.cron)} (${plainLine(plan.zone)})${plan.paused ? ', paused' : ''}`,
    plan.startCents === null
      ? ''
      : `    starts by itself, at most ${dollars(plan.startCents * 10_000)} each time`,
    plan.alarm === '' ? '' : `    ${plainLine(plan.alarm)}   mainloop recurring seen ${plan.id}`,
    plan.next.length === 0 ? '' : `    next (UTC): ${plan.next.map(minute).join(', ')}`,
    ...plan.came.map((came) => `    ${minute(came.dueAt)} ${plainLine(cameWords(came))}`),
  ]
    .filter((line) => line !== '')
    .join('\n');

type Automation = Answer<'listAutomations'>[number];
const FIRING = { waits: 'waits for its time', done: 'done', left_out: 'left out', failed: 'failed' } as const;
/** An automation as it reads, with its last times. Times are in UTC. */
export const automationText = (automation: Automation): string =>
  [
    `${automation.id}  ${plainLine(automation.name)}${automation.paused ? ', paused' : ''}`,
    `    ${plainLine(automation.sentence)}`,
    automation.problem === ''
      ? ''
      : `    ${plainLine(automation.problem)}   mainloop automations resume ${automation.id}`,
    ...automation.came.map(
      ({ seq, at, state, says }) =>
        `    ${seq}  ${minute(at)} ${FIRING[state]}${says === '' ? '' : `: ${plainLine(says)}`}`,
    ),
  ]
    .filter((line) => line !== '')
    .join('\n');

type RuleFile = Answer<'listAutomationFiles'>[number];
const FILE: Readonly<Record<RuleFile['state'], string>> = {
  waits: 'waits for your approval',
  changed: 'changed, and waits for your approval; it goes on as you approved it',
  stands: 'approved',
  wrong: 'is no rule',
};
/** A rule of a repository with all its words, as it would be approved. */
export const ruleFileText = (file: RuleFile): string =>
  [
    `${plainLine(file.project)}  ${plainLine(file.path)}: ${FILE[file.state]}`,
    ...(file.problem === '' ? [] : [`    ${plainLine(file.problem)}`]),
    ...(file.sentence === '' ? [] : [`    ${plainLine(file.sentence)}`]),
    ...(file.state === 'waits' || file.state === 'changed'
      ? [
          ...file.text
            .trimEnd()
            .split('\n')
            .map((line) => `      ${line.match(/^ */)?.[0] ?? ''}${plainLine(line)}`),
          `    mainloop automations approve ${plainLine(file.digest)}`,
        ]
      : []),
  ].join('\n');

type Limit = Answer<'listLimits'>[number];
/**
 * A line of what was spent next to what may be.
 * @param of `spent` is in millionths of a dollar, `limits` in cents; null is no limit
 */
export const limitText = ({ of, limits, spent }: Pick<Limit, 'of' | 'limits' | 'spent'>): string =>
  `${plainLine(of)}: ${PERIODS.map((period) => {
    const cents = limits?.[period] ?? null;
    return `${dollars(spent?.[period] ?? 0)} this ${period}${cents === null ? '' : ` of ${dollars(cents * 10_000)}`}`;
  }).join(' · ')}`;

const KEPT: Readonly<Record<MemoryShare, string>> = {
  other: 'rules and open tasks',
  pins: 'remembered word for word',
  month: 'months',
  week: 'weeks',
  day: 'days',
  part: 'parts of a day',
  messages: 'newest messages',
};
type Memory = Answer<'getMemory'>;
type MemoryShare = Memory['shares'][number]['what'];

/**
 * What the chat is told now by level, then pins with their ids, then summaries, the newest first.
 * @returns lines for a terminal, with nothing hidden in them
 */
export function memoryText({ tokens, budgetTokens, zone, shares, pins, summaries }: Memory): string {
  const told = (shares ?? [])
    .filter((share) => share.tokens > 0)
    .map((share) => `    ${share.tokens} ${own(KEPT, share.what) ?? plainLine(share.what)}`);
  const kept = (pins ?? []).map((pin) => `${plainLine(pin.id)}\n${indent(plainLines(pin.text))}`);
  const days = (summaries ?? []).map(
    (s) =>
      `${plainLine(s.level)} ${plainLine(s.label)}${s.isInPrompt ? ', told now' : ''}\n${indent(plainLines(s.text))}`,
  );
  return [
    [
      `Told with a message: ${tokens} of ${budgetTokens} tokens. Days are those of ${plainLine(zone)}.`,
      ...told,
    ].join('\n'),
    ...kept,
    ...days,
  ].join('\n\n');
}

interface Passed {
  readonly id: string;
  readonly author: string;
  readonly text: string;
}
/**
 * Comments on GitHub that started nothing, and that nobody has made a request of since.
 * @param events of one task, in any order
 * @returns one entry for each comment as it reads now: one that was edited counts anew
 */
export function passedOver(events: Answer<'listEvents'>): Passed[] {
  const key = (payload: Readonly<Record<string, unknown>>): string =>
    `${String(payload.id)} ${String(payload.words)}`;
  const taken = new Set(events.filter((e) => e.type === 'review.taken').map((e) => key(e.payload)));
  return events
    .filter((e) => e.type === 'review.passed_over' && !taken.has(key(e.payload)))
    .map(({ payload }) => ({
      id: String(payload.id),
      author: String(payload.author),
      text: String(payload.text),
    }));
}
/** @returns who said it, what, and what to type to make a request of it */
export const passedText = (passed: Passed): string =>
  `${plainLine(passed.author)}:\n${indent(plainLines(passed.text))}\n    mainloop take TASK ${plainLine(passed.id)}`;

const indentBy = (by: string, text: string, max = Infinity): string =>
  text
    .split('\n')
    .slice(0, max)
    .map((l) => `${by}${l}`)
    .join('\n');
/** Several lines of others, none of which stands at the edge, where ours do. */
export const indent = (text: string): string => indentBy('    ', text.trim());

/**
 * One line of an agent's output as a person wants to read it, or null when there is nothing to see.
 * @param json as the runner keeps it; what is no JSON is shown as it stands
 */
export function outputLine(json: string): string | null {
  let event: {
    type?: unknown;
    subtype?: unknown;
    message?: { content?: unknown } | null;
    dropped?: unknown;
    text?: unknown;
  } | null;
  try {
    event = JSON.parse(json) as typeof event;
  } catch {
    return plainLines(json);
  }
  // Lines of the runner's own; what else it notes is part of the task's story.
  if (event?.type === 'mainloop' && event.subtype === 'note') return plainLines(String(event.text));
  if (event?.type === 'mainloop')
    return event.subtype === 'clipped' ? `[${Number(event.dropped)} bytes in one line were left out]` : null;
  const blocks: unknown[] = Array.isArray(event?.message?.content) ? event.message.content : [];
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
function blockText(block: Block): string {
  if (block.type === 'text') return plainLines(String(block.text ?? ''));
  if (block.type === 'tool_use') {
    const [first] = String(
      block.input?.command ?? block.input?.file_path ?? block.input?.pattern ?? '',
    ).split('\n');
    return `> ${plainLine(String(block.name))} ${plainLine(first ?? '')}`;
  }
  if (block.type !== 'tool_result') return '';
  return indentBy(
    '  ',
    plainLines(typeof block.content === 'string' ? block.content : (JSON.stringify(block.content) ?? '')),
    12,
  );
}
