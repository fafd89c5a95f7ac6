// Who is at the other end of a connection on this machine: what the kernel says in /proc/net/tcp (proc(5)),
// read as text.

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Whom we let in on loopback besides ourselves and root. */
export type LocalUsers = 'any' | ReadonlySet<number>;
/** What was found out about a connection. `unknown`: the tables do not have it; `unreadable`: there are no tables. */
export type Peer =
  | { readonly kind: 'user'; readonly uid: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreadable' };
export type PeerAdmission = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

const ESTABLISHED = '01';

/** @param users what MAINLOOP_LOCAL_USERS allows, our own uid and root's among them */
export function admitPeer(peer: Peer, users: LocalUsers): PeerAdmission {
  if (users === 'any') return { ok: true };
  if (peer.kind === 'user' && users.has(peer.uid)) return { ok: true };
  return { ok: false, sentence: WHY[peer.kind](peer.kind === 'user' ? peer.uid : 0) };
}
const HOW = 'docs/security.md says who may.';
const WHY: Readonly<Record<Peer['kind'], (uid: number) => string>> = {
  user: (uid) =>
    `This mainloop is another user's. To let user ${uid} of this machine in, its owner sets MAINLOOP_LOCAL_USERS=${uid}. ${HOW}`,
  unknown: () =>
    `mainloop could not see which user of this machine this is. To let everybody here in, its owner sets MAINLOOP_LOCAL_USERS=any. ${HOW}`,
  unreadable: () =>
    `This machine does not say which of its users connects (/proc/net/tcp). Its owner can set MAINLOOP_LOCAL_USERS=any. ${HOW}`,
};

/**
 * Finds the user whose socket is connected from `from` to `to`.
 * @param table /proc/net/tcp or /proc/net/tcp6 as text. A socket that is closing is nobody's there (uid 0), so only an
 *   established one counts.
 */
export function uidOfConnection(
  table: string,
  from: Endpoint,
  to: Endpoint,
  isLittleEndian: boolean,
): number | null {
  for (const [a, b] of pairsOf(from, to, isLittleEndian)) {
    const key = `: ${a} ${b} ${ESTABLISHED} `;
    const at = table.indexOf(key);
    if (at < 0) continue;
    // tx_queue:rx_queue tr:tm->when retrnsmt uid
    const uid = /^\S+ \S+ \S+ +(\d+) /.exec(table.slice(at + key.length, at + key.length + 80))?.[1];
    if (uid !== undefined) return Number(uid);
  }
  return null;
}

/** As the kernel prints it: an IPv4 connection also as the IPv6 socket that a client may have used for it. */
function pairsOf(from: Endpoint, to: Endpoint, isLittleEndian: boolean): [string, string][] {
  const [a, b] = [bytesOf(from.address), bytesOf(to.address)];
  if (a === null || b === null || a.length !== b.length) return [];
  const print = (bytes: readonly number[], port: number): string =>
    `${words(bytes, isLittleEndian)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const mapped = (bytes: readonly number[]): number[] => [
    ...Array.from({ length: 10 }, () => 0),
    255,
    255,
    ...bytes,
  ];
  const plain: [string, string] = [print(a, from.port), print(b, to.port)];
  return a.length === 16 ? [plain] : [plain, [print(mapped(a), from.port), print(mapped(b), to.port)]];
}

/** @returns 4 or 16 bytes; an IPv4 address in IPv6 clothes is an IPv4 address */
function bytesOf(address: string): number[] | null {
  const four = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address);
  if (four) return four.slice(1).map(Number);
  if (!/^[0-9a-f:]+$/i.test(address)) return null;
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  if (zeros < 0) return null;
  const all = [...first, ...Array.from({ length: zeros }, () => 0), ...last];
  return all.length === 8 ? all.flatMap((g) => [g >> 8, g & 255]) : null;
}

/** Four bytes at a time, as one number in the machine's own order. */
function words(bytes: readonly number[], isLittleEndian: boolean): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 4) {
    const word = bytes.slice(i, i + 4);
    out += (isLittleEndian ? word.toReversed() : word)
      .map((x) => x.toString(16).toUpperCase().padStart(2, '0'))
      .join('');
  }
  return out;
}

/**
 * What MAINLOOP_LOCAL_USERS names: users by name or number with commas between, or "any".
 * @param uidOf undefined for a name that this machine does not know
 * @param always numbers that are let in besides
 */
export function readLocalUsers(
  value: string,
  uidOf: (name: string) => number | undefined,
  always: readonly number[],
): LocalUsers {
  const names = value
    .split(',')
    .map((n) => n.trim())
    .filter((n) => n !== '');
  if (names.length === 1 && names[0] === 'any') return 'any';
  return new Set([
    ...always,
    ...names.map((name) => {
      const uid = /^\d+$/.test(name) ? Number(name) : uidOf(name);
      if (uid === undefined)
        throw new Error(
          `MAINLOOP_LOCAL_USERS should name users of this machine, by name or number, or be any: ${name} is none`,
        );
      return uid;
    }),
  ]);
}
