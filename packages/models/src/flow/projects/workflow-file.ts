// What WORKFLOW.md of a repository may set, in the words of the Symphony specification (sections 5.3 and 6.4), with what
// each field comes to here. Pure: whoever reads the file has its YAML as plain values.
import { own } from '../look.ts';

interface ValueOf {
  readonly text: string | null;
  readonly variable: string | null;
  readonly tracker: 'linear' | null;
  readonly states: readonly string[];
  readonly script: string | null;
  readonly prompt: string | null;
  readonly count: number;
  readonly timeout: number;
  readonly whole: number | null;
  readonly caps: Readonly<Record<string, number>>;
  readonly dispatch: 'parallel' | 'serial' | null;
  readonly anything: unknown;
}
type Is = keyof ValueOf;

interface Field<Of extends Is = Is> {
  readonly is: Of;
  readonly usual: ValueOf[Of];
  /** What setting it does here; null where it does nothing. */
  readonly does: string | null;
}
const field = <Of extends Is>(is: Of, usual: ValueOf[Of], does: string | null = null): Field<Of> => ({
  is,
  usual,
  does,
});

/** The longest that a hook may take, whatever the file says. */
export const MOST_HOOK_MS = 15 * 60_000;

export const WORKFLOW_FIELDS = {
  'tracker.kind': field('tracker', null),
  'tracker.endpoint': field('text', 'https://api.linear.app/graphql'),
  'tracker.api_key': field('variable', null),
  'tracker.project_slug': field('text', null),
  'tracker.active_states': field('states', ['Todo', 'In Progress']),
  'tracker.terminal_states': field('states', ['Closed', 'Cancelled', 'Canceled', 'Duplicate', 'Done']),
  'polling.interval_ms': field('count', 30_000),
  'workspace.root': field('text', null),
  'hooks.after_create': field('script', null, 'runs in the sandbox once after each fresh clone'),
  'hooks.before_run': field('script', null, 'runs in the sandbox before each run of the agent'),
  'hooks.after_run': field('script', null, 'runs in the sandbox after each run of the agent'),
  'hooks.before_remove': field('script', null),
  'hooks.timeout_ms': field('timeout', 60_000, 'ends a hook that takes longer, 15 minutes at most'),
  'agent.max_concurrent_agents': field('count', 10, "lowers the project's agents at once"),
  'agent.max_turns': field('count', 20, 'lowers the turns of one run'),
  'agent.max_retry_backoff_ms': field('count', 300_000),
  'agent.max_concurrent_agents_by_state': field('caps', {}),
  'codex.command': field('text', 'codex app-server'),
  'codex.approval_policy': field('anything', null),
  'codex.thread_sandbox': field('anything', null),
  'codex.turn_sandbox_policy': field('anything', null),
  'codex.turn_timeout_ms': field('count', 3_600_000),
  'codex.read_timeout_ms': field('count', 5_000),
  'codex.stall_timeout_ms': field('whole', 300_000),
  'server.port': field('whole', null),
  'mainloop.dispatch': field('dispatch', null, '`serial` lets one task of the project work at a time'),
  'mainloop.prompts.plan': field('prompt', null, 'is told to the agent that plans'),
  'mainloop.prompts.review': field('prompt', null, 'is told to the agent that works through a review'),
  'mainloop.prompts.done': field('prompt', null, 'is what has to be so before an agent says that it is done'),
} as const;
export type WorkflowField = keyof typeof WORKFLOW_FIELDS;
export const WORKFLOW_FIELD_NAMES = Object.keys(WORKFLOW_FIELDS) as readonly WorkflowField[];

export type WorkflowConfig = {
  readonly [Name in WorkflowField]: ValueOf[(typeof WORKFLOW_FIELDS)[Name]['is']];
};
/** A file that could be read: what it sets, and the template of its prompt, which may be empty. */
export interface Workflow {
  readonly given: Partial<WorkflowConfig>;
  readonly template: string;
}

/** What is kept of the file of a project. */
export interface KeptWorkflow {
  /** Of the text that was read last. */
  readonly digest: string;
  /** What counts: the newest that could be used; null where none ever could. */
  readonly file: Workflow | null;
  /** What is wrong with the newest; empty where it is the one that counts. */
  readonly problem: string;
}

/** What a project allows, as its settings say it. */
interface Allowed {
  readonly maxRuns: number;
  readonly dispatch: 'parallel' | 'serial';
}
/**
 * Whoever may merge writes the file, and the settings are the person's: of both the stricter counts.
 * @param kept null where the project has none
 */
export function underWorkflow(settings: Allowed, kept: KeptWorkflow | null): Allowed {
  const given = kept?.file?.given ?? {};
  return {
    maxRuns: Math.min(settings.maxRuns, given['agent.max_concurrent_agents'] ?? settings.maxRuns),
    dispatch: given['mainloop.dispatch'] === 'serial' ? 'serial' : settings.dispatch,
  };
}

/** @returns the turns that one run may take; the specification's default lowers nothing */
export const turnsUnder = (turns: number, kept: KeptWorkflow | null): number =>
  Math.min(turns, kept?.file?.given['agent.max_turns'] ?? turns);

/** Something about a file, with its place as keys of the front matter. */
export interface Remark {
  readonly path: readonly string[];
  readonly sentence: string;
  /** The file counts all the same. */
  readonly isWarning: boolean;
}

/** @returns every field, with the specification's default where the file sets none */
export const workflowConfig = (given: Workflow['given']): WorkflowConfig =>
  Object.fromEntries(
    WORKFLOW_FIELD_NAMES.map((name) => [name, given[name] ?? WORKFLOW_FIELDS[name].usual]),
  ) as unknown as WorkflowConfig;

/** A setting of a file, and what it does here. */
export interface SetByFile {
  readonly name: WorkflowField;
  /** As JSON. */
  readonly value: string;
  readonly does: string;
}
const NO_EFFECT = 'has no effect here';

/** @returns what the file sets, in the order of the specification */
export const setByFile = ({ given }: Pick<Workflow, 'given'>): SetByFile[] =>
  WORKFLOW_FIELD_NAMES.filter((name) => given[name] !== undefined).map((name) => ({
    name,
    value: JSON.stringify(given[name]),
    does: WORKFLOW_FIELDS[name].does ?? NO_EFFECT,
  }));

/**
 * Reads the front matter of a file.
 * @param root a map, as YAML gave it
 * @returns what could be read, and what there is to say of the rest
 */
export function readGiven(root: object): {
  readonly given: Workflow['given'];
  readonly remarks: readonly Remark[];
} {
  const given = new Map<string, unknown>();
  const remarks: Remark[] = [];
  const say = (path: readonly string[], sentence: string, isWarning: boolean): void =>
    void remarks.push({ path, sentence: `${path.join('.')} ${sentence}`, isWarning });
  const walk = (value: unknown, path: readonly string[]): void => {
    const name = path.join('.');
    const known = own<Field>(WORKFLOW_FIELDS, name);
    if (known !== undefined) {
      if (value === null) return;
      const read = READ[known.is](value);
      if ('wrong' in read) return say(path, read.wrong, read.isWarning === true);
      if (read.value !== null) given.set(name, read.value);
      for (const warning of read.warnings ?? []) say(path, warning, true);
      if (known.does === null) say(path, WITHOUT_EFFECT, true);
      return;
    }
    if (name !== '' && !WORKFLOW_FIELD_NAMES.some((of) => of.startsWith(`${name}.`)))
      return say(path, UNKNOWN, path[0] !== 'mainloop');
    if (value === null) return;
    if (typeof value !== 'object' || Array.isArray(value))
      return say(path, 'should be a map of settings.', false);
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(root, []);
  return { given: Object.fromEntries(given) as Workflow['given'], remarks };
}
const WITHOUT_EFFECT = `${NO_EFFECT}. docs/workflow.md says why.`;
const UNKNOWN = 'is no setting that is known here.';

type Read =
  | { readonly value: unknown; readonly warnings?: readonly string[] }
  | { readonly wrong: string; readonly isWarning?: boolean };

const MOST = { text: 1_000, script: 8_000, states: 100, count: 1_000_000_000 } as const;

const text =
  (most: number) =>
  (value: unknown): Read => {
    if (typeof value !== 'string') return { wrong: 'should be text.' };
    if (value.length > most)
      return { wrong: `has at most ${most.toLocaleString('en-US')} characters. Put more into a file.` };
    return { value: value.trim() === '' ? null : value };
  };

/** An integer, or a string that is one. */
function integer(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*-?\d{1,12}\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) <= MOST.count
    ? number
    : null;
}

function readCount(value: unknown): Read {
  const number = integer(value);
  return number !== null && number > 0
    ? { value: number }
    : { wrong: 'should be a whole number, 1 at least.' };
}

function readTimeout(value: unknown): Read {
  const number = integer(value);
  if (number === null) return { wrong: 'should be a whole number of milliseconds.' };
  if (number <= 0) return { wrong: 'should be more than 0, so the usual 60000 counts.', isWarning: true };
  return number > MOST_HOOK_MS
    ? { value: MOST_HOOK_MS, warnings: [`counts as ${MOST_HOOK_MS}, which is the most.`] }
    : { value: number };
}

function readStates(value: unknown): Read {
  const list = typeof value === 'string' ? value.split(',') : value;
  if (
    !Array.isArray(list) ||
    list.length > MOST.states ||
    !list.every((state): state is string => typeof state === 'string' && state.length <= 100)
  )
    return { wrong: 'should be a list of states, or their names with commas between.' };
  return { value: list.map((state) => state.trim()).filter((state) => state !== '') };
}

function readCaps(value: unknown): Read {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { wrong: 'should be a map of states to numbers.' };
  const caps: [string, number][] = [];
  const warnings: string[] = [];
  for (const [state, cap] of Object.entries(value).slice(0, MOST.states)) {
    const number = integer(cap);
    if (number !== null && number > 0) caps.push([state.trim().toLowerCase(), number]);
    else warnings.push(`leaves "${state}" out: its number should be 1 at least.`);
  }
  return { value: Object.fromEntries(caps), warnings };
}

const READ: Readonly<Record<Is, (value: unknown) => Read>> = {
  text: text(MOST.text),
  script: text(MOST.script),
  prompt: text(MOST.script),
  variable: (value) =>
    typeof value === 'string' && /^\$[A-Za-z_]\w{0,99}$/.test(value)
      ? { value }
      : {
          wrong:
            'should name a variable, such as $LINEAR_API_KEY: whoever reads the repository reads a key in it.',
        },
  tracker: (value) => (value === 'linear' ? { value } : { wrong: 'should be linear: no other is known.' }),
  states: readStates,
  count: readCount,
  timeout: readTimeout,
  whole: (value) =>
    integer(value) === null ? { wrong: 'should be a whole number.' } : { value: integer(value) },
  caps: readCaps,
  dispatch: (value) =>
    value === 'parallel' || value === 'serial' ? { value } : { wrong: 'should be parallel or serial.' },
  anything: (value) => ({ value }),
};
