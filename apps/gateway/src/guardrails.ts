// Guardrails at the push: what they look at is read out of git here, from a repository only we write to; what they say of it is decided
// in flow/guardrails.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Db } from '@mainloop/models/db/pool';
import { getSettings, resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import {
  judge,
  type Change,
  type FoundSecret,
  type From,
  type Hit,
  type Judgement,
} from '@mainloop/models/flow/guardrails/judge';
import type { ChangedPath, Guardrails } from '@mainloop/models/flow/guardrails/rules';
import { shownSecret, withoutSecrets } from '@mainloop/models/flow/guardrails/secrets';
import { nameOfBytes } from '@mainloop/models/flow/review/diff';
import { reveal } from '@mainloop/models/flow/text';
import { GitFailed, readGit, recordsOfGit } from './git-run.ts';
import { searchObjects, type PlacedSecret } from './objects.ts';
import { sizeOf } from './pushes.ts';

/** Paths of one push that are judged. */
const MAX_PATHS = 100_000;
/** Characters of all of them: each is held against each glob. */
const MAX_PATH_CHARS = 16 * 1024 * 1024;
const MAX_BASE_BYTES = 8 * 1024 * 1024;
/** Where lines are a rule. What is larger still has none. */
const LARGE_TEXTS = ['-c', 'core.bigFileThreshold=64m'];
const RAW = ['--raw', '-z', '--no-renames', '--no-abbrev', '--no-color', '--no-ext-diff', '--no-textconv'];

export type Rules = Readonly<Record<From, Guardrails>>;

/** What is read of a push, beside what the look at it knows. */
export interface Pushed {
  readonly env: NodeJS.ProcessEnv;
  readonly at: readonly string[];
  /** The default branch, as a ref. */
  readonly main: string;
  readonly sha: string;
  readonly files: number;
  readonly lines: number;
}

export interface Guarded {
  readonly judgement: Judgement;
  /** Of exactly what a yes would let through. */
  readonly digest: string;
}

/** @returns what the person says about changes, as it is at this moment */
export async function rulesOf(db: Db, run: RunByToken): Promise<Rules> {
  return { project: resolveProjectSettings(run.project_settings), all: await getSettings(db, run.owner_id) };
}

/**
 * Judges a push: the whole branch, and each of its commits.
 * @throws GitFailed when something of it can't be read; then it does not pass
 */
export async function guard(pushed: Pushed, rules: Rules): Promise<Guarded> {
  const both = [rules.project, rules.all];
  const states = both.some((r) => r.neverPaths.length + r.askPaths.length > 0)
    ? await statesOf(pushed)
    : new Map<string, States>();
  const secrets = both.some((r) => r.secrets !== 'let') ? await secretsOf(pushed) : [];
  const change: Change = {
    files: pushed.files,
    lines: both.some((r) => r.changeLines !== null) ? await linesOf(pushed) : pushed.lines,
    paths: [...states].flatMap(([path, { ids }]) => pathsOf(path, ids)),
    secrets: secrets.map(({ kind, shown, place }) => ({ kind, shown, place })),
  };
  const judgement = judge(change, rules);
  return { judgement, digest: digestOf(judgement.hits, states, secrets, pushed.sha) };
}

/** Of a large text as well, which is not shown. */
async function linesOf({ env, at, main, sha }: Pushed): Promise<number> {
  const { additions, deletions } = await sizeOf(env, [...at, ...LARGE_TEXTS], `${main}...${sha}`);
  return additions + deletions;
}

interface States {
  /** Each mode and id that a commit of the branch gives this path, and what its end puts in the place of what. */
  readonly ids: Set<string>;
}

/** A link in between is judged as one. */
const pathsOf = (path: string, ids: ReadonlySet<string>): ChangedPath[] =>
  [...new Set([...ids].map((id) => id.slice(0, 6)))].map((mode) => ({ path, mode }));

/** Every path that is different on the branch, or that one of its commits touched, without renames: both ends of one count. */
async function statesOf({ env, at, main, sha }: Pushed): Promise<Map<string, States>> {
  const states = new Map<string, States>();
  let chars = 0;
  const read = async (args: readonly string[], kept: 'after' | 'both'): Promise<void> => {
    let state = '';
    await recordsOfGit([...at, ...args, '--'], env, (record) => {
      if (state === '') {
        // :OLDMODE NEWMODE OLDID NEWID STATUS, with as many of the old ones as a merge has parents.
        const said = record.toString('latin1').trim();
        if (said === '') return 'more';
        const parents = /^:+/.exec(said)?.[0].length ?? 0;
        const fields = said.slice(parents).split(' ');
        if (parents === 0 || fields.length !== 2 * parents + 3)
          throw new GitFailed('', 'what it changes can not be read');
        state = `${fields[parents]} ${fields[2 * parents + 1]}`;
        if (kept === 'both') state += ` was ${fields[0]} ${fields[parents + 1]}`;
        return 'more';
      }
      const isText = isUtf8(record);
      const path = isText ? record.toString() : nameOfBytes(record);
      // Another name may be spelled like this one.
      if (!isText) state += ` named ${record.toString('hex')}`;
      const known = states.get(path);
      if (known === undefined) states.set(path, { ids: new Set([state]) });
      else known.ids.add(state);
      chars += known === undefined ? path.length : 0;
      state = '';
      if (states.size > MAX_PATHS || chars > MAX_PATH_CHARS)
        throw new GitFailed('', `it changes more than ${MAX_PATHS} files`);
      return 'more';
    });
  };
  // What stood there before is a part of what is agreed to: the same file in the place of another one takes that one back.
  await read(['diff', ...RAW, `${main}...${sha}`], 'both');
  // Of a merge what is as none of its parents had it; what it brings of others is in their own commits.
  await read(['log', ...RAW, '-c', '--format=', `${main}..${sha}`], 'after');
  return states;
}

/** One that may be held: `id` names it, and says nothing. */
interface HeldSecret extends FoundSecret {
  readonly id: string;
}

async function secretsOf({ env, at, main, sha }: Pushed): Promise<HeldSecret[]> {
  const { secrets, more } = await searchObjects(env, at, [sha, `^${main}`]);
  const fresh: HeldSecret[] = [];
  for (const secret of secrets)
    if (!(await isKnown({ env, at, main }, secret)))
      fresh.push({
        kind: secret.kind,
        shown: shownSecret(secret.secret),
        place: placeOf(secret),
        id: createHash('sha256').update(secret.secret).digest('base64url'),
      });
  // What is not told apart is not let through for what was.
  if (more) fresh.push({ kind: 'more than can be told apart', shown: '…', place: 'the whole push', id: sha });
  return fresh;
}

/** A line of the default branch that only stands in a file that changes is no news. */
async function isKnown(
  { env, at, main }: Pick<Pushed, 'env' | 'at' | 'main'>,
  { secret, path }: PlacedSecret,
): Promise<boolean> {
  if (path === '') return false;
  const args = [...at, 'cat-file', 'blob', `${main}:${path}`];
  // There is no such file: then it is new.
  const before = await readGit(args, env, MAX_BASE_BYTES).catch(() => null);
  return before !== null && before.bytes.toString('latin1').includes(secret);
}

const placeOf = ({ type, object, path }: PlacedSecret): string => {
  const shown = withoutSecrets(reveal(path)).slice(0, 300);
  if (type === 'blob') return shown;
  return type === 'commit'
    ? `what commit ${object.slice(0, 7)} says`
    : `the names of files in ${shown || 'the root'}`;
};

/** Of what needs a yes: paths by what they become, secrets by what they are, a size by its commit. */
function digestOf(
  hits: readonly Hit[],
  states: ReadonlyMap<string, States>,
  secrets: readonly HeldSecret[],
  sha: string,
): string {
  const hash = createHash('sha256');
  const asked = hits.filter((hit) => hit.outcome === 'ask');
  for (const { rule, what } of asked) {
    const of = rule === 'path' ? [...(states.get(what)?.ids ?? [])].toSorted().join(',') : '';
    hash.update(JSON.stringify([rule, what, rule === 'files' || rule === 'lines' ? sha : of]));
  }
  if (asked.some((hit) => hit.rule === 'secret'))
    hash.update(JSON.stringify(secrets.map(({ id, place }) => `${place} ${id}`).toSorted()));
  // In full: a part of a hash can be met by trying. base64url, so that it fits where ids do.
  return hash.digest('base64url');
}
