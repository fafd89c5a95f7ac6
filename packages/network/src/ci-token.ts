// What a job of the local CI shows at the gateway: which repository it is of, and until when. It opens the
// package proxy and no other.
import { createHmac, timingSafeEqual } from 'node:crypto';

const PREFIX = 'mlc_';
const sign = (secret: string, text: string): Buffer => createHmac('sha256', secret).update(text).digest();

/** @param repo "owner/name" */
export function ciToken(secret: string, repo: string, untilMs: number): string {
  const text = Buffer.from(JSON.stringify([repo, untilMs])).toString('base64url');
  return `${PREFIX}${text}.${sign(secret, text).toString('base64url')}`;
}

/** @returns the repository, or null for whatever we did not sign or is over */
export function repoOfCiToken(secret: string, token: string, nowMs: number): string | null {
  const [text, signature, more] = token.startsWith(PREFIX) ? token.slice(PREFIX.length).split('.') : [];
  if (text === undefined || signature === undefined || more !== undefined) return null;
  const [given, right] = [Buffer.from(signature, 'base64url'), sign(secret, text)];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const [repo, untilMs] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [string, number];
  return nowMs < untilMs ? repo : null;
}
