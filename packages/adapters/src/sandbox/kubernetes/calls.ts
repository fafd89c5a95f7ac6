// One call to the cluster's API: its time limit, and from its status codes to our closed union.
import { ApiException } from '@kubernetes/client-node';
import { SandboxError } from '../port.ts';

const CALL_MS = 15_000;
/** Rights that were given a moment ago may not have reached every API server. */
const RIGHTS_MS = 10_000;

class Forbidden extends SandboxError {}
/** @param ms how long */
export const pause = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));
const codeOf = (err: unknown): number => (err instanceof ApiException ? err.code : 0);

/**
 * What is gone is null, so that removing twice is removing.
 * @throws anything but 404
 */
export async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (err) {
    if (codeOf(err) === 404) return null;
    throw err;
  }
}

/**
 * Inside a namespace that is not there, or is going, we have no rights: they are bound in it. So
 * "forbidden"
 * means "nothing of ours" here; a right that is really missing shows when something is made.
 * @throws anything but 403 and 404
 */
export async function inside<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (err) {
    if (codeOf(err) === 404 || codeOf(err) === 403) return null;
    throw err;
  }
}

/**
 * What is there already is made.
 * @returns null where it was there
 * @throws anything but that
 */
export async function once<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (err) {
    if (codeOf(err) === 409 && /AlreadyExists/.test(reasonOf(err))) return null;
    throw err;
  }
}

/**
 * Rights that were just bound take a moment to count.
 * @throws Forbidden where they still do not after that
 */
export async function granted<T>(ask: () => Promise<T>): Promise<T> {
  for (let wait = 10, deadline = Date.now() + RIGHTS_MS; ; wait = Math.min(wait * 2, 200)) {
    try {
      return await call(ask);
    } catch (err) {
      if (!(err instanceof Forbidden) || Date.now() > deadline) throw err;
      await pause(wait);
    }
  }
}

/**
 * A request to a cluster that hangs would hold its caller for ever: the client sets no limit of its own.
 * @throws SandboxError, also where nobody answers in time
 */
export async function call<T>(ask: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, no) => {
    timer = setTimeout(
      () => no(new SandboxError('unavailable', `The cluster does not answer within ${CALL_MS / 1000} s.`)),
      CALL_MS,
    );
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (err) {
    throw translate(err);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(err: unknown): string {
  return err instanceof ApiException ? String((parse(err.body) as { reason?: string }).reason ?? '') : '';
}

/**
 * From the API's status codes to the port's closed union. 409 on a namespace that goes away, 429 and 5xx
 * pass
 * by themselves.
 * @returns an error with a sentence for a person
 */
export function translate(err: unknown): SandboxError {
  if (err instanceof SandboxError) return err;
  const code = codeOf(err);
  const said =
    err instanceof ApiException
      ? String((parse(err.body) as { message?: string }).message ?? err.message)
      : String((err as Error).message);
  const words = said.split('\n')[0]!.slice(0, 400);
  if (code === 401)
    return new SandboxError(
      'setup',
      "The cluster does not accept mainloop's credentials any more. Renew the kubeconfig, then retry.",
    );
  if (code === 403)
    return /exceeded quota/.test(words)
      ? new SandboxError('setup', `The cluster's quota is used up: ${words}`)
      : new Forbidden(
          'setup',
          `The cluster forbids it: ${words} Compare the rights with k8s/apps/mainloop/base/rights.yaml.`,
        );
  if (code === 400 || code === 422)
    return new SandboxError('setup', `The cluster refuses the sandbox: ${words}`);
  return new SandboxError('unavailable', `The cluster can't be reached now: ${words}`);
}

const parse = (body: unknown): unknown => {
  if (typeof body !== 'string') return body ?? {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    // Something before the API server answered, in words.
    return { message: body };
  }
};
