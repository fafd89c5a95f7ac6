// The Kubernetes sandbox: a namespace for each task, a Job for each run. The same runner as on one machine.
import {
  BatchV1Api,
  CoreV1Api,
  type KubeConfig,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
  type V1Job,
  type V1Namespace,
  type V1Pod,
} from '@kubernetes/client-node';
import { call, granted, inside, once, orNull, pause } from './calls.ts';
import { checkupOf } from './access.ts';
import { SandboxError, type Sandbox, type SandboxRun, type SandboxStatus } from '../port.ts';
import { fateOf } from './failures.ts';
import {
  jobFor,
  LABELS,
  namespaceName,
  namespaceObjects,
  secretFor,
  type KubernetesSandboxOptions,
} from './manifests.ts';

const GONE_MS = 90_000;
const STOP_MS = 10_000;

/**
 * Where a test may end the process: each stands after something was made or removed in the cluster, with more
 * to follow.
 */
export const CLUSTER_FAILPOINTS = [
  'kubernetes.namespace',
  'kubernetes.inside',
  'kubernetes.secret',
  'kubernetes.job',
  'kubernetes.remove',
] as const;

/**
 * @param config a kubeconfig, or the one of the pod we are in
 * @param hit called at each of {@link CLUSTER_FAILPOINTS}
 */
export function kubernetesSandbox(
  config: KubeConfig,
  options: KubernetesSandboxOptions,
  hit: (name: (typeof CLUSTER_FAILPOINTS)[number]) => void = () => undefined,
): Sandbox {
  const core = config.makeApiClient(CoreV1Api);
  const batch = config.makeApiClient(BatchV1Api);
  const networking = config.makeApiClient(NetworkingV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const nameOf = (taskId: string): string => namespaceName(options, taskId);
  const mine = `${LABELS.instance}=${options.instance}`;

  const namespaces = async (): Promise<V1Namespace[]> =>
    (await call(() => core.listNamespace({ labelSelector: mine }))).items;

  /** @returns the namespace, or null; one of somebody else under our name is an error */
  const look = async (taskId: string): Promise<V1Namespace | null> => {
    const found = await call(() => orNull(core.readNamespace({ name: nameOf(taskId) })));
    if (found && found.metadata?.labels?.[LABELS.instance] !== options.instance)
      throw new SandboxError(
        'setup',
        `The namespace ${nameOf(taskId)} belongs to another installation of mainloop. Give one of them another name.`,
      );
    return found;
  };

  const jobsOf = async (taskId: string): Promise<V1Job[]> =>
    (await call(() => inside(batch.listNamespacedJob({ namespace: nameOf(taskId), labelSelector: mine }))))
      ?.items ?? [];

  /** Epochs count within one run, so among jobs of several runs the youngest is the one. */
  const newest = async (taskId: string): Promise<V1Job | null> =>
    (await jobsOf(taskId)).toSorted((a, b) => madeAt(a) - madeAt(b) || epochOf(a) - epochOf(b)).at(-1) ??
    null;

  const podsOf = async (taskId: string): Promise<V1Pod[]> =>
    (
      (await call(() => inside(core.listNamespacedPod({ namespace: nameOf(taskId), labelSelector: mine }))))
        ?.items ?? []
    ).toSorted((a, b) => madeAt(a) - madeAt(b));

  const refusalOf = async (job: V1Job): Promise<string> => {
    const { name, namespace } = job.metadata!;
    const events = await call(() =>
      inside(
        core.listNamespacedEvent({
          namespace: namespace!,
          fieldSelector: `involvedObject.name=${name},reason=FailedCreate`,
          limit: 20,
        }),
      ),
    );
    return events?.items.at(-1)?.message ?? '';
  };

  /** Asks for the end of all runs of a task, pods and secrets included. */
  const remove = async (taskId: string): Promise<void> => {
    const namespace = nameOf(taskId);
    // Pods first, at once: removed with their Job they would get their whole grace period.
    for (const pod of await podsOf(taskId))
      await call(() =>
        inside(core.deleteNamespacedPod({ namespace, name: pod.metadata!.name!, gracePeriodSeconds: 1 })),
      );
    for (const job of await jobsOf(taskId)) {
      const name = job.metadata!.name!;
      await call(() =>
        inside(batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' })),
      );
      await call(() => inside(core.deleteNamespacedSecret({ namespace, name })));
    }
  };

  const stop = async (taskId: string): Promise<void> => {
    if ((await look(taskId)) === null) return;
    // A pod on a node that went away can't be ended; its epoch is dead, so nothing it does counts.
    for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await pause(150)) {
      await remove(taskId);
      if ((await podsOf(taskId)).length === 0) return;
    }
  };

  /** Namespaces that this process has made whole, by uid: what they hold is not asked for again. */
  const whole = new Map<string, string>();

  const sandbox: Sandbox = {
    async provision(taskId) {
      const all = namespaceObjects(options, taskId);
      const namespace = nameOf(taskId);
      const deadline = Date.now() + GONE_MS;
      let now = await look(taskId);
      for (; now?.metadata?.deletionTimestamp; now = await look(taskId)) {
        if (Date.now() > deadline)
          throw new SandboxError('unavailable', `The namespace ${namespace} is still being removed.`);
        await pause(500);
      }
      if (now !== null && whole.get(taskId) === now.metadata?.uid) return;
      const made = (await call(() => once(core.createNamespace({ body: all.namespace })))) ?? now;
      hit('kubernetes.namespace');
      await call(() => once(rbac.createNamespacedRoleBinding({ namespace, body: all.roleBinding })));
      // All of it before the first run: nobody is ever in there without the network shut.
      await Promise.all([
        granted(() => once(networking.createNamespacedNetworkPolicy({ namespace, body: all.networkPolicy }))),
        granted(() => once(core.createNamespacedServiceAccount({ namespace, body: all.serviceAccount }))),
        granted(() => once(core.createNamespacedResourceQuota({ namespace, body: all.resourceQuota }))),
        granted(() => once(core.createNamespacedLimitRange({ namespace, body: all.limitRange }))),
      ]);
      hit('kubernetes.inside');
      if (made?.metadata?.uid) whole.set(taskId, made.metadata.uid);
    },

    async start(run: SandboxRun) {
      const [now] = await Promise.all([newest(run.taskId), sandbox.provision(run.taskId)]);
      if (now && now.metadata?.labels?.[LABELS.run] === run.runId && epochOf(now) === run.epoch) return;
      // Not waited for: whatever still ends there holds a token of an epoch that is over.
      if (now) await remove(run.taskId);
      const namespace = nameOf(run.taskId);
      await call(() => once(core.createNamespacedSecret({ namespace, body: secretFor(options, run) })));
      hit('kubernetes.secret');
      await call(() => once(batch.createNamespacedJob({ namespace, body: jobFor(options, run) })));
      hit('kubernetes.job');
    },

    async status(taskId): Promise<SandboxStatus> {
      const job = await newest(taskId);
      if (!job) return { kind: 'none' };
      const which = { runId: job.metadata?.labels?.[LABELS.run] ?? '', epoch: epochOf(job) };
      const pods = (await podsOf(taskId)).filter(
        (p) => p.metadata?.labels?.['batch.kubernetes.io/job-name'] === job.metadata?.name,
      );
      const fate = fateOf(job, pods, Date.now(), pods.length === 0 ? await refusalOf(job) : '');
      if (fate.kind === 'running') return { kind: 'running', ...which };
      return fate.kind === 'gone'
        ? { kind: 'exited', ...which, detail: fate.detail }
        : { kind: 'stuck', ...which, sentence: fate.sentence };
    },

    stop,

    async release(taskId) {
      if ((await look(taskId)) === null) return;
      await remove(taskId);
      hit('kubernetes.remove');
      whole.delete(taskId);
      await call(() =>
        orNull(core.deleteNamespace({ name: nameOf(taskId), propagationPolicy: 'Background' })),
      );
    },

    async list() {
      return (await namespaces())
        .filter((n) => !n.metadata?.deletionTimestamp)
        .map((n) => n.metadata?.labels?.[LABELS.task] ?? '');
    },

    async stuck() {
      return (await namespaces())
        .filter((n) => n.metadata?.deletionTimestamp)
        .map((namespace) => ({
          taskId: namespace.metadata?.labels?.[LABELS.task] ?? '',
          reason:
            namespace.status?.conditions?.find(
              (c) => c.status === 'True' && /ContentRemaining|FinalizersRemaining|Failure/.test(c.type),
            )?.message ?? 'its content is being removed',
          forMs: Date.now() - namespace.metadata!.deletionTimestamp!.getTime(),
        }));
    },

    checkup: () => checkupOf(config, mine),
  };
  return sandbox;
}

const madeAt = (x: V1Job | V1Pod): number => x.metadata?.creationTimestamp?.getTime() ?? 0;
const epochOf = (job: V1Job): number => Number(job.metadata?.labels?.[LABELS.epoch] ?? 0);
