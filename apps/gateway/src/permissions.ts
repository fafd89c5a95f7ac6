// The running agent wants to do something it must ask for: a rule answers, or the person does.
import { createHash } from 'node:crypto';
import type { PermissionRequest } from '@mainloop/models/contracts/runner';
import { isAllowed, sendCommand, takeAnswered } from '@mainloop/models/db/runs/commands';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { describeRequest, ruleOf, sayRefused } from '@mainloop/models/flow/runs/permissions';
import type { z } from 'zod';
import { allowed } from './allowance.ts';

/**
 * An agent asks whether it may do something: allowed at once where somebody has said "always", refused at
 * once where it can't be shown whole, else an inbox item.
 * @param ask the tool, what it would be called with, and the id that the answer goes to
 * @returns the item; null where a rule has answered
 */
export async function askPermission(
  db: Db,
  run: RunByToken,
  ask: z.infer<typeof PermissionRequest>,
): Promise<{ readonly itemId: string | null }> {
  const rule = ruleOf(ask.tool, ask.input);
  const say = async (allow: boolean, message: string): Promise<{ itemId: null }> => {
    await sendCommand(db, run.id, { type: 'permission', requestId: ask.requestId, allow, message });
    return { itemId: null };
  };
  const about = { taskId: run.task_id, rule };
  if (await isAllowed(db, { ...about, projectSettings: run.project_settings })) return say(true, '');
  const words = describeRequest(ask.tool, ask.input, resolveProjectSettings(run.project_settings).egress);
  // It is shown whole or not allowed.
  if (words.kind === 'too_long') return say(false, words.sentence);
  const answered = await withTx(db, (tx) =>
    takeAnswered(tx, { ...about, requestId: ask.requestId, runId: run.id, ownerId: run.owner_id }),
  );
  if (answered !== null) return say(answered.allow, answered.allow ? '' : sayRefused(answered.text));
  const id = `${run.id}-p${createHash('sha256').update(`${run.epoch}/${ask.requestId}`).digest('hex').slice(0, 10)}`;
  await withTx(db, async (tx) => {
    await allowed(tx, run, 'permissions');
    await append(
      tx,
      [
        inboxOpened.new({
          taskId: run.task_id,
          actor: 'agent',
          payload: {
            id,
            kind: 'permission',
            runId: run.id,
            title: words.title,
            titleIsWhole: words.titleIsWhole,
            body: words.body,
            options: [
              { label: 'Allow once' },
              ...(words.always
                ? [{ label: 'Always for this task' }, { label: 'Always for this project' }]
                : []),
              { label: 'Refuse' },
            ],
            permission: { runId: run.id, requestId: ask.requestId, rule },
          },
        }),
      ],
      run.owner_id,
    );
  });
  return { itemId: id };
}
