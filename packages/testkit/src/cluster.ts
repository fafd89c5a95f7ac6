// A cluster for tests: our one-node Kubernetes with our images, or somebody's (MAINLOOP_TEST_KUBECONFIG,
// MAINLOOP_TEST_AGENT_IMAGE) for what needs nothing of the node; both with the worker's rights.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterUp, type Cluster } from '../../../tools/cluster/cluster.ts';
import { freePort } from '../../../tools/free-port.ts';
import { whyNot } from '../../../tools/cluster/needs.ts';
import { ADDRESSES } from '../../../tools/cluster/config.ts';
import { ensureImage, imageName, type Image } from '../../../tools/images.ts';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');

const foreign = process.env.MAINLOOP_TEST_KUBECONFIG;
/** Why what needs any cluster can't run here, or null. */
export const noCluster: string | null = foreign ? null : (process.env.SKIP_CLUSTER ?? whyNot());
/** Why what reaches into the node can't. SKIP_CLUSTER says it in words. */
export const noOwnCluster: string | null = foreign
  ? 'it reaches into the node, so it needs a cluster of its own'
  : noCluster;
export const agentImage: string = process.env.MAINLOOP_TEST_AGENT_IMAGE ?? imageName('agent');
export const pullPolicy = foreign ? 'IfNotPresent' : 'Never';

export interface TestCluster {
  /** Of our own. */
  readonly cluster: Cluster;
  /** With the worker's ServiceAccount: exactly the rights of k8s/apps/mainloop/base/rights.yaml. */
  readonly workerKubeconfig: string;
  kubectl(...args: string[]): string;
  apply(yaml: string): void;
  readonly nodeIp: string;
  /** An address inside the cluster as one on this machine. @returns its URL */
  open(target: string): Promise<string>;
  stop(): Promise<void>;
}

/** @param simulated so many nodes that are only played, instead of a real one with these images */
export async function startTestCluster(images: readonly Image[], simulated?: number): Promise<TestCluster> {
  const dir = mkdtempSync('/tmp/mainloop-cluster-');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const cluster = foreign
    ? ({ dir, kubeconfig: foreign, kubectl: 'kubectl', down: async () => undefined } as Cluster)
    : await clusterUp(dir, {
        images: images.map((i) => ensureImage(i, say)),
        ...(simulated === undefined ? {} : { simulated }),
        say: process.env.CLUSTER_VERBOSE ? say : () => undefined,
      });
  const run = (args: string[], input?: string): string =>
    execFileSync(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], {
      encoding: 'utf8',
      // 200 pods are more than the one MiB that is allowed otherwise.
      maxBuffer: 256 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const kubectl = (...args: string[]): string => run(args);
  kubectl('apply', '-f', path.join(ROOT, 'k8s/apps/mainloop/base/namespace.yaml'), '-n', 'mainloop');
  kubectl('apply', '-f', path.join(ROOT, 'k8s/apps/mainloop/base/rights.yaml'));
  const token = kubectl('create', 'token', 'worker', '-n', 'mainloop', '--duration', '12h').trim();
  const config = JSON.parse(kubectl('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json')) as {
    users: { user: unknown }[];
  };
  config.users[0]!.user = { token };
  const workerKubeconfig = path.join(dir, 'worker.kubeconfig');
  writeFileSync(workerKubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    cluster,
    workerKubeconfig,
    kubectl,
    nodeIp: ADDRESSES.NODE_IP,
    async open(target) {
      const port = await freePort();
      cluster.bringOut(port, target);
      return `http://127.0.0.1:${port}`;
    },
    apply: (yaml) => void run(['apply', '-f', '-'], yaml),
    async stop() {
      await cluster.down();
      rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/**
 * How a stack on this machine works with pods of the test cluster: its gateway appears there under an address
 * of its own.
 */
export const podEnv = (cluster: TestCluster, instance: string): Record<string, string> => ({
  MAINLOOP_SANDBOX: 'kubernetes',
  KUBECONFIG: cluster.workerKubeconfig,
  MAINLOOP_AGENT_IMAGE: agentImage,
  MAINLOOP_AGENT_PULL_POLICY: pullPolicy,
  MAINLOOP_INSTANCE: instance,
  MAINLOOP_GATEWAY_ADDRESS: `${ADDRESSES.OUTSIDE_IP}:8700`,
});
