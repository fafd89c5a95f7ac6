// What an automation that came does. Asked twice it does it once; a webhook goes out again under the same id.
import { requestOutside } from '@mainloop/network/outside';
import {
  actOn,
  failFiring,
  type Acted,
  type Delivery,
  type OwnedFiring,
} from '@mainloop/models/db/automations/acting';
import type { Db } from '@mainloop/models/db/pool';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';

const TIMEOUT_MS = 10_000;

type Send = (delivery: Delivery) => Promise<void>;

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

export const automationActivities = ({ db, send = sendOutside }: { db: Db; send?: Send }) => ({
  /** @returns how many webhooks there are to send */
  actAutomation: async (input: AutomationWorkflowInput): Promise<{ readonly webhooks: number }> => ({
    webhooks: (await deliveries(db, input)).length,
  }),
  /** @param input `at`: which of its webhooks, from 0 */
  sendWebhook: async (input: AutomationWorkflowInput & { readonly at: number }): Promise<void> => {
    const delivery = (await deliveries(db, input))[input.at];
    if (delivery !== undefined) await send(delivery);
  },
  failAutomation: (input: AutomationWorkflowInput & { readonly sentence: string }): Promise<void> =>
    failFiring(db, firingOf(input), input.sentence),
});

async function deliveries(db: Db, input: AutomationWorkflowInput): Promise<readonly Delivery[]> {
  const acted: Acted = await actOn(db, firingOf(input));
  return acted.is === 'done' ? acted.deliveries : [];
}
