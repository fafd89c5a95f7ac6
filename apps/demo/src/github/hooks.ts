// Signed webhooks, sent at least once: a receiver that is away gets them again a few times, as GitHub's
// redelivery would.
import { randomUUID } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';

export interface Hooks {
  send(event: string, payload: object): void;
}

/**
 * Sends webhooks one after the other, each up to four times while the receiver is away.
 * @param url null: nobody listens, and nothing is sent
 * @param secret that they are signed with
 * @param dress adds what every payload has besides
 */
export function hooks(
  url: string | null,
  secret: string,
  dress: (payload: object) => object = (payload) => payload,
): Hooks {
  let line = Promise.resolve();
  const deliver = async (event: string, body: string): Promise<void> => {
    const id = randomUUID();
    for (const waitMs of [0, 250, 1_000, 4_000]) {
      if (waitMs > 0) await new Promise((r) => setTimeout(r, waitMs));
      try {
        const response = await fetch(url!, {
          method: 'POST',
          body,
          signal: AbortSignal.timeout(10_000),
          headers: {
            'content-type': 'application/json',
            'x-github-event': event,
            'x-github-delivery': id,
            'x-hub-signature-256': await sign(secret, body),
            'user-agent': 'GitHub-Hookshot/local',
          },
        });
        if (response.status < 500) return;
      } catch {
        // The receiver is away; try again.
      }
    }
  };
  return {
    send(event, payload) {
      if (url === null) return;
      const body = JSON.stringify(dress(payload));
      line = line.then(() => deliver(event, body));
    },
  };
}
