// What a killed run of a story did otherwise than the same story did unkilled. Pure: it sees two lists of
// what happened.
export const PLACES = ['forge', 'event', 'item', 'push', 'outbox', 'workflow', 'chat', 'place'] as const;
export type Place = (typeof PLACES)[number];

/** One thing that happened, in words that say the same in every run of the story: without ids, hashes and times. */
export interface Entry {
  readonly where: Place;
  readonly what: string;
  /** The phase whose new beginning after a kill may bring this once more. Without it, once more is once too often. */
  readonly redo?: string;
  /** A notification that says again what stands there already: it takes the place of the one before. */
  readonly mayRepeat?: boolean;
  /** A notification of what went away by itself before anybody had to read it. */
  readonly mayMiss?: boolean;
}

/** One call as the model's own bill has it. */
export interface PaidCall {
  /** Whose: a phase of the story, or "chat". */
  readonly phase: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** `whole`: all of the answer was taken; `cut`: the caller left before its end; `error`: refused, nothing to pay. */
  readonly ended: 'whole' | 'cut' | 'error';
  /** The kill that fell between the call and the moment its cost would have been written down, or null. */
  readonly cutBy: string | null;
}
/** One call as our own records have it. */
export interface CostRow {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Trace {
  readonly entries: readonly Entry[];
  /** How often each phase was begun, over all runs and their epochs. */
  readonly begun: Readonly<Record<string, number>>;
  readonly calls: readonly PaidCall[];
  readonly costs: readonly CostRow[];
}

export interface Difference {
  /** `lost`: it did not happen; `doubled`: it happened again; `extra`: it happens in no unkilled run; `cost`: the two bills differ. */
  readonly kind: 'lost' | 'doubled' | 'extra' | 'cost';
  readonly where: Place | 'model';
  readonly what: string;
  readonly times: number;
}
export interface Comparison {
  readonly differences: readonly Difference[];
  /** What was otherwise and may be: what a new beginning repeats, and calls that were paid for twice. */
  readonly told: readonly string[];
}

/**
 * @param kills how many kills this run met; each may make a phase begin anew once, and no more
 */
export function differences(reference: Trace, killed: Trace, kills: number): Comparison {
  const out: Difference[] = [];
  const told: string[] = [];
  const phases = [...new Set([...Object.keys(reference.begun), ...Object.keys(killed.begun)])];
  const anew = Object.fromEntries(
    phases.map((p) => [p, Math.max(0, (killed.begun[p] ?? 0) - (reference.begun[p] ?? 0))]),
  );
  const begunAnew = Object.values(anew).reduce((a, b) => a + b, 0);
  if (begunAnew > kills)
    out.push({
      kind: 'extra',
      where: 'event',
      what: `runs begun anew without a kill`,
      times: begunAnew - kills,
    });
  for (const [p, n] of Object.entries(anew)) if (n > 0) told.push(`${p} was begun anew ${times(n)}`);

  const want = counted(reference.entries);
  const got = counted(killed.entries);
  for (const key of new Set([...want.keys(), ...got.keys()])) {
    const [w, g] = [want.get(key)?.n ?? 0, got.get(key)?.n ?? 0];
    const { entry } = (got.get(key) ?? want.get(key))!;
    const { where, what } = entry;
    if (g < w) {
      if (entry.mayMiss) told.push(`${where}: not told: ${what}`);
      else out.push({ kind: 'lost', where, what, times: w - g });
    }
    if (g <= w) continue;
    const allowed = entry.redo === undefined ? 0 : Math.min(g - w, anew[entry.redo] ?? 0);
    const rest = g - w - allowed;
    if (rest === 0) continue;
    if (entry.mayRepeat && kills > 0 && (w > 0 || entry.mayMiss))
      told.push(`${where}: told again, in place of the one before: ${what}`);
    else out.push({ kind: w > 0 ? 'doubled' : 'extra', where, what, times: rest });
  }
  return { differences: [...out, ...surplus(reference, killed, anew, told)], told };
}

/**
 * Calls beyond those of the unkilled run: a new beginning may make its phase's calls again, and a call that
 * was cut is made again.
 */
function surplus(
  reference: Trace,
  killed: Trace,
  anew: Readonly<Record<string, number>>,
  told: string[],
): Difference[] {
  const out: Difference[] = [];
  const of = (trace: Trace, phase: string): PaidCall[] => trace.calls.filter((c) => c.phase === phase);
  for (const phase of new Set([...reference.calls, ...killed.calls].map((c) => c.phase))) {
    const [w, k] = [of(reference, phase), of(killed, phase)];
    const again =
      k.filter((c) => c.ended !== 'whole' || c.cutBy !== null).length -
      w.filter((c) => c.ended !== 'whole').length;
    const allowed = (anew[phase] ?? 0) * w.length + Math.max(0, again);
    const more = k.length - w.length;
    if (more > 0) told.push(`model: ${more} calls more in ${phase} than unkilled`);
    if (more > allowed)
      out.push({
        kind: 'cost',
        where: 'model',
        what: `${phase}: calls that no kill explains`,
        times: more - allowed,
      });
    if (more < 0)
      out.push({ kind: 'lost', where: 'model', what: `${phase}: calls of the unkilled run`, times: -more });
  }
  return out;
}

/**
 * Holds the model's bill against our records, call by call: what was paid for is written down once, with its
 * own numbers. A call that a kill cut off on its way into the records is allowed to be missing there, and is
 * told.
 */
export function costDifferences(calls: readonly PaidCall[], costs: readonly CostRow[]): Comparison {
  const rows = [...costs];
  const out: Difference[] = [];
  const told: string[] = [];
  const take = (fits: (row: CostRow) => boolean): boolean => {
    const at = rows.findIndex(fits);
    if (at >= 0) rows.splice(at, 1);
    return at >= 0;
  };
  const paid = calls.filter((c) => c.ended !== 'error');
  const words = (cost: CostRow): string =>
    `${cost.model}, ${cost.inputTokens} tokens in and ${cost.outputTokens} out`;
  // Whole calls first: their rows are known to the token, and a cut one must not take them away.
  for (const call of paid.filter((x) => x.ended === 'whole')) {
    if (
      take(
        (r) =>
          r.model === call.model &&
          r.inputTokens === call.inputTokens &&
          r.outputTokens === call.outputTokens,
      )
    )
      continue;
    if (
      call.cutBy !== null &&
      take(
        (r) =>
          r.model === call.model && r.inputTokens === call.inputTokens && r.outputTokens <= call.outputTokens,
      )
    )
      told.push(`model: ${call.phase}: counted in part, cut by the kill of ${call.cutBy}: ${words(call)}`);
    else if (
      call.cutBy !== null &&
      take(
        (r) =>
          r.model === call.model && r.inputTokens > call.inputTokens && r.outputTokens <= call.outputTokens,
      )
    )
      told.push(
        `model: ${call.phase}: counted by its upper bound, cut by the kill of ${call.cutBy}: ${words(call)}`,
      );
    else if (call.cutBy !== null)
      told.push(
        `model: ${call.phase}: paid and not counted, cut by the kill of ${call.cutBy}: ${words(call)}`,
      );
    else
      out.push({
        kind: 'cost',
        where: 'model',
        what: `${call.phase}: paid and not counted: ${words(call)}`,
        times: 1,
      });
  }
  for (const call of paid.filter((x) => x.ended === 'cut')) {
    if (
      take(
        (r) =>
          r.model === call.model && r.inputTokens === call.inputTokens && r.outputTokens <= call.outputTokens,
      )
    )
      continue;
    // Whoever left before the first word had nothing to count by; with a kill in between nobody is left to count.
    told.push(
      `model: ${call.phase}: cut${call.cutBy === null ? '' : ` by the kill of ${call.cutBy}`} and not counted: ${words(call)}`,
    );
    if (call.cutBy === null)
      out.push({
        kind: 'cost',
        where: 'model',
        what: `${call.phase}: cut without a kill and not counted: ${words(call)}`,
        times: 1,
      });
  }
  for (const row of rows)
    out.push({ kind: 'cost', where: 'model', what: `counted and not paid: ${words(row)}`, times: 1 });
  return { differences: out, told };
}

export interface Tally {
  readonly duplicates: number;
  readonly lost: number;
  readonly extra: number;
  readonly cost: number;
}
export function tallyOf(list: readonly Difference[]): Tally {
  const n = (kind: Difference['kind']): number =>
    list.filter((d) => d.kind === kind).reduce((a, d) => a + d.times, 0);
  return { duplicates: n('doubled'), lost: n('lost'), extra: n('extra'), cost: n('cost') };
}

export const lineOf = (difference: Difference): string =>
  `${difference.kind}${difference.times === 1 ? '' : ` (${difference.times})`}: ${difference.where}: ${difference.what.slice(0, 600)}`;

const times = (n: number): string => (n === 1 ? 'once' : `${n} times`);

function counted(entries: readonly Entry[]): Map<string, { n: number; entry: Entry }> {
  const m = new Map<string, { n: number; entry: Entry }>();
  for (const entry of entries) {
    const key = `${entry.where}: ${entry.what}`;
    const there = m.get(key);
    // One that may not be repeated makes all of its kind so.
    m.set(key, { n: (there?.n ?? 0) + 1, entry: there && isStrict(there.entry) ? there.entry : entry });
  }
  return m;
}
const isStrict = (entry: Entry): boolean => entry.redo === undefined && !entry.mayRepeat && !entry.mayMiss;
