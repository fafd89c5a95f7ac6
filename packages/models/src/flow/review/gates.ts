// A gate: what stands against a change, and what the person says about it. Never the Retry of a failure. Pure.
import type { RedCheck } from '../ci/report.ts';
import type { ItemKind } from '../events.ts';
import type { ErrorCode, GateReason } from '../runs/outcomes.ts';
import { cleanTitle, tellingLines } from '../text.ts';

export const PUT_BACK = 'Put it back';
const FIX_IT = 'Let Claude fix it';
const LOOK_AGAIN = 'Look again';
const ALLOW_GATE = 'Allow';

/** What was told of checks that are green though tests are gone, and of a change that nothing checks. */
export const WEAKENED =
  'The checks are green, but the change removes or skips tests. Look at it before it counts.';
export const UNCHECKED =
  'This repository has no CI, so nothing has checked the change. Allow it to go to review without checks: look closely.';

export interface Gate {
  readonly title: string;
  /** What stands against it, a line for each: `path: what`. */
  readonly lines: readonly string[];
  readonly options: readonly { readonly label: string }[];
}

/**
 * @param weakened what the change does to its tests, a line for each
 * @param unchecked why nothing has checked the change, where there is more to say than that there is no CI
 */
export function gateOf(
  what: Exclude<GateReason, 'red' | 'red_before'>,
  weakened: readonly string[],
  unchecked: string = UNCHECKED,
): Gate {
  const both = weakened.length === 0 ? unchecked : `${unchecked} It also removes or skips tests.`;
  return {
    title: what === 'weakened' ? WEAKENED : both,
    lines: weakened,
    options: [{ label: weakened.length > 0 ? PUT_BACK : LOOK_AGAIN }, { label: ALLOW_GATE }],
  };
}

const RED_NAMES = {
  lint: ['Lint is', 'lint'],
  diagnostics: ['The type check is', 'the type check'],
  tests: ['The tests are', 'the tests'],
} as const;
/** Lines of each red check that stand on the card. */
const MAX_LINES = 8;

/**
 * What CI lets pass and the repository's own checks do not.
 * @param red at least one
 * @param weakened what the change does to its tests besides, a line for each: letting the change through lets
 * that through too
 */
export function redGateOf(red: readonly RedCheck[], weakened: readonly string[]): Gate {
  const [first, ...others] = red;
  const also = others.length === 0 ? '' : `, like ${others.map((r) => RED_NAMES[r.what][1]).join(' and ')}`;
  const tests = weakened.length === 0 ? '' : ' The change also removes or skips tests.';
  return {
    title: `${first === undefined ? 'A check is' : RED_NAMES[first.what][0]} red in the sandbox${also}, and Claude has left it so.${tests}`,
    lines: [
      ...red.flatMap((check) => [
        `$ ${cleanTitle(check.command, 200)}`,
        ...tellingLines(check.tail)
          .slice(-MAX_LINES)
          .map((l) => cleanTitle(l, 200)),
      ]),
      ...weakened,
    ],
    options: [{ label: FIX_IT }, { label: ALLOW_GATE }],
  };
}

/**
 * What the agent found red.
 * @param before what is red, and that it was before
 * @param weakened what the change does to its tests besides, a line for each: letting the change through lets
 * that through too
 */
export const redBeforeGateOf = (before: string, weakened: readonly string[]): Gate => ({
  title: `${before}${weakened.length === 0 ? '' : ' The change also removes or skips tests.'}`,
  lines: weakened,
  options: [{ label: FIX_IT }, { label: ALLOW_GATE }],
});

/** @returns its lines, without empty ones */
export const linesOf = (body: string): string[] => body.split('\n').filter((l) => l.trim() !== '');

/**
 * What an answer to a gate is noted as: what was let through, or what has to come back, by name.
 * @returns a line for each thing, or the title of an item that lists none
 */
export const gateAnswer = (input: { title: string; body: string }): string =>
  linesOf(input.body).join('\n') || input.title;

/**
 * Whether a button that only says "Retry" would let something through unseen: at a gate, and at what was
 * one before they had a kind.
 * @param input an item as its row has it
 */
export const isGate = (input: { readonly kind: ItemKind; readonly errorCode: ErrorCode | null }): boolean =>
  input.kind === 'gate' || input.errorCode === 'gate';
