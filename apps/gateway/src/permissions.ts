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
  run: RunByToken,
  ask: z.infer<typeof PermissionRequest>,
): Promise<void> {
  const rule = ruleOf(ask.tool, ask.input);
  if (await isAllowed(db, { taskId: run.task_id, rule, projectSettings: run.project_settings }))
    return sendCommand(db, run.id, {
      type: 'permission',
      requestId: ask.requestId,
      allow: true,
      message: '',
    });
  const words = describeRequest(ask.tool, ask.input, resolveProjectSettings(run.project_settings).egress);
  // It is shown whole or not allowed.
  if (words.kind === 'too_long')
    return sendCommand(db, run.id, {
      type: 'permission',
      requestId: ask.requestId,
      allow: false,
      message: words.sentence,
    });
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
}
