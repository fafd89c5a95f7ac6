// What became of one project of the corpus, told from the events of its task; and the table for
// docs/benchmarks.md. Pure.
import type { CorpusProject } from './projects.ts';

export interface TaskEvent {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What happened, as far as it came. */
export interface Walked {
  readonly events: readonly TaskEvent[];
  /** All that its runs put out. */
  readonly output: string;
  /** Of the task, when it ended; else why it did not. */
  readonly end: { readonly state: string } | { readonly trouble: string };
  /** Whether the change came back into the folder; null where there was nothing to bring back. */
  readonly pulled: boolean | null;
  /** The set-up of the next task, as its events tell it; null when there was no next one. */
  readonly next: readonly TaskEvent[] | null;
  readonly ms: number;
}

export interface Outcome {
  readonly what: string;
  readonly setup: string;
  readonly tests: string;
  /** Files of the change: one was meant. */
  readonly change: string;
  readonly ci: string;
  readonly end: string;
  /** What became of the set-up in the next task. */
  readonly next: string;
  readonly seconds: number;
  /** Whether all of it went as its own people would have it. */
  readonly ok: boolean;
}

export const TESTS_ENDED = 'own tests ended with';
export const CHANGED = 'files of the change:';

/**
 * What came of one project.
 * @param walked its events, and what its tests printed
 */
export function outcomeOf(project: CorpusProject, walked: Walked): Outcome {
  const setups = walked.events
    .filter((e) => e.type === 'evidence.recorded' && e.payload.what === 'setup')
    .map((e) => e.payload);
  const last = setups.at(-1);
  const exit = new RegExp(`${TESTS_ENDED} (\\d+)`).exec(walked.output)?.[1];
  const files = new RegExp(`${CHANGED} (\\d+)`).exec(walked.output)?.[1];
  const verdict = walked.events.filter((e) => e.type === 'ci.verdict').at(-1)?.payload;
  const end = 'state' in walked.end ? walked.end.state : firstLine(walked.end.trouble);
  const setup = last === undefined ? 'none' : exitWords(last);
  return {
    what: project.what,
    setup,
    tests: testWords(exit),
    change: files ?? '?',
    ci: ciWords(verdict),
    end: walked.pulled === false ? `${end}, not pulled back` : end,
    next: nextWords(walked.next),
    seconds: Math.round(walked.ms / 1000),
    ok:
      (last === undefined || last.exitCode === 0) &&
      exit === '0' &&
      files === '1' &&
      end === 'done' &&
      walked.pulled === true,
  };
}

/** What the runner says of a set-up that was kept. */
const KEPT = /^Kept from before/;

function nextWords(events: readonly TaskEvent[] | null): string {
  const last = events
    ?.filter((e) => e.type === 'evidence.recorded' && e.payload.what === 'setup')
    .at(-1)?.payload;
  if (last === undefined) return 'none';
  return `${KEPT.test(String(last.tail)) ? 'kept' : 'made again'}, ${Math.round(Number(last.ms) / 100) / 10} s`;
}

/** A verdict of "none" has a reason beside it, since there is one: "nothing ran", "not run here". */
const ciWords = (payload: TaskEvent['payload'] | undefined): string => {
  const said =
    payload?.verdict === 'none' && typeof payload.outcome === 'string'
      ? payload.outcome.replaceAll('_', ' ')
      : payload?.verdict;
  return typeof said === 'string' ? said : 'none';
};

const testWords = (exit: string | undefined): string => {
  if (exit === undefined) return 'never ended';
  return exit === '0' ? 'passed' : `exit ${exit}`;
};

const exitWords = (event: TaskEvent['payload']): string => {
  const command = String(event.command);
  const seconds = Math.round(Number(event.ms) / 100) / 10;
  return `\`${command.length > 60 ? `${command.slice(0, 57)}...` : command}\` ${event.exitCode === 0 ? `in ${seconds} s` : `exit ${String(event.exitCode)}`}`;
};

const firstLine = (text: string): string => text.split('\n', 1)[0]!.slice(0, 160);

/** A cell of a table may hold neither its own border nor a line's end. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** @returns a table in Markdown, one line a project */
export function tableOf(all: readonly Outcome[]): string {
  const head = [
    'project',
    'set-up found',
    'its own tests',
    'files changed',
    'CI',
    'end',
    'next set-up',
    'seconds',
  ];
  const rows = all.map((o) => [o.what, o.setup, o.tests, o.change, o.ci, o.end, o.next, String(o.seconds)]);
  return [head, head.map(() => '---'), ...rows].map((r) => `| ${r.map(cell).join(' | ')} |`).join('\n');
}

/** As a person's agent would wait for them; Claude Code waits two minutes when it is told nothing. */
const TESTS_MS = 600_000;

/**
 * The story that the demo model tells: the project's own tests, one line more in a file of its own, a push.
 * @returns as the file of a story holds it
 */
export function storyOf(projects: readonly CorpusProject[]): object {
  return {
    version: 1,
    chat: projects.flatMap((project) =>
      ['', ' again'].map((again) => ({
        when: `^corpus ${project.name}${again}$`,
        steps: [
          {
            text: 'ok',
            tool: {
              name: 'spawn_task',
              input: {
                project: `local/${project.name}`,
                title: `Corpus ${project.name}${again}`,
                prompt: 'Test it and add a line.',
                skipPlan: true,
              },
            },
          },
          { text: 'ok' },
        ],
      })),
    ),
    agent: [
      ...projects.map((project) => ({
        when: `Phase: implement.*Task: Corpus ${project.name} again`,
        steps: [
          { bash: 'echo again >> AGAIN.md; git add -A; git commit -qm Again; git push -q 2>&1 | tail -3' },
          { text: 'Done.' },
        ],
      })),
      ...projects.map((project) => ({
        when: `Phase: implement.*Task: Corpus ${project.name}\\b`,
        steps: [
          // Before the tests: an archive has no .gitignore, and what tests leave behind is not asked about here.
          {
            bash: `f=$(git ls-files | grep -im1 '^readme' || echo NOTES.md); printf '\\nOne line more.\\n' >> "$f"; git add -A; git commit -qm 'Add a line'; git show --stat --format= HEAD | head -5; echo "${CHANGED} $(git show --name-only --format= HEAD | wc -l)"`,
          },
          {
            tool: {
              name: 'Bash',
              input: {
                command: `( ${project.tests} ) > /tmp/own-tests 2>&1; code=$?; tail -c 3000 /tmp/own-tests; echo "${TESTS_ENDED} $code"`,
                description: 'Its own tests',
                timeout: TESTS_MS,
              },
            },
          },
          { bash: 'git push -q 2>&1 | tail -3' },
          { text: 'Done.' },
        ],
      })),
      { when: '.', steps: [{ text: 'I did nothing.' }] },
    ],
  };
}
