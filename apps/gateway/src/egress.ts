// The only way from a sandbox to the internet: CONNECT to an allowed host, whose name we resolve ourselves.
import net from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { domainToASCII } from 'node:url';
import { lookupOf, resolvePublic, type Resolved } from '@mainloop/network/addresses';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';

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

/**
 * Whether a sandbox may be connected to a host.
 * @param projectSettings as the project's row has them
 * @returns false for any port but 443
 */
export function allowedHost(host: string, port: number, projectSettings: unknown): boolean {
  if (port !== 443) return false;
  const egress = resolveProjectSettings(projectSettings).egress;
  if (egress === 'none') return false;
  const list = egress === 'registries' ? REGISTRIES : egress;
  const plain = plainName(host);
  return list.some((allowed) =>
    allowed.startsWith('*.')
      ? plain.endsWith(`.${plainName(allowed.slice(2))}`)
      : plain === plainName(allowed),
  );
}

/**
 * The name a client asked for, as the list is held against it: one writing for names in other scripts, no dot
 * at the end.
 */
function plainName(host: string): string {
  const plain = host.replace(/\.$/, '').toLowerCase();
  return domainToASCII(plain) || plain;
}

/** How long a CONNECT may take, with looking up its name. Whoever waits learns then that it won't come. */
const CONNECT_MS = 8_000;
/** A tunnel in which nothing moves. */
const IDLE_MS = 300_000;

const MAX_TUNNELS_A_RUN = 64;
const tunnels = new Map<string, number>();

/** How the outside is reached. Tests have an outside of their own. */
const OUTSIDE = {
  ms: CONNECT_MS,
  resolve: (host: string): Promise<Resolved> => resolvePublic(host),
  connect: (options: net.NetConnectOpts): net.Socket => net.connect(options),
};
type Outside = typeof OUTSIDE;

type Answer = readonly [status: string, sentence: string];

/** @returns the connection to the host, or what to answer instead */
async function dial(
  host: string,
  port: number,
  { ms, resolve: look, connect }: Outside,
): Promise<net.Socket | Answer> {
  const late: Answer = [
    '504 Gateway Timeout',
    `${host} did not answer within ${Math.round(ms / 1_000)} seconds.`,
  ];
  const deadline = Date.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), ms);
  });
  const found = await Promise.race([look(host), slow]);
  clearTimeout(timer);
  if (found === null) return late;
  if (found.kind === 'unknown') return ['502 Bad Gateway', 'that name does not resolve.'];
  if (found.kind === 'private')
    return ['403 Forbidden', 'private addresses are not reachable from a sandbox.'];
  return new Promise((resolve) => {
    // Several addresses are tried side by side (RFC 8305). The name is only a label by now.
    const up = connect({
      host: 'checked.invalid',
      port,
      lookup: lookupOf(found.addresses),
      autoSelectFamily: true,
    });
    const give = (answer: Answer): void => {
      clearTimeout(wait);
      up.destroy();
      resolve(answer);
    };
    const wait = setTimeout(() => give(late), Math.max(0, deadline - Date.now()));
    const failed = (err: Error): void =>
      give([
        '502 Bad Gateway',
        `${host} can't be reached (${(err as NodeJS.ErrnoException).code ?? err.message}).`,
      ]);
    up.once('error', failed);
    up.once('connect', () => {
      clearTimeout(wait);
      up.off('error', failed);
      // Until the tunnel stands there is always somebody who hears of an error.
      up.on('error', () => up.destroy());
      resolve(up);
    });
  });
}

/**
 * Answers one CONNECT. All addresses of the name are checked after resolution and only those are dialled, so
 * it can't change in between.
 * @param from whose tunnels are counted together
 */
export async function connectOut(
  target: string,
  from: { readonly runId: string; readonly projectSettings: unknown },
  client: Duplex,
  head: Buffer,
  outside: Partial<Outside> = {},
): Promise<void> {
  const answer = (status: string, sentence: string): void =>
    void client.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\nmainloop: ${sentence}\n`);
  const at = target.lastIndexOf(':');
  const host = target.slice(0, Math.max(0, at)).replace(/^\[|\]$/g, '');
  const port = Number(target.slice(at + 1));
  if (!allowedHost(host, port, from.projectSettings)) {
    const shown = host.replace(/[^\x21-\x7e]/g, '').slice(0, 200);
    return answer('403 Forbidden', `${shown} is not on this project's allow-list.`);
  }
  const open = tunnels.get(from.runId) ?? 0;
  if (open >= MAX_TUNNELS_A_RUN)
    return answer('429 Too Many Requests', `this run has ${MAX_TUNNELS_A_RUN} connections open already.`);
  tunnels.set(from.runId, open + 1);
  const over = (): void => {
    const left = tunnels.get(from.runId)! - 1;
    if (left > 0) tunnels.set(from.runId, left);
    else tunnels.delete(from.runId);
  };
  const up = await dial(host, port, { ...OUTSIDE, ...outside });
  if (!(up instanceof net.Socket)) {
    over();
    return answer(...up);
  }
  up.once('close', over);
  if (client.destroyed) return void up.destroy();
  up.setTimeout(IDLE_MS, () => up.destroy());
  client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  up.write(head);
  // Either side may break; then both are over, and that is nobody's fault here.
  pipeline(client, up, client, () => undefined);
}
