// Talking to the api. Every refusal is one sentence; the command prints it and exits with 1.
import { requestOf, type Call } from '@mainloop/models/contracts/client';

export class Refused extends Error {}

export interface Api {
  /** Asks by the name of a route, see contracts/routes. @throws Refused */
  readonly call: Call;
  stream(path: string, signal: AbortSignal, onEvent: (kind: string, data: unknown) => void): Promise<void>;
}

/** @param token shown instead of a sign-in, where one is needed */
export function apiAt(base: string, token: string | null): Api {
  const who = token === null ? {} : { authorization: `Bearer ${token}` };
  const call: Call = async (name, ...[sends]) => {
    const { method, path, body } = requestOf(name, sends ?? ({} as never));
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: { ...who, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Refused(`mainloop does not answer on ${base}. Start it with make dev.`);
    }
    // No JSON: then the status is all there is to say.
    const data = (await response.json().catch(() => ({}))) as { error?: string };
    if (!response.ok) throw new Refused(data.error ?? `mainloop answered ${response.status}.`);
    return data as never;
  };
  return {
    call,
    async stream(path, signal, onEvent) {
      let last = '';
      while (!signal.aborted) {
        try {
          const response = await fetch(`${base}${path}`, {
            signal,
            headers: {
              ...who,
              accept: 'text/event-stream',
              ...(last === '' ? {} : { 'last-event-id': last }),
            },
          });
          let rest = '';
          for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
            rest += chunk;
            const parts = rest.split('\n\n');
            rest = parts.pop() ?? '';
            for (const part of parts) {
              const fields = Object.fromEntries(
                part
                  .split('\n')
                  .filter((l) => !l.startsWith(':'))
                  .map((l) => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 1).trimStart()]),
              );
              if (fields.id) last = fields.id;
              if (fields.data) onEvent(fields.event ?? 'message', JSON.parse(fields.data));
            }
          }
        } catch {
          if (signal.aborted) return;
          await new Promise((r) => setTimeout(r, 500));
        }
      }
    },
  };
}
