// The proof, from the inside, that a sandbox with a network is closed: what must be out of reach is tried
// before the agent starts.
import dgram from 'node:dgram';
import net from 'node:net';
import type { Evidence, Target } from '@mainloop/models/contracts/runner';
import type { Around } from './around.ts';

/**
 * Within a cluster an answer takes a millisecond or two, from the internet some hundred. Nothing answers a
 * try that is dropped, so this is waited for at every start.
 */
const TRY_MS = 600;
const AGAIN_MS = 1_000;
/**
 * Some network plugins close a new pod a moment after it starts: an open one gets a second look before it is
 * called open.
 */
const CLOSES_WITHIN_MS = 10_000;

/**
 * Tries what the sandbox must not reach and records what came of each.
 * @param env where `$NAME` hosts are looked up
 * @returns what could be reached, and what could not be tried: a proof that leaves something out is none
 */
export async function prove(
  around: Pick<Around, 'config' | 'link'>,
  env: Record<string, string | undefined>,
): Promise<Proof> {
  if (around.config.mustNotReach === null) return { open: [], untried: [] };
  const began = performance.now();
  const targets = around.config.mustNotReach.map((target) => ({
    ...target,
    host: target.host.startsWith('$') ? (env[target.host.slice(1)] ?? target.host) : target.host,
  }));
  const untried = targets.filter((t) => net.isIP(t.host) === 0);
  const open = await reachable(targets.filter((t) => net.isIP(t.host) !== 0));
  const words = (target: Target): string => {
    if (untried.includes(target)) return 'NOT TRIED, it has no address';
    return open.includes(target) ? 'REACHED' : 'out of reach';
  };
  const evidence: Evidence = {
    what: 'probe',
    command: 'tried from inside the sandbox',
    exitCode: open.length === 0 && untried.length === 0 ? 0 : 1,
    ms: Math.round(performance.now() - began),
    tail: targets.map((t) => `${t.name} (${t.host}:${t.port}): ${words(t)}`).join('\n'),
    sha: '',
    clean: true,
  };
  await around.link.patiently('POST', '/run/evidence', JSON.stringify(evidence), {
    'content-type': 'application/json',
  });
  return { open, untried };
}

export interface Proof {
  readonly open: readonly Target[];
  readonly untried: readonly Target[];
}

/**
 * Tries every target at once, when the gateway has answered: so there is a network. A refused connection
 * counts as out of reach, because some plugins reject instead of dropping; so a target has to be something
 * that is known to listen.
 * @returns the targets that answered, after the last try
 */
async function reachable(targets: readonly Target[]): Promise<readonly Target[]> {
  const deadline = Date.now() + CLOSES_WITHIN_MS;
  for (let left = targets; ;) {
    const open = await Promise.all(left.map(async (t) => ((await answers(t)) ? t : null)));
    left = open.filter((t) => t !== null);
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((r) => setTimeout(r, AGAIN_MS));
  }
}

/**
 * What the person reads when it is not closed.
 * @param proof what could be reached, and what could not be tried
 * @returns sentences, with what to do about it
 */
export function exposedWords({ open, untried }: Proof): string {
  const list = (targets: readonly Target[]): string =>
    targets.map((t) => `${t.name} (${t.host}:${t.port})`).join(', ');
  const parts: string[] = [];
  if (open.length > 0)
    parts.push(
      `From inside the sandbox these could be reached: ${list(open)}.`,
      "The namespace has a NetworkPolicy that leaves only the gateway. The usual reason is a network plugin that does not enforce NetworkPolicy (flannel without a policy engine, some cloud defaults). Use one that does (Calico, Cilium, kube-router, or your cloud's policy option), then retry.",
    );
  if (untried.length > 0)
    parts.push(
      `These could not be tried, because they have no IP address: ${list(untried)}. Check MAINLOOP_MUST_NOT_REACH, then retry.`,
    );
  return parts.join('\n\n');
}

function answers(target: Target): Promise<boolean> {
  return target.protocol === 'dns' ? resolves(target) : connects(target);
}

/**
 * A busy process sees its timers before what has come in meanwhile: that is looked at first, or a slow pod
 * would pass for a closed one.
 */
function afterWhatCame(ms: number, act: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(() => setImmediate(act)), ms);
}

function connects(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: target.host, port: target.port });
    const end = (yes: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(yes);
    };
    const timer = afterWhatCame(TRY_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A question to a name server: any reply, also "no such name", is a way out. */
function resolves(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(net.isIPv6(target.host) ? 'udp6' : 'udp4');
    const end = (yes: boolean): void => {
      clearTimeout(timer);
      clearInterval(asking);
      socket.close();
      resolve(yes);
    };
    const timer = afterWhatCame(TRY_MS, () => end(false));
    socket.once('message', () => end(true));
    socket.once('error', () => end(false));
    // id 1, recursion desired, one question: A example.com
    const question = Buffer.from('000101000001000000000000076578616d706c6503636f6d0000010001', 'hex');
    // A datagram may be lost, and one lost question would prove nothing.
    const asking = setInterval(
      () => socket.send(question, target.port, target.host, () => undefined),
      TRY_MS / 4,
    );
  });
}
