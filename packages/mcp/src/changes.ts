// What an event of the log changes among the resources: whoever subscribed to one hears that it changed, and reads
// it again.

/** What of an event there is to know for that. */
export interface Happened {
  readonly type: string;
  readonly taskId: string | null;
}

/** Resources by their addresses; `isListed`: there is one more or one less. */
export interface Changed {
  readonly uris: readonly string[];
  readonly isListed: boolean;
}

/** Lists, by what the types of their events begin with. */
const LISTS: readonly (readonly [prefix: string, uri: string])[] = [
  ['inbox.', 'mainloop://inbox'],
  ['learning.', 'mainloop://learnings'],
];

/** Pure. @returns nothing for an event that no resource shows */
export function changedBy({ type, taskId }: Happened): Changed {
  const lists = LISTS.flatMap(([prefix, uri]) => (type.startsWith(prefix) ? [uri] : []));
  const ofTask =
    taskId === null
      ? []
      : ['mainloop://tasks', `mainloop://tasks/${taskId}`, `mainloop://tasks/${taskId}/events`];
  return { uris: [...lists, ...ofTask], isListed: type === 'task.confirmed' };
}

/** A busy agent makes many events a second; who reads again wants one word of them. */
const GATHER_MS = 200;

/**
 * Gathers what changed, and says each once.
 * @param tell what changed within a moment
 * @param gatherMs how long that is
 */
export function gathering(
  tell: (changed: Changed) => void,
  gatherMs = GATHER_MS,
): { readonly take: (event: Happened) => void; readonly stop: () => void } {
  let uris = new Set<string>();
  let isListed = false;
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    timer = null;
    const changed = { uris: [...uris], isListed };
    [uris, isListed] = [new Set(), false];
    tell(changed);
  };
  return {
    take: (event) => {
      const changed = changedBy(event);
      if (changed.uris.length === 0 && !changed.isListed) return;
      for (const uri of changed.uris) uris.add(uri);
      isListed ||= changed.isListed;
      timer ??= setTimeout(flush, gatherMs);
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
