// Where a task stands among its steps. Pure.
const STEPS = ['Plan', 'Change', 'Checks', 'Review'] as const;
const STEP_OF = new Map([
  ['queued', 0],
  ['plan', 0],
  ['implement', 1],
  ['ci', 2],
  ['fix_ci', 2],
  ['second_look', 2],
  ['review', 3],
  ['address_review', 3],
]);

/** Where a task stands: "Step 2 of 4, change". @returns null when it has ended, or stands where we do not know */
export function stepOf(task: {
  readonly state: string;
  readonly phase: string;
  readonly endedAt: Date | null;
}): string | null {
  const step = task.endedAt === null ? (STEP_OF.get(task.state) ?? STEP_OF.get(task.phase)) : undefined;
  return step === undefined ? null : `Step ${step + 1} of ${STEPS.length}, ${STEPS[step]!.toLowerCase()}`;
}
