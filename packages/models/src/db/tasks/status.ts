// The line that a task shows of itself, made from its code where it is written down.
import { statusLine, type Status } from '../../flow/status.ts';
import type { Queryable } from '../pool.ts';
import { row, tables } from '../rows.ts';

/** @returns a line for a person; '' when there is no more to say than its state */
export const lineOf = (database: Queryable, status: Status): Promise<string> =>
  statusLine(
    status,
    async (itemId) =>
      (await row(database, tables.selectFrom('inbox_items').select('title').where('id', '=', itemId)))
        ?.title ?? '',
  );
