// What a job of the local CI could not have on this machine, told from the lines of `act`. Then it has
// neither passed nor failed. Pure.

/** A line of `act --json`, as far as it matters here. */
export interface ActLine {
  readonly job?: string;
  readonly jobID?: string;
  readonly msg?: string;
  readonly raw_output?: boolean;
  readonly level?: string;
  readonly jobResult?: string;
  /** Where it comes from a step: its id, or its place; then those of the steps in it. */
  readonly stepID?: readonly string[];
}

/** How a stand-in begins the line that says what it could not have; the same words are in `stand-in.mts`. */
const STAND_IN_MISSES = 'mainloop, not here: ';

/**
 * @returns why the job can't run here; null for a line that says nothing of it. What a job itself prints is
 * never asked.
 */
export function missingIn(line: ActLine): string | null {
  if (line.raw_output === true) return null;
  const said = line.msg ?? '';
  if (/Skipping unsupported platform/.test(said)) return NO_MACHINE;
  if (line.level !== 'error') return null;
  const action = UNFETCHED.exec(said)?.[1];
  if (action !== undefined) return `${action} can't be fetched on this machine`;
  if (/failed to connect to the docker API|Cannot connect to the Docker daemon/i.test(said))
    return 'there are no containers on this machine';
  return null;
}

const NO_MACHINE = 'there is no such machine';
/** In the words of both ways in which `act` brings actions: the second is its own where there are stand-ins. */
const UNFETCHED =
  /^(?:Unable to (?:clone|fetch)|failed to fetch|GoGitActionCache failed to fetch) "?https:\/\/github\.com\/([\w.-]+\/[\w.-]+)/;

export interface JobEnd {
  readonly conclusion: 'success' | 'failure' | 'neutral' | 'skipped';
  /** Why it, or a leg of it, did not run here; null when all of it did, or was not wanted. */
  readonly missing: string | null;
}

/**
 * Hears the lines of one workflow, and says at its end what became of each job. A job of a matrix has several
 * legs; `act` tells each that the job has failed once one of them has, so a leg without an error of its own
 * has passed.
 */
export class JobEnds {
  /** Whether a step of a job is a stand-in of ours: alone what that prints is believed. */
  readonly #isStandIn: (id: string, step: string) => boolean;
  /** By job: its legs. */
  readonly #begun = new Map<string, Map<string, true>>();
  /** By job: the legs in which something went wrong. */
  readonly #wrong = new Map<string, Map<string, true>>();
  /** By job: by leg, why. */
  readonly #missing = new Map<string, Map<string, string>>();
  readonly #results = new Map<string, Map<string, string>>();
  #late: string | null = null;

  constructor(isStandIn: (id: string, step: string) => boolean = () => false) {
    this.#isStandIn = isStandIn;
  }

  hear(id: string, line: ActLine): void {
    const leg = line.job ?? id;
    const why = missingIn(line) ?? this.#missedBy(id, line);
    if (why !== null) into(this.#missing, id).set(leg, why);
    if (line.level === 'error' && line.raw_output !== true) into(this.#wrong, id).set(leg, true);
    // A platform that is not there is told of instead of a beginning.
    if (why === null || line.level === 'error') into(this.#begun, id).set(leg, true);
    if (line.jobResult !== undefined) into(this.#results, id).set(leg, line.jobResult);
  }

  /** A leg of a job was not even begun, since this machine can't run it. */
  absent(id: string, leg: string): void {
    into(this.#missing, id).set(`${id} (${leg})`, NO_MACHINE);
  }

  /** All was ended before its time. What has no result by then has neither passed nor failed. */
  late(why: string): void {
    this.#late ??= why;
  }

  #isUnfinished(id: string, results: ReadonlyMap<string, string>): boolean {
    const begun = [...(this.#begun.get(id)?.keys() ?? [])];
    return begun.length === 0 ? !this.#missing.has(id) : begun.some((leg) => !results.has(leg));
  }

  #missedBy(id: string, line: ActLine): string | null {
    const step = line.stepID?.[0];
    if (line.raw_output !== true || step === undefined || !this.#isStandIn(id, step)) return null;
    return line.msg?.startsWith(STAND_IN_MISSES) === true
      ? line.msg.slice(STAND_IN_MISSES.length).trim().slice(0, 200)
      : null;
  }

  /** @param code the exit of `act` */
  of(id: string, code: number): JobEnd {
    const wrong = this.#wrong.get(id) ?? new Map<string, true>();
    const results = new Map(
      [...(this.#results.get(id) ?? [])].map(
        ([leg, result]) => [leg, wrong.size > 0 && !wrong.has(leg) ? 'success' : result] as const,
      ),
    );
    const missing = this.#missing.get(id) ?? new Map<string, string>();
    const why = [...missing.values()][0] ?? null;
    if ([...results].some(([leg, result]) => result !== 'success' && !missing.has(leg)))
      return { conclusion: 'failure', missing: null };
    if (this.#late !== null && this.#isUnfinished(id, results))
      return { conclusion: 'neutral', missing: this.#late };
    if ([...results].some(([leg]) => !missing.has(leg))) return { conclusion: 'success', missing: why };
    if (why !== null) return { conclusion: 'neutral', missing: why };
    // What never began was not wanted, by its condition or by what it needs; unless nothing did, and nothing
    // was missing.
    const isBroken = code !== 0 && this.#begun.size + this.#missing.size === 0;
    if (this.#begun.has(id) || isBroken)
      return { conclusion: code === 0 ? 'success' : 'failure', missing: null };
    return { conclusion: 'skipped', missing: null };
  }
}

/** What a job that came to nothing said outside of its log. */
export interface Complaint {
  /** `act` refuses the workflow, as GitHub would; otherwise the machine could not start it. */
  readonly of: 'workflow' | 'machine';
  readonly words: string;
}

/**
 * @param said on stderr, by `act` or by what was to start it
 * @returns what of it is for people; its last line where it is the machine's
 */
export function complaintIn(said: string): Complaint {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{"'));
  const from = lines.findIndex((line) => line.startsWith(ACT_REFUSES));
  return from === -1
    ? { of: 'machine', words: (lines.at(-1) ?? 'it ended without a word').trim().slice(0, 200) }
    : { of: 'workflow', words: lines.slice(from).join('\n').slice(ACT_REFUSES.length).slice(0, 2_000) };
}
const ACT_REFUSES = 'Error: ';

function into<K, V>(all: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const found = all.get(key) ?? new Map<string, V>();
  all.set(key, found);
  return found;
}
