// What happens while somebody looks at the inbox: things that need them come, and go without them, so that cards move.
import { appendOnce } from '@mainloop/models/db/log';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Db } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { inboxClosed, inboxOpened } from '@mainloop/models/events/inbox';
import { taskStateChanged } from '@mainloop/models/events/tasks';
import type { ItemKind } from '@mainloop/models/flow/events';
import { seedProposal, seedTask } from '../seed.ts';

export interface World {
  readonly items: Set<string>;
  readonly tasks: string[];
  /** One thing happens. */
  happen(): Promise<void>;
}

const KINDS: readonly (readonly [ItemKind, string, readonly string[]])[] = [
  ['plan', 'Plan, revision 1', []],
  ['question', 'Which way should it go?', ['Left', 'Right', 'Straight on']],
  ['question', 'What should it be called?', []],
  ['review', 'Ready for review', []],
  ['permission', 'May it run make release?', ['Allow once', 'Refuse']],
  ['gate', 'The change removes or skips tests.', ['Put it back', 'Allow']],
  ['failure', 'CI is still red after 3 repairs.', ['Retry']],
];

/**
 * @param name of this walk, so that several may be in one database
 * @param few open items: fewer than this are filled up first
 */
export function openWorld(db: Db, name: string, random: () => number, few: number): World {
  const items = new Set<string>();
  const tasks: string[] = [];
  let n = 0;
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const body = (): string =>
    Array.from({ length: Math.floor(random() * 8) }, (_, i) => `Line ${i} of what there is to know.`).join(
      '\n\n',
    );
  async function open(): Promise<void> {
    const [kind, title, options] = pick(KINDS);
    const task = await seedTask(db, `${name}${++n}`);
    const id = `${task}-i`;
    const state = kind === 'failure' ? [taskStateChanged.new({ taskId: task, actor: 'test', payload: { state: 'blocked', phase: 'ci', status: { is: 'item', itemId: id } } })] : []; // prettier-ignore
    await appendOnce(
      db,
      [
        inboxOpened.new({
          taskId: task,
          actor: 'test',
          payload: {
            id,
            kind,
            title,
            body: kind === 'gate' ? 'test/a.test.ts: deleted' : body(),
            options: options.map((label) => ({ label })),
          },
        }),
        ...state,
      ],
      OWNER,
    );
    items.add(id);
    tasks.push(task);
  }
  async function close(): Promise<void> {
    const id = pick([...items]);
    if (id === undefined) return;
    items.delete(id);
    await appendOnce(
      db,
      [
        inboxClosed.new({
          taskId: id.replace(/-i$/, ''),
          actor: 'test',
          payload: { id, why: 'It was decided elsewhere.' },
        }),
      ],
      OWNER,
    );
  }
  return {
    items,
    tasks,
    async happen() {
      const { rows } = await db.query<{ id: string }>("select id from inbox_items where state = 'open'");
      for (const id of items) if (!rows.some((r) => r.id === id)) items.delete(id);
      if (items.size < few) return open();
      const dice = random();
      if (dice < 0.45) return close();
      if (dice < 0.75) return open();
      if (dice < 0.85) return void (await seedProposal(db, `${name}-${++n}`, 3_600_000));
      if (dice < 0.93) return void (await appendOnce(db, [messageSaid.new({ actor: 'test', payload: { id: `${name}-${++n}`, role: 'note', text: body() || 'Well.', turnId: null } })], OWNER)); // prettier-ignore
      const task = pick(tasks);
      if (task !== undefined)
        await appendOnce(
          db,
          [
            taskStateChanged.new({
              taskId: task,
              actor: 'test',
              payload: { state: 'ci', phase: 'ci', status: { is: 'words', words: `Step ${++n}.` } },
            }),
          ],
          OWNER,
        );
    },
  };
}
