// The contract of the Sandbox port, on the real things: bubblewrap on this machine, a pod in a real cluster.
import { describe, expect, test } from '@jest/globals';
import { sandboxContract, type Subject } from '@mainloop/adapters/sandbox/contract';
import { kubernetesSandbox, openKubeConfig } from '@mainloop/adapters/sandbox/kubernetes/kubernetes';
import { localSandbox } from '@mainloop/adapters/sandbox/local';
import { until } from '@mainloop/testkit/stack';
import { imageName, noCluster, startTestCluster } from '@mainloop/testkit/cluster';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureKit } from '../apps/cli/src/up/kit.ts';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';

async function local(): Promise<Subject & { place(taskId: string): string }> {
  const home = mkdtempSync('/tmp/mainloop-contract-');
  chmodSync(home, 0o711);
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
  const { bwrap } = ensureKit(home, { bwrap: ensureTool('bwrap', cache, () => undefined), act: null });
  const root = path.join(home, 'sandboxes');
  const gatewayDir = path.join(home, 'gateway');
  mkdirSync(gatewayDir);
  const sandbox = localSandbox({
    root,
    kit: path.join(home, 'kit/current'),
    gatewayDir,
    mirrors: path.join(home, 'mirrors'),
    bwrap,
    unconfined: false,
  });
  const pidOf = (taskId: string): number => {
    const f = path.join(root, taskId, 'run.json');
    return existsSync(f) ? (JSON.parse(readFileSync(f, 'utf8')) as { pid: number }).pid : 0;
  };
  return {
    sandbox,
    place: (taskId) => path.join(root, taskId),
    kill: async (taskId) => void process.kill(pidOf(taskId), 'SIGKILL'),
    living: async (taskId) => {
      const pid = pidOf(taskId);
      return pid > 0 && existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) ? 1 : 0;
    },
    close: async () => {
      for (const t of await sandbox.list()) await sandbox.release(t);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function kubernetes(): Promise<Subject> {
  const t = await startTestCluster(['agent']);
  const sandbox = kubernetesSandbox(openKubeConfig(t.workerKubeconfig), {
    prefix: 'mainloop-task-',
    instance: 'contract',
    image: imageName('agent'),
    pullPolicy: 'Never',
    pullSecret: null,
    gateway: { host: '10.250.1.1', port: 8700 },
    gatewayPods: null,
    runtimeClass: null,
    resources: { cpu: '2', memory: '1Gi', disk: '2Gi', requestCpu: '50m', requestMemory: '64Mi' },
    deadlineS: 600,
    mustNotReach: [],
    serviceAccount: { namespace: 'mainloop', name: 'worker' },
  });
  const pods = (taskId: string): string[] => {
    try {
      return t
        .kubectl('get', 'pods', '-n', `mainloop-task-${taskId}`, '--field-selector=status.phase=Running', '-o', 'name')
        .split('\n')
        .filter(Boolean);
    } catch {
      return [];
    }
  };
  return {
    sandbox,
    kill: async (taskId) => {
      for (const p of pods(taskId)) t.kubectl('delete', '-n', `mainloop-task-${taskId}`, p, '--grace-period=0', '--force');
    },
    living: async (taskId) => pods(taskId).length,
    close: () => t.stop(),
  };
}

describe('the local sandbox', () => sandboxContract(local, 10_000));

test('a runner whose folder was removed under it ends, instead of spinning', async () => {
  const s = await local();
  await s.sandbox.start({ taskId: '1removed', runId: '1removed-r1', epoch: 1, token: 'x', repo: 'demo/nothing' });
  await new Promise((r) => setTimeout(r, 1_500));
  expect(await s.living('1removed')).toBe(1);
  const gone = s.place('1removed');
  rmSync(path.join(gone, 'work'), { recursive: true });
  await until('its end', async () => (await s.living('1removed')) === 0, 10_000);
  await s.close();
}, 60_000);

if (noCluster === null) describe('the Kubernetes sandbox', () => sandboxContract(kubernetes, 30_000));
else test.skip(`the Kubernetes sandbox: ${noCluster}`, () => undefined);
