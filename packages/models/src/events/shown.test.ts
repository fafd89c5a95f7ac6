import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanTitle, HIDDEN, spellOut, withoutHidden } from '../flow/text.ts';
import type { EventType, Payloads } from './registry.ts';
import { shownPayload } from './shown.ts';

type EventBody = { [T in EventType]: { type: T; payload: Payloads[T] } }[EventType];
const shownEvent = <T extends EventType>(event: { type: T; payload: Payloads[T] }) => ({
  ...event,
  payload: shownPayload<T>(event.type, event.payload),
});

/**
 * Bidirectional controls, no width, line ends that are none, letters nobody sees (tags, fillers, variations),
 * control sequences.
 */
const MISLEADING = ['\u202e', '\u2066', '\u200f', '\u061c', '\u200b', '\u200d', '\u2060', '\ufeff', '\r', '\u2028', '\u2029', '\u0085', '\u{e0041}', '\u{e007f}', '\u115f', '\u3164', '\u2800', '\ufe0f', '\u{e0100}', '\u00ad', '\u001b]0;x\u0007', '\u009b2J', '\b', '\u001b[2A', '\u0000', '\ud800']; // prettier-ignore
const text = fc.array(fc.oneof(fc.constantFrom(...MISLEADING, 'a', ' ', '\n', '\t', '#', '\u200c', '1', '\u20e3', '❤', 'ک'), fc.string({ unit: 'binary' }))).map((x) => x.join('')); // prettier-ignore
const isPlain = (s: string): boolean => {
  let found = false;
  withoutHidden(s, (c) => ((found = true), c));
  return !found;
};
/** Every string anywhere in a value. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

test.each(MISLEADING)('%j is spelt out', (c) => {
  expect(spellOut(`a${c}b`)).toMatch(/^a(?:\[(?:CR|U\+[0-9A-F]{4,6})\][ -~]*)+b$/);
});

test.each(['❤️‍🔥', '👩🏽‍💻', '1️⃣', '⚠️ careful', 'می‌خواهم', 'क्‍ष', 'a\tb\nc', 'naïve é', '漢字'])(
  '%j stays as it is',
  (words) => {
    expect(spellOut(words)).toBe(words);
  },
);

test('a line feed stays one however it came, a lone carriage return is shown, and colours go', () => {
  expect(spellOut('a\r\nb\rc \u001b[1;31mred\u001b[0m')).toBe('a\nb[CR]c red');
  expect(spellOut('\u001b[3\u001b[31m1m')).toBe('[U+001B][31m');
});

test('a pile of marks ends after six', () => {
  expect(spellOut(`e${'\u0301'.repeat(8)}!`)).toBe(`e${'\u0301'.repeat(6)}[U+0301][U+0301]!`);
});

test('of whatever text nothing is left that hides, nothing goes that was seen, and once more changes nothing', () => {
  fc.assert(
    fc.property(text, (s) => {
      const out = spellOut(s);
      expect(isPlain(out)).toBe(true);
      expect(spellOut(out)).toBe(out);
      expect(out.replace(/\[(?:CR|U\+[0-9A-F]{4,6})\]/g, '').replace(HIDDEN, '')).toBe(
        s.replace(/\r\n/g, '\n').replace(/\u001b\[[0-9;]*m/g, '').replace(/(?<=\p{M}{6})\p{M}/gu, '').replace(/\[(?:CR|U\+[0-9A-F]{4,6})\]/g, '').replace(HIDDEN, ''), // prettier-ignore
      );
      expect(cleanTitle(s)).not.toMatch(HIDDEN);
    }),
  );
});

/** An event of each kind whose words a person reads, with one text everywhere in it where somebody else's may stand. */
const events = (s: string): EventBody[] => [
  { type: 'message.said', payload: { id: 'm', role: 'assistant', text: s, turnId: null } },
  { type: 'message.said', payload: { id: 'm', role: 'note', text: s, turnId: null } },
  { type: 'project.refused', payload: { id: 'p', source: s, sentence: s } },
  { type: 'proposal.made', payload: { id: 'p', turnId: null, projectId: 'p', title: s, prompt: s, model: s, budgetCents: 1, skipPlan: true, digest: 'd', attachments: [{ id: 'a', name: s, mime: s, size: 1 }], expiresAt: '' } }, // prettier-ignore
  {
    type: 'task.confirmed',
    payload: {
      proposalId: null,
      projectId: 'p',
      title: s,
      prompt: s,
      model: s,
      budgetCents: 1,
      skipPlan: true,
      branch: 'b',
    },
  },
  { type: 'task.state', payload: { state: 'drafting', phase: 'plan', status: { is: 'words', words: s } } },
  { type: 'task.ended', payload: { state: 'failed', how: null, left: s } },
  { type: 'plan.written', payload: { revision: 1, markdown: s } },
  {
    type: 'run.ended',
    payload: { runId: 'r', phase: 'plan', epoch: 1, outcome: { kind: 'completed', summary: s } },
  },
  {
    type: 'run.ended',
    payload: {
      runId: 'r',
      phase: 'plan',
      epoch: 1,
      outcome: { kind: 'failed', reason: 'execution', detail: s },
    },
  },
  {
    type: 'evidence.recorded',
    payload: {
      runId: 'r',
      what: 'setup',
      command: s,
      exitCode: 0,
      ms: 1,
      tail: s,
      sha: 'x',
      clean: true,
      from: [s],
    },
  },
  {
    type: 'baseline.recorded',
    payload: { runId: 'r', what: 'lint', command: s, exitCode: 1, tail: s, sha: 'x' },
  },
  { type: 'packages.fetched', payload: { runId: 'r', packages: [s], more: 0 } },
  { type: 'agent.said', payload: { runId: 'r', text: s } },
  {
    type: 'agent.showed',
    payload: { runId: 'r', id: 'f', caption: s, mime: 'image/png', width: 1, height: 1, sha256: 'x' },
  },
  {
    type: 'branch.pushed',
    payload: {
      pushId: 'p',
      branch: s,
      sha: 'x',
      commits: [{ sha: 'x', title: s }],
      files: 1,
      additions: 1,
      deletions: 1,
    },
  },
  { type: 'push.held', payload: { pushId: 'p', files: [s] } },
  { type: 'push.refused', payload: { branch: s, reason: s } },
  {
    type: 'guardrail.hit',
    payload: {
      runId: 'r',
      verdict: 'never',
      hits: [{ rule: 'path', outcome: 'never', from: 'all', says: s, what: s }],
      sentence: s,
    },
  },
  { type: 'review.commented', payload: { id: 'c', path: null, side: 'new', startLine: null, line: null, sha: null, quote: s, text: s, author: s, via: 'github', state: 'open', forgeId: 1 } }, // prettier-ignore
  { type: 'review.replied', payload: { id: 'c', text: s, runId: 'r' } },
  ...(['question', 'plan', 'permission', 'review', 'gate', 'pr_closed', 'failure'] as const).map(
    (kind): EventBody => ({
      type: 'inbox.opened',
      payload: { id: 'i', kind, title: s, body: s, options: [{ label: s, description: s }] },
    }),
  ),
];

test('no event holds a character that hides or misleads, in any field where somebody else speaks', () => {
  fc.assert(
    fc.property(text, (s) => {
      for (const event of events(s))
        expect({
          type: event.type,
          hidden: stringsOf(shownEvent(event).payload).filter((x) => !isPlain(x)),
        }).toEqual({ type: event.type, hidden: [] });
    }),
    { numRuns: 50 },
  );
});

test('what a later version adds is spelt out too', () => {
  const event = {
    type: 'something.new',
    payload: { deep: [{ words: 'a\u202eb' }], n: 1, none: null },
  } as never as EventBody;
  expect(shownEvent(event).payload).toEqual({ deep: [{ words: 'a[U+202E]b' }], n: 1, none: null });
});

test.each([
  { type: 'message.said', payload: { id: 'm', role: 'user', text: 'a\u202eb', turnId: null } },
  { type: 'task.steered', payload: { text: 'a\u202eb' } },
  {
    type: 'inbox.answered',
    payload: { id: 'i', decision: 'answer', text: 'a\u202eb', via: 'app', by: 'you' },
  },
  { type: 'review.comment_edited', payload: { id: 'c', text: 'a\u202eb' } },
  { type: 'task.allowed', payload: { rule: 'a\u202eb' } },
  { type: 'project.settings', payload: { id: 'p', settings: { setupCommand: 'a\u202eb' } } },
  { type: 'inbox.opened', payload: { id: 'i', kind: 'permission', title: 't', body: 'b', options: [], permission: { runId: 'r', requestId: 'q', rule: 'a\u202eb' } } }, // prettier-ignore
  {
    type: 'inbox.opened',
    payload: {
      id: 'i',
      kind: 'ci_files',
      title: 't',
      body: '',
      options: [],
      held: { diff: '+a\r\n', mayAllow: true },
    },
  },
] satisfies EventBody[])('stays as it is: %j', (e) => {
  expect(shownEvent(e)).toEqual(e);
});
