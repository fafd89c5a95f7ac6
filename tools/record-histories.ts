// Records histories for the replay test: node tools/record-histories.ts. Of each patch there is one from
// before it and one with it; those that lie there are never recorded anew, because they are the workflows
// that may still be running somewhere.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import {
  broken,
  openRehearsal,
  CI_REPORT,
  unavailable,
  WORKFLOWS,
  type Rehearsal,
  type Script,
} from '../apps/worker/src/replay/rehearsal.ts';
import { patchesOf, withoutPatch } from '../apps/worker/src/replay/patches.ts';

const root = path.join(import.meta.dirname, '..');
const here = path.join(root, 'apps/worker/src/replay');
const require = createRequire(path.join(root, 'apps/worker/package.json'));
const { historyToJSON } = require('@temporalio/common/lib/proto-utils') as {
  historyToJSON: (h: object) => string;
};
const MINUTE_MS = 60_000;

const quiet = () => ({ state: 'open', comments: 0, newestIso: '', author: '' });
const waits = (words: string) => () => ({
  ...quiet(),
  waiting: { comments: 1, author: 'mona', words, atOnce: false, quietMs: MINUTE_MS },
});
const taken = () => ({ ...quiet(), comments: 1, author: 'mona', rounds: { most: 1, open: '- new' } });

/** Each walks where the others do not; together they pass every stage and every patch. */
/** What a linter says that the repository names. */
const LINT = [{ what: 'lint', command: 'npm run --silent lint', tail: 'a.ts: error no-var' }] as const;
const STORIES: Record<
  string,
  { script: (nowMs: number) => Partial<Script>; walk: (rehearsal: Rehearsal) => Promise<void> }
> = {
  // A limit, two questions, a plan; weakened tests that a person lets through; comments; merged in the app.
  merged: {
    script: (nowMs) => ({
      ends: [
        { kind: 'wait', reason: 'five_hour', untilMs: nowMs + 10 * MINUTE_MS },
        { kind: 'asked', itemId: 'q1', itemIds: ['q1', 'q2'] },
      ],
      cis: [
        { verdict: 'pending' },
        { verdict: 'green', weakened: ['a.test.ts: deleted'], verified: 'passed' },
        { verdict: 'green', verified: 'passed' },
      ],
      asked: [0, 1],
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.merged!.script(await rehearsal.env.currentTimeMs()));
      await rehearsal.passes(20 * MINUTE_MS);
      await handle.signal('human', { id: 'q1', kind: 'answer', text: 'yes' });
      await rehearsal.passes(MINUTE_MS);
      await handle.signal('human', { id: 'q2', kind: 'answer', text: 'no' });
      await rehearsal.passes(20 * MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(30 * MINUTE_MS);
      await rehearsal.say(handle, '-f4-1', 'retry');
      await rehearsal.passes(MINUTE_MS);
      await handle.signal('poke');
      await rehearsal.passes(20 * MINUTE_MS);
      await rehearsal.say(handle, '-review-5', 'merge');
      await handle.result();
    },
  },
  // Lost, red, repaired, something unexpected, and cancelled in review.
  cancelled: {
    script: () => ({
      ends: [{ kind: 'interrupted', reason: 'lost' }],
      cis: [{ verdict: 'red' }],
      instead: new Map([['hasPushed', [broken('the table pushes is gone')]]]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.cancelled!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'revise');
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      const failure = rehearsal.script().failures.at(-1);
      if (failure !== undefined) await handle.signal('human', { id: failure.id, kind: 'retry' });
      await rehearsal.passes(20 * MINUTE_MS);
      await rehearsal.say(handle, '-cancel', 'cancel');
      await handle.result();
    },
  },
  // A second look that sends the change back once, and finds nothing the next time.
  looked: {
    script: () => ({
      cis: [
        { verdict: 'green', sha: 'a', told: CI_REPORT },
        { verdict: 'green', sha: 'b', told: CI_REPORT },
      ],
      instead: new Map<string, (() => unknown)[]>([
        ['needsSecondLook', [() => true, () => true]],
        ['endSecondLook', [() => ({ must: 1, should: 0, note: 1 })]],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.looked!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      const [review] = (await rehearsal.standing(handle)).openItems;
      await handle.signal('human', { id: review!, kind: 'merge', text: 'squash' });
      await handle.result();
    },
  },
  // CI as it is told since it has six outcomes: the same failure twice, a re-run, a "ready" that is taken
  // back, a merge that is refused.
  told: {
    script: () => ({
      cis: [
        { verdict: 'red', sha: 'a', told: { ...CI_REPORT, red: '"test" is red.' } },
        {
          verdict: 'red',
          sha: 'b',
          told: {
            ...CI_REPORT,
            red: '"test" is red.',
            ask: '"test" failed again in the same way after a repair.',
          },
        },
        { verdict: 'green', sha: 'b', told: CI_REPORT },
        { verdict: 'green', sha: 'b', told: CI_REPORT },
        { verdict: 'green', sha: 'c', told: CI_REPORT },
      ],
      instead: new Map([
        [
          'readReview',
          [() => ({ state: 'open', comments: 0, newestIso: '', author: '', again: 'CI failed after all.' })],
        ],
        [
          'merge',
          [() => ({ did: 'refused', sentence: 'The repository wants reviews that are not there yet.' })],
        ],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.told!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      // From before it was told, it asks about nothing by itself.
      for (
        let last = rehearsal.script().failures.at(-1);
        last !== undefined && (await rehearsal.standing(handle)).openItems.includes(last.id);
        last = rehearsal.script().failures.at(-1)
      ) {
        await handle.signal('human', { id: last.id, kind: 'retry', onlyRetry: true });
        await rehearsal.passes(20 * MINUTE_MS);
      }
      for (const _ of ['refused', 'merged']) {
        const review = (await rehearsal.standing(handle)).openItems.at(-1);
        if (review !== undefined) await handle.signal('human', { id: review, kind: 'merge', text: 'squash' });
        await rehearsal.passes(MINUTE_MS);
      }
      await handle.result();
    },
  },
  // The repository's own linter is red where CI is green: repaired in vain, shown, repaired at the person's
  // word, and let through.
  named: {
    script: () => ({
      cis: [
        { verdict: 'green', sha: 'a', told: CI_REPORT, red: LINT },
        { verdict: 'green', sha: 'a', told: { ...CI_REPORT, pushedNothing: true }, red: LINT },
        { verdict: 'green', sha: 'a', told: { ...CI_REPORT, pushedNothing: true }, red: LINT },
        { verdict: 'green', sha: 'a', told: CI_REPORT, red: LINT },
      ],
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.named!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      for (const kind of ['deny', 'allow'] as const) {
        const gate = (await rehearsal.standing(handle)).openItems.at(-1);
        if (gate === undefined || gate.includes('-review-')) break;
        await handle.signal('human', { id: gate, kind });
        await rehearsal.passes(20 * MINUTE_MS);
      }
      const review = (await rehearsal.standing(handle)).openItems.at(-1);
      if (review !== undefined) await handle.signal('human', { id: review, kind: 'merge', text: 'squash' });
      await handle.result();
    },
  },
  // CI was red before the change: shown, repaired at the person's word, and let through.
  before: {
    script: () => ({
      cis: [
        { verdict: 'red', sha: 'a', told: { ...CI_REPORT, before: '"test" was red before this change.' } },
      ],
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.before!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      for (const kind of ['deny', 'allow'] as const) {
        const gate = (await rehearsal.standing(handle)).openItems.at(-1);
        if (gate === undefined || gate.includes('-review-')) break;
        await handle.signal('human', { id: gate, kind });
        await rehearsal.passes(20 * MINUTE_MS);
      }
      const review = (await rehearsal.standing(handle)).openItems.at(-1);
      if (review !== undefined) await handle.signal('human', { id: review, kind: 'merge', text: 'squash' });
      await handle.result();
    },
  },
  // The base moves under what is offered, and once more while it is repaired: told, brought in twice, offered
  // and merged.
  joined: {
    script: () => ({
      cis: [
        { verdict: 'green', sha: 'a', told: CI_REPORT, fits: true },
        { verdict: 'green', sha: 'a', told: CI_REPORT, fits: false },
        { verdict: 'pending', sha: 'b', told: CI_REPORT, fits: false },
        { verdict: 'green', sha: 'c', told: CI_REPORT, fits: true },
      ],
      instead: new Map([
        [
          'readReview',
          [() => ({ state: 'open', comments: 0, newestIso: '', author: '', conflictsWith: 'main' })],
        ],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.joined!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      const review = (await rehearsal.standing(handle)).openItems.at(-1);
      if (review !== undefined) await handle.signal('human', { id: review, kind: 'merge', text: 'squash' });
      await handle.result();
    },
  },
  // Merged after another one: behind it, brought up to date, taken out, put in again, and red together with
  // it; then merged.
  train: {
    script: () => ({
      cis: ['a', 'b', 'c'].map((sha) => ({ verdict: 'green', sha, told: CI_REPORT, fits: true })),
      instead: new Map([
        [
          'stepTrain',
          [
            { did: 'wait', head: 'a', place: 2, base: 'main' },
            { did: 'wait', head: 'b', place: 1, base: 'main' },
            { did: 'out', sentence: 'It does not wait to be merged any more.' },
            { did: 'red', sentence: 'CI failed together with main.' },
            { did: 'merged', sentence: '' },
          ].map((answer) => () => answer),
        ],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.train!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      for (const _ of ['out', 'red', 'merged']) {
        const review = (await rehearsal.standing(handle)).openItems.at(-1);
        if (review !== undefined) await handle.signal('human', { id: review, kind: 'merge', text: 'squash' });
        await rehearsal.passes(20 * MINUTE_MS);
      }
      await handle.result();
    },
  },
  // Approved, and in conflict when its turn has come: it keeps its place, is joined with its base, and merged.
  kept: {
    script: () => ({
      cis: [
        { verdict: 'green', sha: 'a', told: CI_REPORT, fits: true },
        { verdict: 'green', sha: 'a', told: CI_REPORT, fits: false },
        { verdict: 'green', sha: 'b', told: CI_REPORT, fits: true },
      ],
      instead: new Map([
        [
          'stepTrain',
          [
            { did: 'conflicts', sentence: 'It conflicts with main now.', keeps: true },
            { did: 'merged', sentence: '' },
          ].map((answer) => () => answer),
        ],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.kept!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      const review = (await rehearsal.standing(handle)).openItems.at(-1);
      if (review !== undefined) await handle.signal('human', { id: review, kind: 'merge', text: 'squash' });
      await handle.result();
    },
  },
  // A question while the forge is away, answered in the app before it came back.
  asked: {
    script: () => ({
      ends: [{ kind: 'asked', itemId: 'q1' }],
      instead: new Map([
        ['ensureQuestion', Array.from({ length: 8 }, () => unavailable('the forge is away'))],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.asked!.script(0));
      while ((await rehearsal.standing(handle)).waitsFor?.what !== 'decision') await rehearsal.passes(1_000);
      await handle.signal('human', { id: 'q1', kind: 'answer', text: 'yes' });
      await rehearsal.passes(20 * MINUTE_MS);
      await rehearsal.say(handle, '-cancel', 'cancel');
      await handle.result();
    },
  },
  // A comment, another one before it was quiet, a round; then a second that is one too many, about which the
  // person decides.
  gathered: {
    script: () => ({
      cis: ['a', 'b', 'c'].map((sha) => ({ verdict: 'green', sha, told: CI_REPORT, fits: true })),
      instead: new Map([
        ['readReview', [waits('1'), waits('2'), taken, waits('3'), taken, quiet, quiet, waits('4'), quiet]],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.gathered!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(60 * MINUTE_MS);
      for (const kind of ['changes', 'merge'] as const) {
        const review = (await rehearsal.standing(handle)).openItems.at(-1);
        if (review !== undefined)
          await handle.signal('human', { id: review, kind, text: kind === 'merge' ? 'squash' : 'go on' });
        await rehearsal.passes(20 * MINUTE_MS);
      }
      await handle.result();
    },
  },
  // Closed while CI runs and opened again; closed in review, asked about, opened from here, closed once more,
  // and stopped with its branch kept.
  closed: {
    script: () => ({
      cis: [
        {
          verdict: 'red',
          sha: 'a',
          told: { ...CI_REPORT, pull: 'closed', ask: 'The pull request was closed before it was ready.' },
        },
        { verdict: 'green', sha: 'a', told: CI_REPORT },
        { verdict: 'green', sha: 'a', told: CI_REPORT },
      ],
      instead: new Map<string, (() => object)[]>([
        ['readReview', [1, 2].map(() => () => ({ state: 'closed', comments: 0, newestIso: '', author: '' }))],
        [
          'readPull',
          Array.from({ length: 500 }, (_, n) => () => ({
            state: n === 1 ? 'open' : 'closed',
            by: 'mona',
            atIso: '2026-11-20T10:00:00Z',
          })),
        ],
      ]),
    }),
    async walk(rehearsal) {
      const handle = await rehearsal.start(STORIES.closed!.script(0));
      await rehearsal.passes(MINUTE_MS);
      await rehearsal.say(handle, '-plan-1', 'approve');
      await rehearsal.passes(20 * MINUTE_MS);
      const asked = (): string | undefined =>
        (rehearsal.inputs('openItem') as { id: string; kind: string }[])
          .filter((i) => i.kind === 'pr_closed')
          .at(-1)?.id;
      // From before it was a question, it was the end.
      if (asked() !== undefined) {
        await handle.signal('human', { id: asked()!, kind: 'reopen' });
        await rehearsal.passes(5 * MINUTE_MS);
        await handle.signal('human', { id: asked()!, kind: 'keep' });
      }
      await handle.result();
    },
  },
};
/** Workflows that are no task's; none of them has a patch yet. */
const OTHERS: Record<
  string,
  {
    readonly workflow: string;
    readonly workflowId: string;
    readonly input: (nowMs: number) => object;
    readonly script?: Partial<Script>;
  }
> = {
  recurring: {
    workflow: 'recurringWorkflow',
    workflowId: 'recurring/rc-1',
    input: () => ({ ownerId: 'owner', id: 'rc-1' }),
  },
  // A phase that fails does not keep the next.
  cycle: {
    workflow: 'cycleWorkflow',
    workflowId: 'cycle',
    input: () => ({ ownerId: 'owner' }),
    script: {
      instead: new Map<string, (() => unknown)[]>([
        ['triageCycle', Array.from({ length: 4 }, () => unavailable('it did not answer'))],
      ]),
    },
  },
  // It waits for its turn; one webhook arrives at the second try, the other never does.
  automation: {
    workflow: 'automationWorkflow',
    workflowId: 'automation/au-1/1/7',
    input: (nowMs) => ({ ownerId: 'owner', id: 'au-1', version: 1, seq: 7, dueMs: nowMs + 60 * MINUTE_MS }),
    script: {
      instead: new Map<string, (() => unknown)[]>([
        [
          'sendWebhook',
          [
            unavailable('it answered with 503'),
            () => undefined,
            ...Array.from({ length: 5 }, () => unavailable('it answered with 500')),
          ],
        ],
      ]),
    },
  },
};
/** Stories from before a patch never come to it; what is not named here is passed by the first. */
const PASSED_BY: ReadonlyMap<string, string> = new Map([
  ['told-ci', 'told'],
  ['second-look', 'looked'],
  ['join-base', 'joined'],
  ['ask-until-asked', 'asked'],
  ['gather-comments', 'gathered'],
  ['closed-asks', 'closed'],
  ['named-checks', 'named'],
  ['red-before', 'before'],
  ['merge-train', 'train'],
  ['keep-place', 'kept'],
]);
const code = readFileSync(WORKFLOWS, 'utf8');
const variants = [
  { name: 'with-all', code, stories: Object.keys(STORIES) },
  ...patchesOf(code).map((id) => ({
    name: `before-${id}`,
    code: withoutPatch(code, id),
    stories: [PASSED_BY.get(id) ?? 'merged'],
  })),
];
for (const variant of variants) {
  const missing = variant.stories.filter(
    (story) => !existsSync(path.join(here, `${story}.${variant.name}.json`)),
  );
  if (missing.length === 0) continue;
  const bundle = path.join(mkdtempSync(path.join(os.tmpdir(), 'workflows-')), 'workflows.js');
  writeFileSync(bundle, variant.code);
  const rehearsal = await openRehearsal(bundle);
  try {
    for (const [i, story] of missing.entries()) {
      await STORIES[story]!.walk(rehearsal);
      await keep(rehearsal, `task/w${i + 1}`, `${story}.${variant.name}.json`);
      console.log(`${story}.${variant.name}: ${rehearsal.script().states.join(' ')}`);
    }
  } finally {
    await rehearsal.close();
  }
}
const others = Object.entries(OTHERS).filter(
  ([name]) => !existsSync(path.join(here, `${name}.with-all.json`)),
);
if (others.length > 0) {
  const rehearsal = await openRehearsal(WORKFLOWS);
  try {
    for (const [name, { input, script, ...other }] of others) {
      const nowMs = await rehearsal.env.currentTimeMs();
      await (await rehearsal.startOther({ ...other, input: input(nowMs) }, script)).result();
      await keep(rehearsal, other.workflowId, `${name}.with-all.json`);
      console.log(
        `${name}: ${rehearsal
          .script()
          .calls.map((call) => call.name)
          .join(' ')}`,
      );
    }
  } finally {
    await rehearsal.close();
  }
}
process.exit(0);

/** Whose machine it was and where its files lie is nobody's business. */
async function keep(rehearsal: Rehearsal, workflowId: string, file: string): Promise<void> {
  const history = await rehearsal.env.client.workflow.getHandle(workflowId).fetchHistory();
  const json = historyToJSON(history).replace(
    /"(identity|stackTrace)": *"(?:[^"\\]|\\.)*"/g,
    (_, key: string) => `"${key}":"${key === 'identity' ? 'worker' : ''}"`,
  );
  writeFileSync(path.join(here, file), `${JSON.stringify(JSON.parse(json))}\n`);
}
