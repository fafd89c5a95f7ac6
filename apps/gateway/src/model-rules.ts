// What a request to the model may ask for, and what of it is sent on: our own words for what we understood. Pure.
import { allowedBetas, readModelRequest, type ModelRequest } from '@mainloop/models/contracts/model-request';
import { tooHeavy } from './json-weight.ts';

/** The paths of the model proxy, by what they ask. Counting tokens costs nothing. */
export const MODEL_PATHS: Readonly<
  Record<'/v1/messages' | '/v1/messages/count_tokens', 'messages' | 'count'>
> = {
  '/v1/messages': 'messages',
  '/v1/messages/count_tokens': 'count',
};
export type ModelPath = keyof typeof MODEL_PATHS;

const HELPER_MODEL = /^claude-(\d[\d-]*-)?haiku(-[\w.-]*)?$/;

export type Reading =
  | {
      readonly kind: 'forward';
      readonly body: Buffer;
      readonly request: Partial<ModelRequest> & { readonly model: string };
    }
  /** 400 is the one answer that Claude Code does not try again. */
  | { readonly kind: 'refuse'; readonly status: 400 | 403; readonly why: string };

const refuse = (why: string, status: 400 | 403 = 400): Reading => ({ kind: 'refuse', status, why });

/**
 * Understands a request or refuses it by name. What is forwarded is written anew, so that nothing is in it
 * that was not looked at: of two keys of one name the provider might have read the other.
 * @param models that may be asked besides the small helper models
 */
export function readRequest(
  path: ModelPath,
  search: URLSearchParams,
  raw: Buffer,
  models: readonly string[] | 'any',
): Reading {
  for (const [key, value] of search)
    if (key !== 'beta' || value !== 'true')
      return refuse(`mainloop does not know "${key.slice(0, 100)}" in the address of a model request.`);
  const heavy = tooHeavy(raw);
  if (heavy !== null) return refuse(`mainloop did not send this model request: ${heavy}.`);
  let body: unknown;
  try {
    body = JSON.parse(raw.toString('utf8'));
  } catch {
    return refuse('mainloop: the request is not JSON.');
  }
  const read = readModelRequest(MODEL_PATHS[path], body);
  if (!read.ok) return refuse(read.why);
  const { model } = read.request;
  if (models !== 'any' && !models.includes(model) && !HELPER_MODEL.test(model))
    return refuse(`mainloop: this task uses ${models.join(' or ')}, not ${model}`, 403);
  return { kind: 'forward', body: Buffer.from(JSON.stringify(read.request)), request: read.request };
}

const AS_THEY_ARE = [
  ['anthropic-version', /^\d{4}-\d{2}-\d{2}$/],
  ['user-agent', /^[\x20-\x7e]{1,200}$/],
  ['x-app', /^[\w-]{1,40}$/],
  ['anthropic-dangerous-direct-browser-access', /^true$/],
] as const;

/**
 * The headers of a request that are sent on. One that is not what it should be is left out.
 * @param from headers of the agent
 * @returns ours and those that passed; never a token of the agent
 */
export function forwardedHeaders(
  from: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const out: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
  };
  for (const [name, shape] of AS_THEY_ARE) {
    const value = from[name];
    if (typeof value === 'string' && shape.test(value)) out[name] = value;
  }
  const betas = allowedBetas(String(from['anthropic-beta'] ?? ''));
  if (betas !== '') out['anthropic-beta'] = betas;
  return out;
}
