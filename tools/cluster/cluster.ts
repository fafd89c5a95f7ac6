// A real one-node Kubernetes in namespaces of its own, for tests and for trying: `cluster.ts up | down | env`.
// One process holds all of it: when that one ends, the kernel ends the rest.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  openSync,
  writeFileSync,
} from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBinary, ensureKwok, ensurePackages } from './needs.ts';
import { freePort } from '../free-port.ts';
import { ADDRESSES, ensureCertificates, kubeconfig, PAUSE_IMAGE, writeSettings } from './config.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const COMPONENTS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'netpol',
  'dns',
  'kubectl',
];
/** Of cgroup v1; `unified` is where the container runtime leaves its mark on a machine that has both. */
const CONTROLLERS = [
  'unified',
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'pids',
  'systemd',
];
/** The kubelet sets these, and they belong to the whole machine. */
const SYSCTLS = [
  'vm.overcommit_memory',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
];

export interface Cluster {
  readonly dir: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** Runs a command inside the node's namespaces. */
  inside(...command: string[]): string;
  /** Kills a component (-9) and starts it again after a while. `meanwhile` is done while it is away. */
  restart(component: string, awayMs: number, meanwhile?: () => void): void;
  /** Gives the node an image from a tar file. */
  load(tar: string): void;
  /** A port of the node's network on a port of ours. @returns a function that ends it */
  bringOut(hostPort: number, target: string): () => void;
  /** A port of this machine's loopback on OUTSIDE_IP in the cluster. */
  bringIn(clusterPort: number, hostPort: number): () => void;
  down(): Promise<void>;
}

/**
 * Starts a cluster whose state is in `dir`, or finds the one that runs there.
 * @param o.images tar files with images the node is to have
 * @param o.simulated so many nodes that KWOK plays, and no real one
 */
export async function clusterUp(
  dir: string,
  options: { say?: (line: string) => void; images?: readonly string[]; simulated?: number } = {},
): Promise<Cluster> {
  const say = options.say ?? (() => undefined);
  const simulated = options.simulated !== undefined;
  const running = attach(dir);
  if (running) return running;
  ensurePackages(say);
  const binary = ensureBinary(say);
  clean(dir);
  for (const folder of ['bin', 'log', 'pids', 'sock', 'state', 'etcd', 'images'])
    mkdirSync(path.join(dir, folder), { recursive: true });
  chmodSync(dir, 0o755);
  for (const component of COMPONENTS) link(binary, path.join(dir, 'bin', component));
  if (simulated) {
    const kwok = ensureKwok(say);
    link(kwok, path.join(dir, 'bin/kwok'));
    copyFileSync(`${kwok}.stages`, path.join(dir, 'stages.yaml'));
  }
  ensureCertificates(dir);
  const cgroup = cgroupOf(dir);
  writeSettings(dir, cgroup);
  if (!simulated) {
    pauseImage(dir);
    for (const image of options.images ?? []) link(image, path.join(dir, 'images', path.basename(image)));
    makeCgroups(cgroup);
    writeFileSync(path.join(dir, 'sysctl.before'), execFileSync('sysctl', SYSCTLS));
  }
  say('starting Kubernetes');
  const log = openSync(path.join(dir, 'log/node.log'), 'w');
  const child = spawn(
    'unshare',
    [
      '--mount',
      '--net',
      '--uts',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--propagation',
      'private',
      path.join(HERE, 'node.sh'),
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH,
        DIR: dir,
        BIN: path.join(dir, 'bin'),
        KUBELET: simulated ? 'no' : 'yes',
        CGROUP: cgroup,
        ...ADDRESSES,
      },
    },
  );
  child.unref();
  writeFileSync(path.join(dir, 'unshare.pid'), String(child.pid));
  await waitFor(
    'the API socket',
    60_000,
    () => existsSync(path.join(dir, 'sock/api')) || (child.exitCode !== null && fail(dir)),
  );
  writeFileSync(
    path.join(dir, 'init.pid'),
    readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim(),
  );
  const port = await freePort();
  relay(dir, 'api', [
    'socat',
    `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork,backlog=1024`,
    `UNIX-CONNECT:${dir}/sock/api`,
  ]);
  writeFileSync(path.join(dir, 'kubeconfig'), kubeconfig(path.join(dir, 'pki'), 'admin', port), {
    mode: 0o600,
  });
  const cluster = attach(dir)!;
  await waitFor('the API', 120_000, async () => (await ask(dir, port, '/readyz')) === 'ok');
  await waitFor('the default ServiceAccount', 60_000, async () =>
    (await ask(dir, port, '/api/v1/namespaces/default/serviceaccounts/default')).includes('"uid"'),
  );
  const first = simulated ? 'simulated-0' : 'node-1';
  if (simulated)
    execFileSync(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, 'create', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: Array.from({ length: options.simulated! }, (_, i) => simulatedNode(i)),
      }),
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  // All images are unpacked first, which takes a busy disk minutes.
  await waitFor('the node', 600_000, async () =>
    /"type":\s*"Ready",\s*"status":\s*"True"/.test(await ask(dir, port, `/api/v1/nodes/${first}`)),
  );
  say('Kubernetes is up');
  return cluster;
}

const simulatedNode = (i: number): object => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `simulated-${i}`, labels: { type: 'kwok', 'kubernetes.io/hostname': `simulated-${i}` } },
  status: {
    capacity: { cpu: '64', memory: '256Gi', pods: '250', 'ephemeral-storage': '2Ti' },
    allocatable: { cpu: '64', memory: '256Gi', pods: '250', 'ephemeral-storage': '2Ti' },
  },
});

function attach(dir: string): Cluster | null {
  const pidFile = path.join(dir, 'unshare.pid');
  if (
    !existsSync(pidFile) ||
    !existsSync(path.join(dir, 'kubeconfig')) ||
    !isAlive(Number(readFileSync(pidFile, 'utf8')))
  )
    return null;
  const init = readFileSync(path.join(dir, 'init.pid'), 'utf8');
  const enter = ['nsenter', '-t', init, '-n', '-m', '-p', '--'];
  const inside = (...command: string[]): string =>
    execFileSync(enter[0]!, [...enter.slice(1), ...command], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
  return {
    dir,
    kubeconfig: path.join(dir, 'kubeconfig'),
    kubectl: path.join(dir, 'bin/kubectl'),
    inside,
    restart(component, awayMs, meanwhile) {
      const pid = path.join(dir, 'pids', component);
      inside('kill', '-9', readFileSync(pid, 'utf8').trim());
      meanwhile?.();
      spawnSync('sleep', [String(awayMs / 1000)]);
      const log = path.join(dir, 'log', `${component}.log`);
      inside(
        'bash',
        '-c',
        `${readFileSync(`${pid}.command`, 'utf8')} < /dev/null >> ${log} 2>&1 & echo $! > ${pid}`,
      );
    },
    load: (tar) => void inside('ctr', '-n', 'k8s.io', 'images', 'import', tar),
    bringOut(hostPort, target) {
      const sock = path.join(dir, `sock/out-${hostPort}`);
      const a = relay(dir, `out-${hostPort}-in`, [
        ...enter,
        'socat',
        `UNIX-LISTEN:${sock},fork,unlink-early,backlog=1024`,
        `TCP:${target}`,
      ]);
      const b = relay(dir, `out-${hostPort}`, [
        'socat',
        `TCP-LISTEN:${hostPort},bind=127.0.0.1,reuseaddr,fork,backlog=1024`,
        `UNIX-CONNECT:${sock}`,
      ]);
      return () => [a, b].forEach((end) => end());
    },
    bringIn(clusterPort, hostPort) {
      const sock = path.join(dir, `sock/in-${clusterPort}`);
      const a = relay(dir, `in-${clusterPort}`, [
        'socat',
        `UNIX-LISTEN:${sock},fork,unlink-early,backlog=1024`,
        `TCP:127.0.0.1:${hostPort}`,
      ]);
      const b = relay(dir, `in-${clusterPort}-in`, [
        ...enter,
        'socat',
        `TCP-LISTEN:${clusterPort},bind=${ADDRESSES.OUTSIDE_IP},reuseaddr,fork,backlog=1024`,
        `UNIX-CONNECT:${sock}`,
      ]);
      return () => [a, b].forEach((end) => end());
    },
    down: () => clusterDown(dir),
  };
}

/**
 * Ends the cluster and leaves the machine as it was: processes, mounts, links, cgroups and sysctls.
 * @param dir that `clusterUp` was given
 * @returns once its cgroups are gone, or after five seconds
 */
export async function clusterDown(dir: string): Promise<void> {
  clean(dir);
  for (let i = 0; i < 50 && removeCgroups(cgroupOf(dir)) > 0; i++)
    await new Promise((r) => setTimeout(r, 100));
}

function clean(dir: string): void {
  for (const leftover of [
    path.join(dir, 'unshare.pid'),
    ...list(path.join(dir, 'relays')).map((n) => path.join(dir, 'relays', n)),
  ]) {
    if (!existsSync(leftover)) continue;
    const pid = Number(readFileSync(leftover, 'utf8'));
    if (pid > 1 && isOurs(pid)) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    rmSync(leftover, { force: true });
  }
  const before = path.join(dir, 'sysctl.before');
  if (existsSync(before)) spawnSync('sysctl', ['-q', '-p', before]);
  for (const leftover of [
    'sysctl.before',
    'init.pid',
    'kubeconfig',
    'state',
    'etcd',
    'pids',
    'sock',
    'images',
  ]) {
    spawnSync('sleep', ['0.05']);
    rmSync(path.join(dir, leftover), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A pid may be somebody else's by now: ours carries our words in its command line. */
function isOurs(pid: number): boolean {
  try {
    return /node\.sh|socat/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    // It has ended.
    return false;
  }
}
const isAlive = (pid: number): boolean => pid > 1 && isOurs(pid);

function relay(dir: string, name: string, command: string[]): () => void {
  mkdirSync(path.join(dir, 'relays'), { recursive: true });
  const child = spawn(command[0]!, command.slice(1), { detached: true, stdio: 'ignore' });
  child.unref();
  const file = path.join(dir, 'relays', name);
  writeFileSync(file, String(child.pid));
  return () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    rmSync(file, { force: true });
  };
}

const cgroupOf = (dir: string): string =>
  `mainloop-${createHash('sha256').update(dir).digest('hex').slice(0, 8)}`;
function makeCgroups(name: string): void {
  for (const controller of CONTROLLERS) {
    const parent = path.join('/sys/fs/cgroup', controller);
    if (controller === 'unified' || !existsSync(parent)) continue;
    mkdirSync(path.join(parent, name), { recursive: true });
    // A new cpuset of cgroup v1 is empty, and nothing can run in it.
    if (controller === 'cpuset')
      for (const setting of ['cpuset.cpus', 'cpuset.mems'])
        writeFileSync(path.join(parent, name, setting), readFileSync(path.join(parent, setting)));
  }
}
/** @returns how many are left */
function removeCgroups(name: string): number {
  const removeFrom = (dir: string): number => {
    let left = 0;
    for (const entry of existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : [])
      if (entry.isDirectory()) left += removeFrom(path.join(dir, entry.name));
    try {
      rmdirSync(dir);
    } catch {
      left += existsSync(dir) ? 1 : 0;
    }
    return left;
  };
  return CONTROLLERS.reduce((n, c) => n + removeFrom(path.join('/sys/fs/cgroup', c, name)), 0);
}

/** What holds a pod's namespaces open: busybox asleep. */
function pauseImage(dir: string): void {
  const tar = path.join(dir, 'images/pause.tar');
  const context = path.join(dir, 'state/pause');
  mkdirSync(context, { recursive: true });
  copyFileSync('/bin/busybox', path.join(context, 'busybox'));
  writeFileSync(
    path.join(context, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT ["/bin/busybox", "sleep", "2147483647"]\n',
  );
  execFileSync('buildah', ['build', '-q', '-t', PAUSE_IMAGE, context], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  execFileSync('buildah', ['push', '-q', PAUSE_IMAGE, `docker-archive:${tar}:${PAUSE_IMAGE}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function link(from: string, to: string): void {
  rmSync(to, { force: true });
  symlinkSync(from, to);
}
const list = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);
function fail(dir: string): never {
  throw new Error(
    `the cluster did not start:\n${readFileSync(path.join(dir, 'log/node.log'), 'utf8').slice(-2_000)}`,
  );
}

function ask(dir: string, port: number, where: string): Promise<string> {
  const pem = (file: string): Buffer => readFileSync(path.join(dir, 'pki', file));
  return new Promise((resolve) => {
    const req = https.get(
      {
        host: '127.0.0.1',
        port,
        path: where,
        ca: pem('ca.crt'),
        cert: pem('admin.crt'),
        key: pem('admin.key'),
        agent: false,
      },
      (res) => {
        let all = '';
        res.on('data', (d: Buffer) => (all += d.toString()));
        res.on('end', () => resolve(all));
      },
    );
    req.on('error', () => resolve(''));
  });
}

async function waitFor(what: string, ms: number, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + ms; !(await look());) {
    if (Date.now() > deadline) throw new Error(`waited ${ms / 1000} s for ${what} of the cluster`);
    await new Promise((r) => setTimeout(r, 50));
  }
}
