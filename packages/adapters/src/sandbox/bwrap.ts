// The bubblewrap command line of a confined process. Pure: it says what the process may see, nothing is started here.
import { existsSync, readlinkSync } from 'node:fs';

export interface Confinement {
  readonly readOnly: readonly (readonly [from: string, to: string])[];
  readonly writable: readonly (readonly [from: string, to: string])[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** File descriptor on which bwrap writes the pid of its child as JSON, for the caller to find it again. */
  readonly infoFd?: number;
  readonly dieWithParent: boolean;
  readonly maxProcesses: number;
  readonly maxFileMiB: number;
  readonly command: readonly string[];
}

/** System folders that hold programs and certificates, no state and no secret. */
const SYSTEM = [
  '/usr',
  '/etc/ssl',
  '/etc/ca-certificates',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
];
const LINKS = ['/bin', '/sbin', '/lib', '/lib64', '/lib32'];

/**
 * Always in user, pid, network, ipc, uts and cgroup namespaces of its own, without a capability, with an empty environment.
 * Must be started by an unprivileged uid: started as root, bwrap keeps root's powers (a remount of a read-only bind reached
 * the host's file; tried).
 */
export function bwrapArgs(c: Confinement, has: (path: string) => boolean = existsSync, link: (path: string) => string | null = linkOf): string[] {
  const a: string[] = [
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--uid',
    '1000',
    '--gid',
    '1000',
    '--cap-drop',
    'ALL',
    '--new-session',
    '--hostname',
    'sandbox',
    '--clearenv',
  ];
  if (c.dieWithParent) a.push('--die-with-parent');
  if (c.infoFd !== undefined) a.push('--info-fd', String(c.infoFd));
  for (const p of SYSTEM) if (has(p)) a.push('--ro-bind', p, p);
  for (const p of LINKS) {
    const to = link(p);
    if (to !== null) a.push('--symlink', to, p);
    else if (has(p)) a.push('--ro-bind', p, p);
  }
  a.push('--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run', '--dir', '/var/tmp');
  for (const [from, to] of c.readOnly) a.push('--ro-bind', from, to);
  for (const [from, to] of c.writable) a.push('--bind', from, to);
  for (const [k, v] of Object.entries(c.env)) a.push('--setenv', k, v);
  a.push(
    '--chdir',
    c.cwd,
    '--',
    '/bin/sh',
    '-c',
    `ulimit -c 0; ulimit -u ${c.maxProcesses} 2>/dev/null; ulimit -f ${c.maxFileMiB * 1024}; exec "$@"`,
    'sh',
    ...c.command,
  );
  return a;
}

function linkOf(p: string): string | null {
  try {
    return readlinkSync(p);
  } catch {
    return null;
  }
}
