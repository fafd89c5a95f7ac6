// Who is let in at a listener. What counts as "this machine" is what we bound, never what a request says of itself.

/**
 * Whether a listener serves pages itself, whether pages of ours that another listener serves talk to it, or
 * whether no browser has any business with it.
 */
export type Pages = 'served' | 'elsewhere' | 'none';

/** What a listener is: facts of its configuration. */
export interface Listener {
  /** Names under which it may be asked for: lower case, without a port. */
  readonly names: readonly string[];
  /**
   * Any address as well, for one that others reach by the address of a pod or a node. Only a name can be
   * pointed elsewhere.
   */
  readonly anyAddress: boolean;
  /** Origins whose pages may talk to it, as browsers write them (RFC 6454). */
  readonly origins: readonly string[];
  /** Pages that it served itself may talk to it. */
  readonly servesPages: boolean;
  /** Refuses what has come through a proxy or a tunnel: nobody from elsewhere may come in here. */
  readonly refusesForwarded: boolean;
}

/** What a request says of itself. A header that is not there is an empty list. */
export interface RequestHead {
  readonly method: string;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly fetchSite: string | null;
  /** It carries a header that only proxies and tunnels write. */
  readonly isForwarded: boolean;
}

/** Why somebody is not let in, for programs and in words. */
export const LISTENER_REFUSALS = {
  no_host: { status: 400, says: 'A request should name one host.' },
  foreign_host: {
    status: 403,
    says: 'mainloop does not answer under that name. docs/phone.md says how to reach it from elsewhere, with a sign-in.',
  },
  forwarded: {
    status: 403,
    says: 'mainloop is open to this machine only, and this came through a proxy. Set MAINLOOP_PUBLIC_URL to sign in from elsewhere.',
  },
  foreign_origin: { status: 403, says: 'This came from another site.' },
} as const;
export type ListenerRefusal = keyof typeof LISTENER_REFUSALS;
export type Admission =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: ListenerRefusal;
      readonly status: 400 | 403;
      readonly sentence: string;
    };

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const CHANGES_NOTHING = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Headers that proxies and tunnels add; lower case. */
export const FORWARDED_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'cf-connecting-ip',
] as const;

/**
 * Whether binding this address lets in nobody but this machine.
 * @param address an IP address, or `localhost`
 */
export const isLoopbackAddress = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.test(address);

/**
 * What decides at a listener.
 * @param address what it binds
 * @param publicUrl where people reach mainloop from elsewhere, or null: there is no sign-in
 * @param names more names it is asked for under, such as that of its Service in a cluster
 */
export function listenerOf(configured: {
  address: string;
  publicUrl: string | null;
  names?: readonly string[];
  pages: Pages;
}): Listener {
  const isLoopback = isLoopbackAddress(configured.address);
  const url = configured.publicUrl === null ? null : new URL(configured.publicUrl);
  return {
    names: [
      ...(isLoopback ? LOOPBACK_NAMES : []),
      ...(url && configured.pages === 'served' ? [url.hostname.toLowerCase()] : []),
      ...(configured.names ?? []).map((n) => n.toLowerCase()),
    ],
    anyAddress: !isLoopback,
    origins: url && configured.pages !== 'none' ? [url.origin] : [],
    // With a sign-in there is one address for pages, and cookies are only ever for that one.
    servesPages: configured.pages === 'served' && url === null,
    refusesForwarded: isLoopback && (url === null || configured.pages !== 'served'),
  };
}

/**
 * Decides on the listener alone; who somebody is comes after.
 * @returns why it is refused, or that it may come in
 */
export function admit(listener: Listener, head: RequestHead): Admission {
  const [host, ...moreHosts] = head.hosts;
  if (host === undefined || host === '' || moreHosts.length > 0) return refuse('no_host');
  const name = nameOf(host);
  if (name === null || !(listener.names.includes(name) || (listener.anyAddress && isAddress(name))))
    return refuse('foreign_host');
  if (listener.refusesForwarded && head.isForwarded) return refuse('forwarded');
  if (!isOwnOrigin(listener, host, head)) return refuse('foreign_origin');
  return { ok: true };
}

function isOwnOrigin(listener: Listener, host: string, head: RequestHead): boolean {
  const own = [...listener.origins, ...(listener.servesPages ? [`http://${host.toLowerCase()}`] : [])];
  if (head.origins.some((o) => !own.includes(o))) return false;
  // Another port of this machine is another site's page too. "none" is somebody at the keyboard.
  return (
    CHANGES_NOTHING.has(head.method) ||
    head.fetchSite === null ||
    head.fetchSite === 'same-origin' ||
    head.fetchSite === 'none'
  );
}

/**
 * Whether a listener that serves people may start: where anybody else can reach it, they have to sign in.
 * @returns null, or the sentence that says what to do
 */
export const whyNotOpen = (configured: { address: string; publicUrl: string | null }): string | null =>
  configured.publicUrl === null && !isLoopbackAddress(configured.address)
    ? `MAINLOOP_LISTEN is ${configured.address}, which others can reach, and nobody would have to sign in. Set MAINLOOP_PUBLIC_URL to where people reach mainloop, or leave MAINLOOP_LISTEN at 127.0.0.1. docs/phone.md says how.`
    : null;

/**
 * Who asks, behind proxies. Each proxy adds whom it heard from at the end of X-Forwarded-For; what stands
 * before the first hop that is no proxy of ours is hearsay.
 * @param peer the connection's other end
 * @param forwardedFor the header's addresses, in order
 * @param isProxy whether an address is that of a proxy that the operator named
 */
export function clientOf(
  peer: string,
  forwardedFor: readonly string[],
  isProxy: (address: string) => boolean,
): string {
  let client = plainAddress(peer);
  for (const hop of forwardedFor.toReversed().map((h) => plainAddress(h.trim()))) {
    if (!isProxy(client) || !/^[0-9a-f.:]{2,45}$/i.test(hop)) break;
    client = hop;
  }
  return client;
}
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** The name in a Host header (RFC 9110, 7.2), lower case, without the port. @returns null for what is none */
export function nameOf(host: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host);
  return match ? match[1]!.toLowerCase() : null;
}
const isAddress = (name: string): boolean => name.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);

const refuse = (code: ListenerRefusal): Admission => ({
  ok: false,
  code,
  status: LISTENER_REFUSALS[code].status,
  sentence: LISTENER_REFUSALS[code].says,
});
