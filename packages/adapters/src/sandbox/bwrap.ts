// The bubblewrap command line of a confined process. Pure: it says what the process may see, nothing is started here.
import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

export interface Confinement {
  readonly readOnly: readonly (readonly [from: string, to: string])[];
  readonly writable: readonly (readonly [from: string, to: string])[];
  readonly cwd: string;
  /** File descriptor on which bwrap writes the pid of its child as JSON, for the caller to find it again. */
  readonly infoFd?: number;
  /** File descriptor on which bwrap waits for a byte before it starts the command. */
  readonly blockFd?: number;
  readonly dieWithParent: boolean;
  readonly maxProcesses: number;
  readonly maxFileMiB: number;
  /** Each of /tmp, /run, /var/tmp and /dev/shm, which are memory. */
  readonly maxTmpMiB?: number;
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
  // Which packages there are: `mainloop apt` fetches no more than what is missing.
  '/var/lib/dpkg/status',
  // Debian keeps the settings of Java and its tools there, and they do not start without.
  ...[
    'java',
    'java-8-openjdk',
    'java-11-openjdk',
    'java-17-openjdk',
    'java-21-openjdk',
    'java-25-openjdk',
    'maven',
    'gradle',
  ].map((d) => `/etc/${d}`),
];
const DEFAULT_TMP_MIB = 1_024;
/** Where every machine has programs. */
const STANDARD = ['/usr/local/bin', '/usr/bin', '/bin'];
const LINKS = ['/bin', '/sbin', '/lib', '/lib64', '/lib32'];

/**
 * PATH inside: where the operator's own shell finds programs, as far as the sandbox sees it. Go's installer,
 * for one, puts it in a folder of its own, and sets PATH to it.
 * @param kit what goes before everything
 * @param operators PATH of whoever started us
 * @param toolchains of `toolchainBinds`
 */
export function toolPath(kit: string, operators: string | undefined, toolchains: Binds = []): string {
  const theirs = (operators ?? '')
    .split(':')
    .filter((folder) => path.posix.isAbsolute(folder))
    .map((folder) => path.posix.join(folder, '.').replace(/(?<=.)\/$/, ''))
    .filter((folder) => folder.startsWith('/usr/') || STANDARD.includes(folder));
  return [...new Set([kit, ...toolchains.map(([, to]) => `${to}/bin`), ...theirs, ...STANDARD])].join(':');
}

type Binds = readonly (readonly [from: string, to: string])[];

/**
 * Languages that lie in folders of the operator's own, each seen by itself.
 * @param folder where `mainloop up` has laid them, one entry for each; null: nowhere
 */
export function toolchainBinds(folder: string | null): Binds {
  if (folder === null || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[a-z]+$/.test(name) && existsSync(path.join(folder, name, 'bin')))
    .map((name) => [realpathSync(path.join(folder, name)), `/opt/toolchains/${name}`] as const);
}

/**
 * Always in user, pid, network, ipc, uts and cgroup namespaces of its own, without a capability. The
 * environment is the one
 * that bwrap is started with: never our own, and not a matter of arguments, which every account of the
 * machine may read.
 * Must be started by an unprivileged uid: started as root, bwrap keeps root's powers (a remount of a
 * read-only bind reached
 * the host's file; tried).
 * @param has whether a path is there
 * @param link where a symbolic link leads, null for what is none
 * @returns arguments of bwrap, without the program that it starts
 */
export function bwrapArgs(
  confinement: Confinement,
  has: (path: string) => boolean = existsSync,
  link: (path: string) => string | null = linkOf,
): string[] {
  const args: string[] = [
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
  ];
  if (confinement.dieWithParent) args.push('--die-with-parent');
  if (confinement.infoFd !== undefined) args.push('--info-fd', String(confinement.infoFd));
  if (confinement.blockFd !== undefined) args.push('--block-fd', String(confinement.blockFd));
  for (const folder of SYSTEM) if (has(folder)) args.push('--ro-bind', folder, folder);
  for (const folder of LINKS) {
    const to = link(folder);
    if (to !== null) args.push('--symlink', to, folder);
    else if (has(folder)) args.push('--ro-bind', folder, folder);
  }
  const tmpfs = (at: string, mib: number): string[] => ['--size', String(mib * 1024 * 1024), '--tmpfs', at];
  const tmpMiB = confinement.maxTmpMiB ?? DEFAULT_TMP_MIB;
  args.push(
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...tmpfs('/tmp', tmpMiB),
    ...tmpfs('/run', 16),
    ...tmpfs('/var/tmp', tmpMiB),
    ...tmpfs('/dev/shm', tmpMiB),
  );
  for (const [from, to] of confinement.readOnly) args.push('--ro-bind', from, to);
  for (const [from, to] of confinement.writable) args.push('--bind', from, to);
  // What bwrap builds the rest on is memory without a limit.
  args.push('--remount-ro', '/dev', '--remount-ro', '/');
  // Of the shells that every machine has only bash can limit processes. A limit that can't be set ends it here.
  const limits = `ulimit -c 0 && ulimit -u ${confinement.maxProcesses} && ulimit -f ${confinement.maxFileMiB * 1024} || exit 125; exec "$@"`;
  args.push(
    '--chdir',
    confinement.cwd,
    '--',
    '/usr/bin/bash',
    '--norc',
    '--noprofile',
    '-c',
    limits,
    'bash',
    ...confinement.command,
  );
  return args;
}

function linkOf(folder: string): string | null {
  try {
    return readlinkSync(folder);
  } catch {
    // Not a link, or not there.
    return null;
  }
}
