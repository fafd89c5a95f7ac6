// What an automation that came does. Asked twice it does it once; a webhook goes out again under the same id.
import { requestOutside } from '@mainloop/network/outside';
import type { Forge } from '@mainloop/adapters/forge/port';
import type { Hit } from '@mainloop/network/failpoints';
import { actOn, failFiring, type Deed, type OwnedFiring } from '@mainloop/models/db/automations/acting';
import type { Db } from '@mainloop/models/db/pool';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { marker } from '@mainloop/models/flow/ids';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';
import type { Effect } from '../effects.ts';

const TIMEOUT_MS = 10_000;

type Webhook = Extract<Deed, { is: 'webhook' }>;
type Send = (webhook: Webhook) => Promise<void>;

/** Sends it to the internet or nowhere. @throws Error with one sentence when it did not arrive */
const sendOutside: Send = async ({ id, url, body }) => {
  const status = await requestOutside(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'mainloop', 'mainloop-delivery': id },
    body: Buffer.from(body),
    timeoutMs: TIMEOUT_MS,
  });
  if (status < 200 || status > 299)
    throw new Error(`${new URL(url).hostname} answered with ${status} instead of taking it.`);
};

const firingOf = ({ ownerId, id, version, seq }: AutomationWorkflowInput): OwnedFiring => ({
  ownerId,
  id,
  version,
  seq,
});

/** `isHeld`: everything is paused, so nothing was done and it is asked again. */
interface Held {
  readonly isHeld: boolean;
}

interface Hands {
  readonly db: Db;
  readonly forge: Pick<Forge, 'ensureComment' | 'ensureLabel'>;
  readonly hit: Hit;
  readonly effect: Effect;
  readonly send?: Send;
}

export const automationActivities = ({ db, forge, hit, effect, send = sendOutside }: Hands) => ({
  /** @returns how many deeds there are that go out; the name is that of the first kind, and histories hold it */
  actAutomation: async (input: AutomationWorkflowInput): Promise<Held & { readonly webhooks: number }> => {
    hit('automation.act.before');
    const acted = await actOn(db, firingOf(input));
    hit('automation.act.after');
    return { webhooks: acted.is === 'done' ? acted.deeds.length : 0, isHeld: acted.is === 'held' };
  },
  /** Does one deed that goes out: a webhook, a comment, a label. @param input `at`: which of them, from 0 */
  sendWebhook: async (input: AutomationWorkflowInput & { readonly at: number }): Promise<Held> => {
    const acted = await actOn(db, firingOf(input));
    const deed = acted.is === 'done' ? acted.deeds[input.at] : undefined;
    if (deed !== undefined) await doDeed(deed, { db, forge, effect, send });
    return { isHeld: acted.is === 'held' };
  },
  failAutomation: (input: AutomationWorkflowInput & { readonly sentence: string }): Promise<void> =>
    failFiring(db, firingOf(input), input.sentence),
});

/** A task that has no page on the forge yet has nobody to read what would be said there: that is no failure. */
async function doDeed(deed: Deed, { db, forge, effect, send }: Required<Omit<Hands, 'hit'>>): Promise<void> {
  if (deed.is === 'webhook') return send(deed);
  const task = await getTask(db, deed.taskId);
  const number = task.prNumber ?? task.issueNumber;
  if (number === null) return;
  const { repo } = task;
  if (deed.is === 'comment')
    await effect(task, { kind: 'automation', of: deed.id }, () =>
      forge.ensureComment({
        repo,
        number,
        marker: marker(task.id, `automation-${deed.id.replaceAll('/', '-')}`),
        body: deed.text,
      }),
    );
  else
    await effect(task, { kind: 'label', of: deed.id }, async () => ({
      outcome: await forge.ensureLabel({ repo, number, name: deed.label, isOn: deed.isOn }),
    }));
}
