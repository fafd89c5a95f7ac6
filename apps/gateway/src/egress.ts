// The only way from a sandbox to the internet: CONNECT to an allowed host, whose name we resolve ourselves.
import dns from 'node:dns/promises';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { resolveProjectSettings } from '@mainloop/models/db/settings';

/** Package registries a build needs. Nothing here accepts uploads without an account of its own. */
const REGISTRIES = [
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'pypi.org',
  'files.pythonhosted.org',
  'crates.io',
  'static.crates.io',
  'index.crates.io',
  'proxy.golang.org',
  'sum.golang.org',
  'repo.maven.apache.org',
  'repo1.maven.org',
  'rubygems.org',
  'deb.debian.org',
];

export function allowedHost(host: string, port: number, projectSettings: unknown): boolean {
  if (port !== 443) return false;
  const egress = resolveProjectSettings(projectSettings).egress;
  if (egress === 'none') return false;
  const list = egress === 'registries' ? REGISTRIES : egress;
  const h = host.toLowerCase().replace(/\.$/, '');
  return list.some((a) => (a.startsWith('*.') ? h.endsWith(a.slice(1).toLowerCase()) : h === a.toLowerCase()));
}

const blocked = new net.BlockList();
for (const [a, p] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  blocked.addSubnet(a, p, 'ipv4');
for (const [a, p] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
] as const)
  blocked.addSubnet(a, p, 'ipv6');

/** Private, link-local and loopback addresses, also those mapped into IPv6. */
export function isPrivate(ip: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  const v4 = mapped ?? (net.isIPv4(ip) ? ip : null);
  if (v4 !== null) return blocked.check(v4, 'ipv4');
  return !net.isIPv6(ip) || blocked.check(ip, 'ipv6');
}

/** Answers one CONNECT. The address is checked after resolution and then dialled as it is, so a name can't change in between. */
export async function connectOut(target: string, projectSettings: unknown, client: Duplex, head: Buffer): Promise<void> {
  const at = target.lastIndexOf(':');
  const host = target.slice(0, at).replace(/^\[|\]$/g, '');
  const port = Number(target.slice(at + 1));
  if (!allowedHost(host, port, projectSettings))
    return void client.end(`HTTP/1.1 403 Forbidden\r\n\r\nmainloop: ${host.slice(0, 200)} is not on this project's allow-list.\n`);
  let address: string;
  try {
    address = net.isIP(host) ? host : (await dns.lookup(host)).address;
  } catch {
    return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\nmainloop: that name does not resolve.\n');
  }
  if (isPrivate(address)) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\nmainloop: private addresses are not reachable from a sandbox.\n');
  const up = net.connect(port, address, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    up.write(head);
    client.pipe(up).pipe(client);
  });
  up.setTimeout(300_000, () => up.destroy());
  up.on('error', () => client.destroy());
  client.on('error', () => up.destroy());
  client.on('close', () => up.destroy());
}
