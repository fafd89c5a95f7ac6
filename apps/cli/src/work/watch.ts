// `watch`: what happens, as it happens, in a terminal or a pipe.
import type { LoggedEvent } from '@mainloop/models/events/registry';
import { storyOf } from '@mainloop/models/events/story';
import { isEnded, type TaskState } from '@mainloop/models/flow/states';
import type { Command } from 'commander';
import { Refused, type StreamedEvent } from '../client.ts';
import type { Context } from '../context.ts';
import { NotDone } from '../exits.ts';

/** @returns the sentence that the story has for it; where it has none, its type and its title, if it has one */
export function eventText(event: StreamedEvent, before: readonly StreamedEvent[] = []): string {
  const known = [...before, event] as unknown as readonly LoggedEvent[];
  const step = storyOf(known).findLast(({ seq }) => seq === event.seq);
  if (step !== undefined && step.text !== '') return step.text;
  const title = event.payload.title;
  return typeof title === 'string' && title !== '' ? `${event.type}: ${title}` : event.type;
}

/** Who cancelled a task is said when it has ended, and who paused it once. */
const isAsked = (event: StreamedEvent): boolean =>
  event.type === 'task.paused' ||
  (event.type === 'task.state' &&
    (event.payload.status as { is?: unknown } | undefined)?.is === 'cancelling');

interface Options {
  readonly after?: string;
}

/** `watch`. */
export function registerWatch(program: Command, context: Context): void {
  program
    .command('watch')
    .description(
      'what happens as it happens, a line each, times in UTC; of one task from its beginning to its end',
    )
    .argument('[task]', 'without one: all of them, from now on')
    .option('--after <seq>', 'go on after this event, as `seq` in --json says')
    .action(async (taskId: string | undefined, { after }: Options) => {
      if (after !== undefined && !/^\d{1,15}$/.test(after))
        throw new Refused('--after wants the number of an event.');
      if (taskId === undefined) return watchAll(context, after ?? 'now');
      const ended = await watchTask(context, taskId, Number(after ?? 0));
      if (ended !== 'done') throw new NotDone();
    });
}

async function watchAll(context: Context, after: string): Promise<void> {
  // Whether it is there at all is said by a refusal, not by trying for ever.
  await context.api().call('getPause');
  const show = printer(context, true);
  await follow(context, after, (event) => {
    show(event);
    return false;
  });
}

/** @returns how it ended */
async function watchTask(context: Context, taskId: string, after: number): Promise<TaskState> {
  const { api } = context;
  const show = printer(context, false);
  const { state } = await api().call('getTask', { id: taskId });
  let last = after;
  for (const event of await api().call('listEvents', { id: taskId })) {
    show(event, event.seq > after);
    last = Math.max(last, event.seq);
  }
  if (isEnded(state)) return state;
  let ended: TaskState | null = null;
  await follow(context, String(last), (event) => {
    if (event.taskId !== taskId) return false;
    show(event);
    if (event.type === 'task.ended') ended = event.payload.state as TaskState;
    return ended !== null;
  });
  // What was shown came from the log, and so did the end.
  return ended ?? (await api().call('getTask', { id: taskId })).state;
}

/** @param take says whether that was the last one */
async function follow(
  { api, warn }: Context,
  after: string,
  take: (event: StreamedEvent) => boolean,
): Promise<void> {
  const watching = new AbortController();
  let isAway = false;
  await api().stream({
    after,
    signal: watching.signal,
    onEvent: (event) => {
      isAway = false;
      if (!watching.signal.aborted && take(event)) watching.abort();
    },
    onBreak: () => {
      if (!isAway) warn('mainloop does not answer. It is tried again, and nothing is missed meanwhile.');
      isAway = true;
    },
  });
}

/** @param names whether a line says which task it is about */
function printer({ line }: Context, names: boolean): (event: StreamedEvent, isShown?: boolean) => void {
  const asked = new Map<string | null, StreamedEvent[]>();
  return (event, isShown = true) => {
    const before = asked.get(event.taskId) ?? [];
    const text = isShown ? eventText(event, before) : '';
    if (isAsked(event)) asked.set(event.taskId, [...before.filter(({ type }) => type !== event.type), event]);
    if (!isShown) return;
    const about = names && event.taskId !== null ? `${event.taskId}  ` : '';
    line({ ...event, text }, `${event.at.slice(11, 19)}  ${about}${text.split('\n').join(' ')}`);
  };
}
