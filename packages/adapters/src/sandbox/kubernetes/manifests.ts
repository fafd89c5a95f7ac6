// What a task's namespace holds and what a run's Job looks like. Pure: `k8s/task` is printed from here and
// held against it.
import type {
  V1Job,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1ResourceQuota,
  V1RoleBinding,
  V1Secret,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { INSIDE, runnerCommand, type Target } from '@mainloop/models/contracts/runner';
import { createHash } from 'node:crypto';
import type { SandboxRun } from '../port.ts';

export interface KubernetesSandboxOptions {
  /** Begins every namespace of a task; the admission policy holds our rights to it. */
  readonly prefix: string;
  /** Tells the tasks of this installation from those of another one in the same cluster. */
  readonly instance: string;
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly pullSecret: string | null;
  /** IP address and port of the gateway as a pod sees it. There is no DNS in a sandbox. */
  readonly gateway: { readonly host: string; readonly port: number };
  /** The gateway's pods; null when it is outside the cluster, then only its address is let through. */
  readonly gatewayPods: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  } | null;
  /** gVisor, Kata: the name of a RuntimeClass, or null for the cluster's default. */
  readonly runtimeClass: string | null;
  readonly resources: {
    readonly cpu: string;
    readonly memory: string;
    readonly disk: string;
    readonly requestCpu: string;
    readonly requestMemory: string;
  };
  /**
   * Processes and threads of one task together. The kernel holds it for the task's own uid, whatever the
   * kubelet allows a pod.
   */
  readonly maxProcesses: number;
  /** Seconds after which a run's pod is ended by the cluster, whatever else fails. */
  readonly deadlineS: number;
  /** What the probe tries besides the addresses that every cluster has. */
  readonly mustNotReach: readonly Target[];
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
}

export const LABELS = {
  task: 'mainloop.dev/task',
  instance: 'mainloop.dev/instance',
  run: 'mainloop.dev/run',
  epoch: 'mainloop.dev/epoch',
} as const;
export const SANDBOX_ROLE = 'mainloop-sandbox';
/** Where OpenShift puts its tenants too: above the accounts of any node, below what systemd keeps for itself. */
const FIRST_UID = 1_000_000_000;
const UIDS = 800_000_000;
/**
 * A pod on a node that went away is given up this long after Kubernetes has noticed (50 s), instead of five
 * minutes later.
 */
const LOST_NODE_S = 20;

const OURS = { 'app.kubernetes.io/managed-by': 'mainloop' };
/**
 * @param options.prefix that all of ours have
 * @returns one name for each task
 */
export const namespaceName = (options: Pick<KubernetesSandboxOptions, 'prefix'>, taskId: string): string =>
  `${options.prefix}${taskId}`;
const labelsOf = (options: KubernetesSandboxOptions, taskId: string): Record<string, string> => ({
  ...OURS,
  [LABELS.instance]: options.instance,
  [LABELS.task]: taskId,
});

export interface NamespaceObjects {
  readonly namespace: V1Namespace;
  readonly roleBinding: V1RoleBinding;
  readonly networkPolicy: V1NetworkPolicy;
  readonly serviceAccount: V1ServiceAccount;
  readonly resourceQuota: V1ResourceQuota;
  readonly limitRange: V1LimitRange;
}

/**
 * Everything of a task's namespace but its runs, all made before anybody moves in.
 * @returns one object of each kind
 */
export function namespaceObjects(options: KubernetesSandboxOptions, taskId: string): NamespaceObjects {
  const namespace = namespaceName(options, taskId);
  const metadata = (name: string) => ({ name, namespace, labels: labelsOf(options, taskId) });
  return {
    namespace: {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...labelsOf(options, taskId),
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/enforce-version': 'latest',
        },
      },
    },
    roleBinding: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: metadata('mainloop-worker'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: SANDBOX_ROLE },
      subjects: [
        {
          kind: 'ServiceAccount',
          name: options.serviceAccount.name,
          namespace: options.serviceAccount.namespace,
        },
      ],
    },
    networkPolicy: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadata('only-the-gateway'),
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [],
        egress: [{ to: [gatewayPeer(options)], ports: [{ protocol: 'TCP', port: options.gateway.port }] }],
      },
    },
    serviceAccount: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: metadata('agent'),
      automountServiceAccountToken: false,
    },
    resourceQuota: {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: metadata('sandbox'),
      spec: {
        // One run, and its predecessor that may still be ending on a node that went away.
        hard: { pods: '3', persistentvolumeclaims: '0', services: '0', configmaps: '5', secrets: '10' },
      },
    },
    limitRange: {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: metadata('sandbox'),
      spec: {
        limits: [
          {
            type: 'Container',
            max: { cpu: options.resources.cpu, memory: options.resources.memory },
            _default: { cpu: options.resources.cpu, memory: options.resources.memory },
            defaultRequest: { cpu: options.resources.requestCpu, memory: options.resources.requestMemory },
          },
        ],
      },
    },
  };
}

function gatewayPeer(options: KubernetesSandboxOptions): V1NetworkPolicyPeer {
  return options.gatewayPods
    ? {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': options.gatewayPods.namespace } },
        podSelector: { matchLabels: { ...options.gatewayPods.labels } },
      }
    : { ipBlock: { cidr: `${options.gateway.host}/${options.gateway.host.includes(':') ? 128 : 32}` } };
}

/**
 * A uid of its own for each task. The kernel counts processes by uid over the whole node, so with one for all
 * a task that floods would starve the others instead of itself.
 */
const uidOf = (taskId: string): number =>
  FIRST_UID + (createHash('sha256').update(taskId).digest().readUInt32BE(0) % UIDS);

/** The account list of the pod. Programs want a name for the uid they run as; Node throws without one. */
const ACCOUNTS = { passwd: 'mainloop.dev/passwd', group: 'mainloop.dev/group' } as const;
const accountsOf = (uid: number): Record<string, string> => ({
  [ACCOUNTS.passwd]: `root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:${uid}:${uid}:agent:${INSIDE.home}:/bin/bash\n`,
  [ACCOUNTS.group]: `root:x:0:\nagent:x:${uid}:\n`,
});

const nameOf = (run: SandboxRun): string => `run-${run.runId.slice(run.taskId.length + 1)}-${run.epoch}`;

/**
 * The one secret of a sandbox.
 * @returns it with the token of the run, which nobody changes
 */
export function secretFor(options: KubernetesSandboxOptions, run: SandboxRun): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: nameOf(run),
      namespace: namespaceName(options, run.taskId),
      labels: runLabels(options, run),
    },
    immutable: true,
    stringData: { token: run.token },
  };
}

const runLabels = (options: KubernetesSandboxOptions, run: SandboxRun): Record<string, string> => ({
  ...labelsOf(options, run.taskId),
  [LABELS.run]: run.runId,
  [LABELS.epoch]: String(run.epoch),
});

/**
 * One run: one pod, never restarted by the cluster, because what happens next is the workflow's decision.
 * @returns the manifest of its Job
 */
export function jobFor(options: KubernetesSandboxOptions, run: SandboxRun): V1Job {
  const name = nameOf(run);
  const labels = runLabels(options, run);
  const uid = uidOf(run.taskId);
  const gone = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: namespaceName(options, run.taskId), labels },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: options.deadlineS,
      template: {
        metadata: { labels, annotations: accountsOf(uid) },
        spec: {
          serviceAccountName: 'agent',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          restartPolicy: 'Never',
          // A drained node: the runner saves a checkpoint on its way out.
          terminationGracePeriodSeconds: 20,
          ...(options.runtimeClass ? { runtimeClassName: options.runtimeClass } : {}),
          ...(options.pullSecret ? { imagePullSecrets: [{ name: options.pullSecret }] } : {}),
          // A name server is a tunnel. Nothing in here needs a name: the gateway is an address.
          dnsPolicy: 'None',
          dnsConfig: { nameservers: ['127.0.0.1'] },
          tolerations: gone.map((key) => ({
            key,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: LOST_NODE_S,
          })),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: uid,
            runAsGroup: uid,
            fsGroup: uid,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumes: [
            { name: 'work', emptyDir: { sizeLimit: options.resources.disk } },
            { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
            {
              name: 'accounts',
              downwardAPI: {
                items: Object.entries(ACCOUNTS).map(([file, annotation]) => ({
                  path: file,
                  fieldRef: { fieldPath: `metadata.annotations['${annotation}']` },
                })),
              },
            },
          ],
          containers: [
            {
              name: 'agent',
              image: options.image,
              imagePullPolicy: options.pullPolicy,
              // A limit that processes hand down to their children. Kubernetes has no field for it.
              command: [
                '/bin/bash',
                '-c',
                'ulimit -u "$0" && exec "$@"',
                String(options.maxProcesses),
                ...runnerCommand(),
              ],
              workingDir: '/work',
              env: [
                { name: 'MAINLOOP_TOKEN', valueFrom: { secretKeyRef: { name, key: 'token' } } },
                {
                  name: 'MAINLOOP_GATEWAY_ADDRESS',
                  value: `${options.gateway.host}:${options.gateway.port}`,
                },
                ...(run.author === undefined
                  ? []
                  : [{ name: 'MAINLOOP_AUTHOR', value: JSON.stringify(run.author) }]),
                { name: 'NODE_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
                {
                  name: 'MAINLOOP_MUST_NOT_REACH',
                  value: JSON.stringify([...EVERY_CLUSTER, ...options.mustNotReach]),
                },
              ],
              resources: {
                limits: {
                  cpu: options.resources.cpu,
                  memory: options.resources.memory,
                  'ephemeral-storage': options.resources.disk,
                },
                requests: {
                  cpu: options.resources.requestCpu,
                  memory: options.resources.requestMemory,
                  'ephemeral-storage': '1Gi',
                },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                privileged: false,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'work', mountPath: '/work' },
                { name: 'tmp', mountPath: '/tmp' },
                ...Object.keys(ACCOUNTS).map((file) => ({
                  name: 'accounts',
                  mountPath: `/etc/${file}`,
                  subPath: file,
                  readOnly: true,
                })),
              ],
            },
          ],
        },
      },
    },
  };
}

/** `$NAME` is taken from the pod's environment. The API server's address is always there; the node's we put there. */
const EVERY_CLUSTER: readonly Target[] = [
  { name: 'the API server', host: '$KUBERNETES_SERVICE_HOST', port: 443, protocol: 'tcp' },
  { name: 'the kubelet of its node', host: '$NODE_IP', port: 10250, protocol: 'tcp' },
  { name: 'the metadata service', host: '169.254.169.254', port: 80, protocol: 'tcp' },
  { name: 'the internet', host: '1.1.1.1', port: 443, protocol: 'tcp' },
  { name: 'a name server of the internet', host: '8.8.8.8', port: 53, protocol: 'dns' },
];
