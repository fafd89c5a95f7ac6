// Talking to the api. Every refusal is one sentence; the command prints it and exits with 1.
import {
  callOver,
  fetchOptions,
  requestOf,
  sentenceOf,
  type Call,
  type Request,
} from '@mainloop/models/contracts/client';
import type { RouteName } from '@mainloop/models/contracts/routes';

export class Refused extends Error {}
/** Nobody answers. */
export class Away extends Refused {}

export interface Api {
  /** Asks by the name of a route, see contracts/routes. @throws Refused */
  readonly call: Call;
  /** An answer line by line, of a route that needs nothing. @throws Refused */
  lines(name: RouteName): AsyncGenerator<string>;
  stream(path: string, signal: AbortSignal, onEvent: (kind: string, data: unknown) => void): Promise<void>;
}

/** @param token shown instead of a sign-in, where one is needed */
export function apiAt(base: string, token: string | null): Api {
  const who: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const ask = async (request: Request): Promise<Response> => {
    try {
      return await fetch(`${base}${request.path}`, fetchOptions(request, who));
    } catch {
      throw new Away(`mainloop does not answer on ${base}. Start it with make dev.`);
    }
  };
  return {
    call: callOver(ask, (sentence) => new Refused(sentence)),
    async *lines(name) {
      const response = await ask(requestOf(name, undefined));
      if (!response.ok) throw new Refused(await sentenceOf(response));
      let rest = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const whole = `${rest}${chunk}`.split('\n');
        rest = whole.pop()!;
        yield* whole;
      }
      if (rest !== '') throw new Refused('The answer ended in the middle of a line. Ask again.');
    },
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
