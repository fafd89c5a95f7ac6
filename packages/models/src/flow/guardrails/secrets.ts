// Secrets by their shape: tokens whose issuers gave them a beginning of their own. Pure. Each shape is a plain beginning and a
// bounded run of characters after it, so that no text can make the search slow; there is no rule for passwords, which look like words.

import { withoutEnd } from '../text.ts';

interface Shape {
  readonly kind: string;
  readonly begins: string;
  /** What follows, from there. */
  readonly rest: RegExp;
  /** Nothing of a word may stand before it: the beginning is short. */
  readonly apart?: true;
}
const shape = (kind: string, begins: string, rest: RegExp, apart?: true): Shape => ({
  kind,
  begins,
  rest: new RegExp(rest.source, 'y'),
  ...(apart === undefined ? {} : { apart }),
});

const SHAPES: readonly Shape[] = [
  ...['AKIA', 'ASIA'].map((b) => shape('an access key of AWS', b, /[A-Z2-7]{16}(?![A-Z0-9])/, true)),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((b) => shape('a token of GitHub', b, /[A-Za-z0-9]{36}/)),
  shape('a token of GitHub', 'github_pat_', /[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/),
  ...['glpat-', 'gldt-', 'glrt-'].map((b) => shape('a token of GitLab', b, /[\w-]{20}/)),
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xapp-'].map((b) =>
    shape('a token of Slack', b, /[A-Za-z0-9-]{24,200}/),
  ),
  shape(
    'a webhook of Slack',
    'hooks.slack.com/services/',
    /T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{20,30}/,
  ),
  ...['sk_live_', 'rk_live_'].map((b) => shape('a key of Stripe', b, /[A-Za-z0-9]{24,200}/)),
  shape('a key of Google', 'AIza', /[\w-]{35}/, true),
  shape('a key of Anthropic', 'sk-ant-', /[\w-]{80,200}/),
  ...['sk-proj-', 'sk-svcacct-', 'sk-admin-'].map((b) => shape('a key of OpenAI', b, /[\w-]{40,200}/)),
  shape('a token of npm', 'npm_', /[A-Za-z0-9]{36}/, true),
  shape('a token of PyPI', 'pypi-AgEIcHlwaS5vcmc', /[\w-]{50,200}/),
  shape('a token of Docker', 'dckr_pat_', /[\w-]{27}/),
  shape('a key of SendGrid', 'SG.', /[\w-]{22}\.[\w-]{43}/, true),
  shape('a token of Hugging Face', 'hf_', /[A-Za-z]{34}/, true),
  shape('a token of DigitalOcean', 'dop_v1_', /[a-f0-9]{64}/),
  ...['shpat_', 'shpss_'].map((b) => shape('a token of Shopify', b, /[a-fA-F0-9]{32}/)),
  shape('a key of age', 'AGE-SECRET-KEY-1', /[0-9A-Z]{58}/),
  shape(
    'a private key',
    '-----BEGIN ',
    /(?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED) )?(?:PGP )?PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=]{64}/,
  ),
];

/** No secret is looked at further than this, places at which it is split counted in. */
export const SECRET_WINDOW = 1_000;
/** Characters of a secret that are read at most. */
const LONGEST = 260;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
const BEGINNINGS = new RegExp(SHAPES.map(({ begins }) => escaped(begins)).join('|'), 'g');

export interface SecretFound {
  readonly kind: string;
  /** In full: for nobody to read. */
  readonly secret: string;
}

/**
 * Looks for secrets in a text of any kind.
 * @param text bytes as Latin-1 will do: all that is looked for is ASCII
 * @param from where a beginning counts; what stands before it is only seen
 * @param to where none counts any more
 * @returns `looked`: how many places begin like one
 */
export function findSecrets(
  text: string,
  from = 0,
  to = text.length,
): { found: SecretFound[]; looked: number } {
  const found: SecretFound[] = [];
  let looked = 0;
  BEGINNINGS.lastIndex = from;
  for (let match = BEGINNINGS.exec(text); match !== null; match = BEGINNINGS.exec(text)) {
    if (match.index >= to) break;
    looked++;
    const secret = secretAt(text, match.index);
    if (secret !== null) found.push(secret);
    BEGINNINGS.lastIndex = match.index + 1;
  }
  return { found, looked };
}

function secretAt(text: string, at: number): SecretFound | null {
  const isApart = !/\w/.test(text.charAt(at - 1));
  for (const window of [text.slice(at, at + LONGEST), closedUp(text, at)])
    for (const { kind, begins, rest, apart } of SHAPES) {
      if (!window.startsWith(begins) || (apart === true && !isApart)) continue;
      rest.lastIndex = begins.length;
      const body = rest.exec(window)?.[0];
      if (body !== undefined && isByChance(body)) return { kind, secret: begins + body };
    }
  return null;
}

const QUOTES = '"\'`';
const BEFORE_A_BREAK = ` \t${QUOTES}+.,&\\`;
const AFTER_A_BREAK = ` \t${QUOTES}+.&#*>|`;

/** What stands there when the places are closed up at which a long string is split: over lines, or in quotes with + between. */
function closedUp(text: string, at: number): string {
  let closed = '';
  const end = Math.min(text.length, at + SECRET_WINDOW);
  for (let i = at; i < end && closed.length < LONGEST; i++) {
    const character = text.charAt(i);
    const isBreak = character === '\n' || character === '\r' || text.startsWith(String.raw`\n`, i);
    if (isBreak) {
      closed = withoutEnd(closed, BEFORE_A_BREAK);
      if (character === '\\') i++;
      while (i + 1 < end && AFTER_A_BREAK.includes(text.charAt(i + 1))) i++;
    } else if (QUOTES.includes(character)) {
      const seam = /^.[ \t]{0,10}[+.&][ \t]{0,10}(["'`])/s.exec(text.slice(i, i + 24));
      if (seam?.[1] === character) i += seam[0].length - 1;
      else closed += character;
    } else closed += character;
  }
  return closed;
}

/** @returns a text in which each secret is shown by its beginning alone */
export const withoutSecrets = (text: string): string =>
  findSecrets(text).found.reduce((rest, { secret }) => rest.replaceAll(secret, shownSecret(secret)), text);

/** Bits that each character of what was drawn by chance has at least; of `xxxxxxxx` it is 0. */
const LEAST_BITS = 2.5;

/** Whether a text looks drawn by chance, and not like what stands for a secret in an example. */
function isByChance(body: string): boolean {
  if (/EXAMPLE|example|xxxxxx|XXXXXX|123456789|abcdefgh|ABCDEFGH/.test(body)) return false;
  const counts = new Map<string, number>();
  for (const character of body) counts.set(character, (counts.get(character) ?? 0) + 1);
  const bits = [...counts.values()].reduce(
    (sum, n) => sum - (n / body.length) * Math.log2(n / body.length),
    0,
  );
  return bits >= LEAST_BITS;
}

/** @returns how a secret is shown: enough to find it, too little to use it */
export const shownSecret = (secret: string): string => `${secret.replace(/\s.*/s, '').slice(0, 8)}…`;
