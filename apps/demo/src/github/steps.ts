// The steps of a job, told from the lines of `act`: what ran, how it ended, and which lines of the job's log
// are its own. Pure.
import type { JobStep } from './store.ts';

/** A line of `act --json`, as far as it tells of steps. */
export interface StepLine {
  readonly msg?: string;
  readonly raw_output?: boolean;
  readonly step?: string;
  readonly stage?: string;
  /** Of a step of the workflow: where it stands in its job, and within a composite action further numbers. */
  readonly stepID?: readonly string[];
  readonly stepResult?: string;
}

/** A step as the workflow has it. */
export interface WrittenStep {
  readonly name?: string | undefined;
  readonly run?: string | undefined;
  readonly uses?: string | undefined;
}

/** @param steps as the YAML has them, which may be anything */
export function writtenSteps(steps: unknown): WrittenStep[] {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return (Array.isArray(steps) ? (steps as unknown[]) : []).map((step) => {
    const { name, run, uses } = (step ?? {}) as Readonly<Record<keyof WrittenStep, unknown>>;
    return { name: text(name), run: text(run), uses: text(uses) };
  });
}

/** What act says of a step; anything else was well. */
const CONCLUSIONS = ['failure', 'skipped'] as const;

interface Heard {
  readonly key: string;
  readonly step: string;
  readonly startedAt: string;
  completedAt: string;
  conclusion: JobStep['conclusion'];
  lines: number;
}

/**
 * Of one job. The legs of a matrix share a job here, so a line counts for the step that was begun last, in
 * whichever leg.
 */
export class JobSteps {
  readonly #heard: Heard[] = [];
  readonly #written: readonly WrittenStep[];

  /** @param written the steps of the workflow, in its order */
  constructor(written: readonly WrittenStep[]) {
    this.#written = written;
  }

  /** @param at now, in ISO 8601 */
  hear(line: StepLine, at: string): void {
    if (line.raw_output === true || line.step === undefined || (line.stepID?.length ?? 1) > 1) return;
    const key = `${line.stage ?? ''} ${line.stepID?.[0] ?? line.step}`;
    if (/^\S+ Run /.test(line.msg ?? ''))
      this.#heard.push({
        key,
        step: line.step,
        startedAt: at,
        completedAt: at,
        conclusion: 'success',
        lines: 0,
      });
    if (line.stepResult === undefined) return;
    const begun = this.#heard.findLast((h) => h.key === key);
    if (begun === undefined) return;
    begun.completedAt = at;
    begun.conclusion = CONCLUSIONS.find((name) => name === line.stepResult) ?? 'success';
  }

  /** @param lines that have gone into the job's log */
  wrote(lines: number): void {
    const now = this.#heard.at(-1);
    if (now !== undefined) now.lines += lines;
  }

  /** @returns those that ran in the order they began in, and those that did not where they would have stood */
  all(): JobStep[] {
    const written = this.#written;
    const last = this.#heard.at(-1);
    if (last === undefined) return [];
    const shown = this.#heard.map(({ key, step, ...rest }) => ({
      name: nameOf(key, step, written),
      ...rest,
    }));
    const missing = written.flatMap((step, n): JobStep[] =>
      this.#heard.some((h) => h.key === `Main ${n}`)
        ? []
        : [
            {
              name: writtenName(step),
              conclusion: 'skipped',
              startedAt: last.startedAt,
              completedAt: last.startedAt,
              lines: 0,
            },
          ],
    );
    // Setting up comes first, also where nothing followed.
    const setUp = this.#heard[0]!.key.startsWith(' ') ? 1 : 0;
    const after = Math.max(setUp, this.#heard.findLastIndex((h) => h.key.startsWith('Main ')) + 1);
    return [...shown.slice(0, after), ...missing, ...shown.slice(after)];
  }
}

const firstLine = (text: string): string => text.trim().split('\n')[0]!;
const writtenName = (written: WrittenStep): string =>
  written.name ?? `Run ${firstLine(written.run ?? written.uses ?? '')}`;

/** As GitHub calls a step: by its name, else by what it runs. */
function nameOf(key: string, step: string, written: readonly WrittenStep[]): string {
  const [stage, at] = key.split(' ');
  const w = /^\d+$/.test(at ?? '') ? written[Number(at)] : undefined;
  if (w === undefined) return step;
  return stage === 'Main' ? writtenName(w) : `${stage} ${writtenName(w)}`;
}
