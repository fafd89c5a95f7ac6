// Prints what code says about the cluster into k8s/, for people to read and kustomize to apply.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dumpYaml } from '@kubernetes/client-node';
import {
  jobFor,
  namespaceObjects,
  secretFor,
  type KubernetesSandboxOptions,
} from '@mainloop/adapters/sandbox/kubernetes/manifests';
import { MAX_PROCESSES } from '@mainloop/adapters/sandbox/limits';
import { rightsObjects } from '@mainloop/adapters/sandbox/kubernetes/rights';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const EXAMPLE: KubernetesSandboxOptions = {
  prefix: 'mainloop-task-',
  instance: 'mainloop',
  image: 'mainloop-agent:latest',
  pullPolicy: 'IfNotPresent',
  pullSecret: null,
  gateway: { host: '10.96.70.1', port: 8700 },
  gatewayPods: { namespace: 'mainloop', labels: { app: 'gateway' } },
  runtimeClass: null,
  resources: { cpu: '2', memory: '4Gi', disk: '10Gi', requestCpu: '250m', requestMemory: '512Mi' },
  maxProcesses: MAX_PROCESSES,
  deadlineS: 24 * 3600,
  mustNotReach: [],
  serviceAccount: { namespace: 'mainloop', name: 'worker' },
};
const RUN = {
  taskId: '1example',
  runId: '1example-r1',
  epoch: 1,
  token: '<the token of this run>',
  repo: 'owner/name',
};

/**
 * Path under k8s/ and text of every printed file.
 * @returns YAML, by path
 */
export function printed(): Record<string, string> {
  const docs = (why: string, objects: readonly unknown[]): string =>
    `# ${why}\n# Printed by tools/print-k8s.ts; a test holds it against the code. Change it there.\n${objects.map((o) => dumpYaml(o, { lineWidth: -1, noRefs: true })).join('---\n')}`;
  return {
    'apps/mainloop/base/rights.yaml': docs(
      'What the worker may do in the cluster, and nothing more.',
      rightsObjects(EXAMPLE),
    ),
    'task/namespace.yaml': docs(
      'What the worker makes for each task, to read: it is not applied from here.',
      Object.values(namespaceObjects(EXAMPLE, RUN.taskId)),
    ),
    'task/run.yaml': docs(
      'What the worker makes for each run of an agent, to read: it is not applied from here.',
      [secretFor(EXAMPLE, RUN), jobFor(EXAMPLE, RUN)],
    ),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(printed())) {
    const file = path.join(root, 'k8s', name);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`printed k8s/${name}`);
  }
}
