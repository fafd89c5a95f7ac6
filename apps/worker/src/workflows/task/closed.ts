// A pull request that somebody closed: a moment in which it may be opened again, then a question. Its branch
// is never gone before somebody said so.
import {
  afterClosed,
  CLOSED_BODY,
  CLOSED_GRACE_MS,
  CLOSED_OPTIONS,
  sayClosed,
} from '@mainloop/models/flow/forge/closed';
import { lookAgainMs } from '@mainloop/models/flow/forge/looks';
import type { HumanSignal } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import { closeItem, openItem, setState, type TaskContext } from './context.ts';
import type { Finished } from './merge.ts';
import { untilDone } from './trouble.ts';

interface Pull {
  readonly state: 'open' | 'closed' | 'merged';
  readonly by: string;
  readonly atIso: string;
}
/** What came of it; `open_in_time`: before anybody was asked. */
type CameOfClosed = 'open_in_time' | 'open' | Finished;

/**
 * @param asking what is done before the person is asked
 * @param toldIso when it was closed, where that is told already: then it is told, too, that it was opened
 * again before anybody looked once more
 */
export async function whileClosed(
  task: TaskContext,
  phase: 'ci' | 'review',
  asking: () => Promise<void>,
  toldIso?: string,
): Promise<CameOfClosed> {
  const pull = await inGrace(task, phase, toldIso);
  if (pull.state === 'open') return 'open_in_time';
  if (pull.state === 'merged') return { stage: 'merged' };
  await asking();
  for (let said = ''; ;) {
    const answer = await ask(task, phase, pull, said);
    if (answer === 'open') return 'open';
    if (answer === 'merged') return { stage: 'merged' };
    const next = afterClosed(answer.kind);
    if (next !== 'reopen') return { stage: next };
    const result = await untilDone(task, phase, () =>
      forge.ensureReopened({ taskId: task.taskId, closedAtIso: pull.atIso }),
    );
    if (result.did === 'reopened') return 'open';
    said = result.sentence;
  }
}

const look = (task: TaskContext, phase: string, closedAtIso?: string): Promise<Pull> =>
  untilDone(task, phase, () =>
    forge.readPull({ taskId: task.taskId, ...(closedAtIso === undefined ? {} : { closedAtIso }) }),
  );

async function inGrace(task: TaskContext, phase: string, toldIso: string | undefined): Promise<Pull> {
  const { desk } = task;
  const untilMs = Date.now() + CLOSED_GRACE_MS;
  for (let closedAtIso = toldIso; ;) {
    const before = desk.lookAgains();
    const pull = await look(task, phase, closedAtIso);
    const leftMs = untilMs - Date.now();
    if (pull.state !== 'closed' || leftMs <= 0) return pull;
    closedAtIso = pull.atIso;
    await desk.until(() => desk.lookAgains() > before, leftMs, {
      what: 'time',
      untilIso: new Date(untilMs).toISOString(),
    });
  }
}

/** @returns the decision, or what became of it without one */
async function ask(
  task: TaskContext,
  phase: string,
  { by, atIso }: Pull,
  said: string,
): Promise<HumanSignal | 'open' | 'merged'> {
  const { desk, taskId } = task;
  const id = `${taskId}-x${task.seenRuns}-${++task.items}`;
  const title = sayClosed(by);
  const body = [said, CLOSED_BODY].filter((x) => x !== '').join('\n\n');
  await openItem(task, { id, kind: 'pr_closed', title, body, options: [...CLOSED_OPTIONS] });
  await setState(task, 'blocked', phase, { is: 'item', itemId: id });
  for (let looks = 0; ; looks++) {
    const before = desk.lookAgains();
    const news = (): boolean => desk.decided(id) !== undefined || desk.lookAgains() > before;
    if (await desk.until(news, lookAgainMs(looks), { what: 'decision', itemId: id })) looks = -1;
    const decision = desk.decided(id);
    if (decision !== undefined) return decision;
    const { state } = await look(task, phase, atIso);
    if (state === 'closed') continue;
    await closeItem(task, id, state === 'open' ? 'it was opened again' : 'it was merged');
    return state;
  }
}
