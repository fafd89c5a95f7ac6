// Talking to the api. Every refusal is one sentence; the command prints it and exits with 1.
import {
  callOver,
  fetchOptions,
  requestOf,
  sentenceOf,
  type Call,
  type Request,
} from '@mainloop/models/contracts/client';
import type { Answer, RouteName } from '@mainloop/models/contracts/routes';

export class Refused extends Error {}
/** Nobody answers. */
export class Away extends Refused {}

const AGAIN_MS = 500;
/** The api says every 15 s that it is there. */
const SILENT_MS = 45_000;

export type StreamedEvent = Answer<'listEvents'>[number];

export interface Api {
  /** Asks by the name of a route, see contracts/routes. @throws Refused */
  readonly call: Call;
  /** An answer line by line, of a route that needs nothing. @throws Refused */
  lines(name: RouteName): AsyncGenerator<string>;
  /**
   * Events as they happen, each once, until `signal` ends it. After a break it goes on where it was.
   * @throws Refused when the api does not want us
   */
  stream(watching: {
    /** An event's place in the log, or `now`. */
    readonly after: string;
    readonly signal: AbortSignal;
    readonly onEvent: (event: StreamedEvent) => void;
    /** The connection is gone, and is tried again. */
    readonly onBreak: () => void;
  }): Promise<void>;
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
    async stream({ after, signal, onEvent, onBreak }) {
      let last = after;
      for (let isAgain = false; !signal.aborted; isAgain = true) {
        if (isAgain) await new Promise((r) => setTimeout(r, AGAIN_MS));
        const connection = new AbortController();
        const watchdog = setTimeout(() => connection.abort(), SILENT_MS);
        try {
          const response = await fetch(`${base}/api/stream?after=${last}`, {
            signal: AbortSignal.any([signal, connection.signal]),
            headers: { ...who, accept: 'text/event-stream' },
          });
          if (!response.ok) {
            const sentence = await sentenceOf(response);
            // A proxy says that whoever is behind it is away.
            if (response.status < 500) throw new Refused(sentence);
            onBreak();
            continue;
          }
          for await (const { id, event, data } of frames(response.body!, () => watchdog.refresh())) {
            if (id !== '') last = id;
            if (event === 'event') onEvent(JSON.parse(data) as StreamedEvent);
          }
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof Refused) throw error;
          onBreak();
        } finally {
          clearTimeout(watchdog);
        }
      }
    },
  };
}

interface Frame {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/**
 * What a stream of Server-Sent Events says. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @param onBytes called whenever something comes, also where it says nothing
 */
export async function* frames(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<Frame> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    onBytes();
    const parts = `${rest}${chunk}`.split(/\r?\n\r?\n/);
    rest = parts.pop() ?? '';
    for (const part of parts) yield frameOf(part);
  }
}

function frameOf(part: string): Frame {
  const frame = { id: '', event: 'message', data: '' };
  for (const line of part.split(/\r?\n/)) {
    const [, name, value] = /^(id|event|data): ?(.*)$/s.exec(line) ?? [];
    if (name === 'data') frame.data += `${frame.data === '' ? '' : '\n'}${value}`;
    else if (name === 'id' || name === 'event') frame[name] = value!;
  }
  return frame;
}
