// Dialling out to where somebody else says: a name is resolved once, all that it resolves to is held against
// the table, and exactly that is dialled.
import dns from 'node:dns/promises';
import net from 'node:net';
import {
  NOT_PUBLIC_IPV4,
  NOT_PUBLIC_IPV6,
  PUBLIC_IPV6,
  type Network,
} from '@mainloop/models/flow/machine/addresses';

const listOf = (family: 'ipv4' | 'ipv6', networks: readonly Network[]): net.BlockList => {
  const list = new net.BlockList();
  for (const network of networks) list.addSubnet(network.address, network.bits, family);
  return list;
};
const privateV4 = listOf('ipv4', NOT_PUBLIC_IPV4);
const privateV6 = listOf('ipv6', NOT_PUBLIC_IPV6);
const publicV6 = listOf('ipv6', [PUBLIC_IPV6]);

/**
 * Whether an address in its usual writing lies on the internet. Whatever is no such address, or carries a
 * zone, does not.
 * @param ip an address, not a name
 */
export function isPublic(ip: string): boolean {
  if (net.isIPv4(ip)) return !privateV4.check(ip, 'ipv4');
  return net.isIPv6(ip) && !ip.includes('%') && publicV6.check(ip, 'ipv6') && !privateV6.check(ip, 'ipv6');
}

export interface Address {
  readonly address: string;
  readonly family: number;
}
export type Resolved =
  | { readonly kind: 'public'; readonly addresses: readonly [Address, ...Address[]] }
  | { readonly kind: 'private'; readonly address: string }
  | { readonly kind: 'unknown' };

/**
 * Resolves a name, or an address in any writing that the system's resolver reads (`0x7f.1`, `2130706433`).
 * One private address among public ones is enough to refuse it: which of them is dialled would be up to
 * whoever owns the name.
 * @returns all its addresses, or why it may not be dialled
 */
export async function resolvePublic(host: string, lookup: typeof dns.lookup = dns.lookup): Promise<Resolved> {
  const name = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  let found: Address[];
  try {
    found = net.isIP(name) ? [{ address: name, family: net.isIP(name) }] : await lookup(name, { all: true });
  } catch {
    // The name does not resolve, which the caller puts in words.
    return { kind: 'unknown' };
  }
  const [first, ...rest] = found;
  if (!first) return { kind: 'unknown' };
  const closed = found.find((a) => !isPublic(a.address));
  return closed
    ? { kind: 'private', address: closed.address }
    : { kind: 'public', addresses: [first, ...rest] };
}

/**
 * What to give `net.connect` and `http.request` as `lookup`, so that nothing but these addresses is
 * dialled. Never give it a host that is an address.
 * @returns a function that never asks the network
 */
export const lookupOf =
  (addresses: readonly [Address, ...Address[]]): net.LookupFunction =>
  (_host, options, callback) =>
    options.all ? callback(null, [...addresses]) : callback(null, addresses[0].address, addresses[0].family);
