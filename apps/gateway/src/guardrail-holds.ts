// What a guardrail stops: written down, told to the agent, and where a yes lets it through, held as a question about exactly this.
import { findDecision } from '@mainloop/models/db/inbox/items';
import { append, hasEvent } from '@mainloop/models/db/log';
import { withTx, type Db, type Tx } from '@mainloop/models/db/pool';
import { takeAllowance } from '@mainloop/models/db/runs/allowance';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { guardrailHit } from '@mainloop/models/events/guardrails';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { MAX_HELD_BYTES } from '@mainloop/models/flow/ci/held';
import { judgementSentence, repairWords, type Judgement } from '@mainloop/models/flow/guardrails/judge';
import { askedTitle, askedWords } from '@mainloop/models/flow/guardrails/words';
import { CUT_MARK, readDiff } from '@mainloop/models/flow/review/diff';
import { cleanText, reveal } from '@mainloop/models/flow/text';
import { readGit } from './git-run.ts';
import type { Guarded, Pushed } from './guardrails.ts';

/** Files that are shown of those that ask. */
const MAX_SHOWN = 100;
/** Hits of one push that its event names. */
const MAX_NAMED = 50;

/** What the agent's git is told. */
interface Stopped {
  readonly error: string;
  readonly say: string;
}

/** @returns why a push is not passed on that no yes would let through; null when there is no such rule */
export async function refusedByGuardrail(
  db: Db,
  run: RunByToken,
  { judgement }: Guarded,
): Promise<Stopped | null> {
  if (judgement.verdict !== 'never') return null;
  await noteHit(db, run, judgement);
  return {
    error: 'a guardrail refuses it',
    say: `mainloop: a guardrail refuses this push: ${judgementSentence(judgement)}. To get through, ${repairWords(judgement)}.`,
  };
}

/** @returns why a push that needs a yes is not passed on; null when it needs none, or has it for exactly this */
export async function heldByGuardrail(
  db: Db,
  run: RunByToken,
  guarded: Guarded,
  pushed: Pushed,
): Promise<Stopped | null> {
  const { judgement, digest } = guarded;
  if (judgement.verdict !== 'ask') return null;
  const said = await findDecision(db, itemOf(run, digest));
  if (said === 'allow') return null;
  const why = judgementSentence(judgement);
  const repair = repairWords(judgement);
  if (said === 'deny')
    return {
      error: 'the reader refused it',
      say: `mainloop: the reader refused this push: ${why}. To get through, ${repair}.`,
    };
  const shown = await shownOf(judgement, pushed);
  const tooMany = await withTx(db, (tx) => ask(tx, run, judgement, itemOf(run, digest), shown));
  if (tooMany !== null)
    return { error: 'too much waits for the reader already', say: `mainloop: ${tooMany}` };
  return {
    error: 'held until the reader agrees',
    say: `mainloop: a guardrail holds this push until the reader agrees: ${why}. Either ${repair}; or end your turn now, you are woken with the answer, and push again.`,
  };
}

const itemOf = (run: RunByToken, digest: string): string => `${run.task_id}-guard-${digest}`;

const aboutOf = (run: RunByToken) => ({ taskId: run.task_id, actor: 'gateway' });
const hitOf = (run: RunByToken, judgement: Judgement) => ({
  runId: run.id,
  verdict: judgement.verdict === 'never' ? ('never' as const) : ('ask' as const),
  hits: judgement.hits.slice(0, MAX_NAMED).map((hit) => ({ ...hit, what: reveal(hit.what).slice(0, 400) })),
  sentence: cleanText(judgementSentence(judgement), 2_000),
});

/** Writes down that a push did not pass; of a flood of them the story has enough after a few. */
const noteHit = (db: Db, run: RunByToken, judgement: Judgement): Promise<unknown> =>
  withTx(db, async (tx) => {
    if ((await takeAllowance(tx, run, 'guardrailHits')).ok)
      await append(tx, [guardrailHit.new({ ...aboutOf(run), payload: hitOf(run, judgement) })], run.owner_id);
  });

interface Shown {
  readonly diff: string;
  /** Why it can't be allowed here, as the end of a sentence; null when it can. */
  readonly refusal: string | null;
}

/** @returns why it is not even held: too much waits for the reader already; null when it is */
async function ask(
  tx: Tx,
  run: RunByToken,
  judgement: Judgement,
  id: string,
  { diff, refusal }: Shown,
): Promise<string | null> {
  const verdict = await takeAllowance(tx, run, 'guardrailAsks');
  // The same once more is no new question.
  const isNew = !(await hasEvent(tx, `inbox/${id}`));
  if (!verdict.ok && isNew) return verdict.sentence;
  await append(
    tx,
    [
      guardrailHit.held({ ...aboutOf(run), payload: { ...hitOf(run, judgement), itemId: id } }),
      inboxOpened.new({
        ...aboutOf(run),
        payload: {
          id,
          kind: 'guardrail',
          runId: run.id,
          title: askedTitle(judgement),
          body: askedWords(judgement, refusal),
          options: [...(refusal === null ? [{ label: 'Allow' }] : []), { label: 'Refuse' }],
          held: { diff: cleanText(diff, MAX_HELD_BYTES * 2), mayAllow: refusal === null },
        },
      }),
    ],
    run.owner_id,
  );
  return null;
}

/** The lines of the paths that ask. A secret is not shown, and a size is its number. */
async function shownOf({ hits }: Judgement, { env, at, main, sha }: Pushed): Promise<Shown> {
  const paths = hits.filter((hit) => hit.rule === 'path').map((hit) => hit.what);
  if (paths.length === 0) return { diff: '', refusal: null };
  const few = paths.slice(0, MAX_SHOWN);
  const form = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--full-index', '-U20'];
  const prefixes = ['--src-prefix=a/', '--dst-prefix=b/'];
  const args = [...at, 'diff', ...form, ...prefixes, `${main}...${sha}`, '--', ...few];
  const out = await readGit(args, env, MAX_HELD_BYTES);
  const text = out.bytes.toString();
  const { files, cut } = readDiff(text);
  const reasons: readonly (readonly [boolean, string])[] = [
    [paths.length > MAX_SHOWN, `it changes ${paths.length} of these files, more than can be shown`],
    [out.cut || cut, 'it is too long to be shown whole'],
    [
      files.some((f) => f.binary) || out.bytes.includes(0) || !Buffer.from(text).equals(out.bytes),
      'a part of it is not text',
    ],
    [
      few.some((path) => !files.some((f) => f.path === path)),
      'a part of it stands only in a commit in between, or could not be shown',
    ],
  ];
  return {
    diff: out.cut ? `${text}\n${CUT_MARK} (the rest is not shown)` : text,
    refusal: reasons.find(([is]) => is)?.[1] ?? null,
  };
}
