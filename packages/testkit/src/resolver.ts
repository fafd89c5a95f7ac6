// A resolver of our own, and the program that asks one: first from outside, where it is answered, then from a
// sandbox. A name that nobody answers proves nothing of whether the question left.
import dgram from 'node:dgram';
import type { AddressInfo } from 'node:net';

export interface Resolver {
  readonly host: string;
  readonly port: number;
  /** Every name that was asked for, in order. */
  readonly heard: readonly string[];
  close(): void;
}

/**
 * Answers whoever asks with 192.0.2.1, an address of nobody (RFC 5737).
 * @param port 0: any
 * @param onName told each name as it is asked for
 */
export async function startResolver(
  host: string,
  port = 0,
  onName: (name: string) => void = () => undefined,
): Promise<Resolver> {
  const heard: string[] = [];
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = nameIn(query);
    heard.push(name);
    onName(name);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1]);
    const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), answer]), from.port, from.address);
  });
  await new Promise<void>((resolve, no) => void socket.once('error', no).bind(port, host, resolve));
  return { host, port: (socket.address() as AddressInfo).port, heard, close: () => socket.close() };
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (; query[at]!; at += query[at]! + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
  return { name: labels.join('.'), end: at + 1 };
}

/** A question for the address of a name, as it is sent (RFC 1035), in hex. */
export function questionFor(name: string): string {
  const labels = name.split('.').map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)]));
  return Buffer.concat([
    Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, 1, 0, 1]),
  ]).toString('hex');
}

/**
 * A program of Node.js that asks. Its arguments: a question, then "address port" of a resolver; without
 * these, those of the machine. It ends with 0 when any answers, with 1 and what the kernel says when each is
 * refused, and with 124 when one only keeps silent.
 */
export const ASK = `
import dgram from 'node:dgram';
import dns from 'node:dns';
const [question, host, port] = process.argv.slice(1);
const servers = host ? [host] : dns.getServers();
const said = await Promise.all((servers.length > 0 ? servers : ['127.0.0.1']).map((to) => new Promise((done) => {
  const s = dgram.createSocket(to.includes(':') ? 'udp6' : 'udp4');
  const end = (word) => { s.close(); done(word); };
  const silence = setTimeout(() => end('silent'), 6000);
  const told = (word) => { clearTimeout(silence); end(word); };
  s.once('error', (e) => told(e.code));
  s.once('message', (m) => told('answered ' + [...m.subarray(-4)].join('.')));
  s.connect(Number(port ?? 53), to, (e) => e ? told(e.code) : s.send(Buffer.from(question, 'hex')));
})));
console.log(said.join(' '));
process.exit(said.some((w) => w.startsWith('answered')) ? 0 : said.includes('silent') ? 124 : 1);
`;
