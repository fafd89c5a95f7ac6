// Which addresses lie outside of our own networks: the one table for the way out of a sandbox, push services
// and sign-in providers. Data only; packages/network/src/addresses.ts holds addresses against it.

export interface Network {
  readonly address: string;
  readonly bits: number;
}
const net = (cidr: string): Network => {
  const [address, bits] = cidr.split('/') as [string, string];
  return { address, bits: Number(bits) };
};

/**
 * IPv4 that is not public. Source: https://www.iana.org/assignments/iana-ipv4-special-registry (RFC 6890) and
 * multicast (RFC 5771).
 */
export const NOT_PUBLIC_IPV4: readonly Network[] = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared with the provider
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, and the metadata address of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // automatic multicast tunnelling
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
].map(net);

/**
 * What the internet uses of IPv6. Everything else is not public: loopback, IPv4-mapped and IPv4-compatible,
 * NAT64, unique-local, link-local, site-local, multicast, and what nobody has assigned yet. Source:
 * https://www.iana.org/assignments/ipv6-address-space
 */
export const PUBLIC_IPV6: Network = net('2000::/3');

/** What is not public within that. Source: https://www.iana.org/assignments/iana-ipv6-special-registry */
export const NOT_PUBLIC_IPV6: readonly Network[] = [
  '2001::/23', // protocol assignments, with Teredo (2001::/32), benchmarking and ORCHID: tunnels to any IPv4, or no address at all
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: carries any IPv4 within itself
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
].map(net);
