// The running agent wants to do something it must ask for: a rule answers, or the person does.
import { createHash } from 'node:crypto';
import type { PermissionRequest } from '@mainloop/models/contracts/runner';
import { isAllowed, sendCommand } from '@mainloop/models/db/runs/commands';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { describeRequest, ruleOf } from '@mainloop/models/flow/permissions';
import type { z } from 'zod';
import { allowed } from './allowance.ts';

/**
 * An agent asks whether it may do something: allowed at once where somebody has said "always", refused at
 * once where it can't be shown whole, else an inbox item.
 * @param ask the tool, what it would be called with, and the id that the answer goes to
 */
export async function askPermission(
  db: Db,
  r: RunByToken,
  ask: z.infer<typeof PermissionRequest>,
): Promise<void> {
  const rule = ruleOf(ask.tool, ask.input);
  if (await isAllowed(db, { taskId: r.task_id, rule, projectSettings: r.project_settings }))
    return sendCommand(db, r.id, { type: 'permission', requestId: ask.requestId, allow: true, message: '' });
  const words = describeRequest(ask.tool, ask.input, resolveProjectSettings(r.project_settings).egress);
  // It is shown whole or not allowed.
  if (words.kind === 'too_long')
    return sendCommand(db, r.id, {
      type: 'permission',
      requestId: ask.requestId,
      allow: false,
      message: words.sentence,
    });
  const id = `${r.id}-p${createHash('sha256').update(`${r.epoch}/${ask.requestId}`).digest('hex').slice(0, 10)}`;
  await withTx(db, async (tx) => {
    await allowed(tx, r, 'permissions');
    await append(
      tx,
      [
        inboxOpened.new({
          taskId: r.task_id,
          actor: 'agent',
          payload: {
            id,
            kind: 'permission',
            runId: r.id,
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
            permission: { runId: r.id, requestId: ask.requestId, rule },
          },
        }),
      ],
      r.owner_id,
    );
  });
}
