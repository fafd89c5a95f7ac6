// The Kubernetes sandbox: a namespace for each task, a Job for each run. The same runner as on one machine.
import {
  ApiException,
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
  type V1Job,
  type V1Namespace,
  type V1Pod,
} from '@kubernetes/client-node';
import { SandboxError, type Sandbox, type SandboxRun, type SandboxStatus } from '../port.ts';
import { fateOf } from './failures.ts';
import { WORKER_RULES } from './rights.ts';
import { jobFor, LABELS, namespaceName, namespaceObjects, secretFor, type KubernetesSandboxOptions } from './manifests.ts';

const GONE_MS = 90_000;
const STOP_MS = 10_000;
const CALL_MS = 15_000;
/** Rights that were given a moment ago may not have reached every API server. */
const RIGHTS_MS = 10_000;

/** @param config a kubeconfig, or the one of the pod we are in */
export function kubernetesSandbox(config: KubeConfig, o: KubernetesSandboxOptions): Sandbox {
  const core = config.makeApiClient(CoreV1Api);
  const batch = config.makeApiClient(BatchV1Api);
  const networking = config.makeApiClient(NetworkingV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const nameOf = (taskId: string): string => namespaceName(o, taskId);
  const mine = `${LABELS.instance}=${o.instance}`;

  const namespaces = async (): Promise<V1Namespace[]> => (await call(() => core.listNamespace({ labelSelector: mine }))).items;

  /** @returns the namespace, or null; one of somebody else under our name is an error */
  const look = async (taskId: string): Promise<V1Namespace | null> => {
    const found = await call(() => orNull(core.readNamespace({ name: nameOf(taskId) })));
    if (found && found.metadata?.labels?.[LABELS.instance] !== o.instance)
      throw new SandboxError('setup', `The namespace ${nameOf(taskId)} belongs to another installation of mainloop. Give one of them another name.`);
    return found;
  };

  const jobsOf = async (taskId: string): Promise<V1Job[]> =>
    (await call(() => inside(batch.listNamespacedJob({ namespace: nameOf(taskId), labelSelector: mine }))))?.items ?? [];

  /** Epochs count within one run, so among jobs of several runs the youngest is the one. */
  const newest = async (taskId: string): Promise<V1Job | null> =>
    (await jobsOf(taskId)).toSorted((a, b) => madeAt(a) - madeAt(b) || epochOf(a) - epochOf(b)).at(-1) ?? null;

  const podsOf = async (taskId: string): Promise<V1Pod[]> =>
    ((await call(() => inside(core.listNamespacedPod({ namespace: nameOf(taskId), labelSelector: mine }))))?.items ?? []).toSorted(
      (a, b) => madeAt(a) - madeAt(b),
    );

  /** Asks for the end of all runs of a task, pods and secrets included. */
  const remove = async (taskId: string): Promise<void> => {
    const namespace = nameOf(taskId);
    // Pods first, at once: removed with their Job they would get their whole grace period.
    for (const p of await podsOf(taskId))
      await call(() => inside(core.deleteNamespacedPod({ namespace, name: p.metadata!.name!, gracePeriodSeconds: 1 })));
    for (const j of await jobsOf(taskId)) {
      const name = j.metadata!.name!;
      await call(() => inside(batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' })));
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

  const sandbox: Sandbox = {
    async provision(taskId) {
      const all = namespaceObjects(o, taskId);
      const namespace = nameOf(taskId);
      const deadline = Date.now() + GONE_MS;
      let now = await look(taskId);
      for (; now?.metadata?.deletionTimestamp; now = await look(taskId)) {
        if (Date.now() > deadline) throw new SandboxError('unavailable', `The namespace ${namespace} is still being removed.`);
        await pause(500);
      }
      await call(() => once(core.createNamespace({ body: all.namespace })));
      await call(() => once(rbac.createNamespacedRoleBinding({ namespace, body: all.roleBinding })));
      // The door first: whatever else is made, nobody is ever in there without it.
      await granted(() => once(networking.createNamespacedNetworkPolicy({ namespace, body: all.networkPolicy })));
      await Promise.all([
        granted(() => once(core.createNamespacedServiceAccount({ namespace, body: all.serviceAccount }))),
        granted(() => once(core.createNamespacedResourceQuota({ namespace, body: all.resourceQuota }))),
        granted(() => once(core.createNamespacedLimitRange({ namespace, body: all.limitRange }))),
      ]);
    },

    async start(run: SandboxRun) {
      const now = await newest(run.taskId);
      if (now && now.metadata?.labels?.[LABELS.run] === run.runId && epochOf(now) === run.epoch) return;
      // Not waited for: whatever still ends there holds a token of an epoch that is over.
      if (now) await remove(run.taskId);
      await sandbox.provision(run.taskId);
      const namespace = nameOf(run.taskId);
      await call(() => once(core.createNamespacedSecret({ namespace, body: secretFor(o, run) })));
      await call(() => once(batch.createNamespacedJob({ namespace, body: jobFor(o, run) })));
    },

    async status(taskId): Promise<SandboxStatus> {
      const job = await newest(taskId);
      if (!job) return { kind: 'none' };
      const which = { runId: job.metadata?.labels?.[LABELS.run] ?? '', epoch: epochOf(job) };
      const pods = (await podsOf(taskId)).filter((p) => p.metadata?.labels?.['batch.kubernetes.io/job-name'] === job.metadata?.name);
      const fate = fateOf(job, pods, Date.now());
      if (fate.kind === 'running') return { kind: 'running', ...which };
      return fate.kind === 'gone' ? { kind: 'exited', ...which, detail: fate.detail } : { kind: 'stuck', ...which, sentence: fate.sentence };
    },

    stop,

    async release(taskId) {
      if ((await look(taskId)) === null) return;
      await remove(taskId);
      await call(() => orNull(core.deleteNamespace({ name: nameOf(taskId), propagationPolicy: 'Background' })));
    },

    async list() {
      return (await namespaces()).filter((n) => !n.metadata?.deletionTimestamp).map((n) => n.metadata?.labels?.[LABELS.task] ?? '');
    },

    async stuck() {
      return (await namespaces())
        .filter((n) => n.metadata?.deletionTimestamp)
        .map((n) => ({
          taskId: n.metadata?.labels?.[LABELS.task] ?? '',
          reason:
            n.status?.conditions?.find((c) => c.status === 'True' && /ContentRemaining|FinalizersRemaining|Failure/.test(c.type))?.message ??
            'its content is being removed',
          forMs: Date.now() - n.metadata!.deletionTimestamp!.getTime(),
        }));
    },
  };
  return sandbox;
}

/** The kubeconfig of `file`, or of the pod we are in. @throws SandboxError `setup` with a sentence */
export function openKubeConfig(file: string | null): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === null) config.loadFromCluster();
    else config.loadFromFile(file);
    if (!config.getCurrentCluster()) throw new Error('it names no cluster');
  } catch (err) {
    throw new SandboxError('setup', `The kubeconfig ${file ?? 'of this pod'} can't be used: ${(err as Error).message}. Check KUBECONFIG.`);
  }
  return config;
}

/**
 * Asks the cluster whether we may do what we do there. The role inside a task's namespace can only be asked for once one is there.
 * @returns what we may not, as "verb resource"
 */
export async function missingRights(config: KubeConfig): Promise<string[]> {
  const api = config.makeApiClient(AuthorizationV1Api);
  const asked = WORKER_RULES.flatMap((r) =>
    r.resources!.flatMap((resource) => r.verbs.map((verb) => ({ verb, resource, group: r.apiGroups![0]!, name: r.resourceNames?.[0] }))),
  );
  const answers = await Promise.all(
    asked.map(async ({ name, ...a }) => {
      const review = await call(() =>
        api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: { ...a, ...(name ? { name } : {}) } } } }),
      );
      return review.status?.allowed ? null : `${a.verb} ${a.resource}`;
    }),
  );
  return answers.filter((a) => a !== null);
}

class Forbidden extends SandboxError {}
const pause = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));
const madeAt = (x: V1Job | V1Pod): number => x.metadata?.creationTimestamp?.getTime() ?? 0;
const epochOf = (j: V1Job): number => Number(j.metadata?.labels?.[LABELS.epoch] ?? 0);
const codeOf = (err: unknown): number => (err instanceof ApiException ? err.code : 0);

/** What is gone is null, so that removing twice is removing. */
async function orNull<T>(p: Promise<T>): Promise<T | null> {
  try {
    return await p;
  } catch (err) {
    if (codeOf(err) === 404) return null;
    throw err;
  }
}

/**
 * Inside a namespace that is not there, or is going, we have no rights: they are bound in it. So "forbidden" means "nothing
 * of ours" here; a right that is really missing shows when something is made.
 */
async function inside<T>(p: Promise<T>): Promise<T | null> {
  try {
    return await p;
  } catch (err) {
    if (codeOf(err) === 404 || codeOf(err) === 403) return null;
    throw err;
  }
}

/** What is there already is made. */
async function once<T>(p: Promise<T>): Promise<T | null> {
  try {
    return await p;
  } catch (err) {
    if (codeOf(err) === 409 && /AlreadyExists/.test(reasonOf(err))) return null;
    throw err;
  }
}

async function granted<T>(f: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + RIGHTS_MS; ;) {
    try {
      return await call(f);
    } catch (err) {
      if (!(err instanceof Forbidden) || Date.now() > deadline) throw err;
      await pause(100);
    }
  }
}

/** A request to a cluster that hangs would hold its caller for ever: the client sets no limit of its own. */
async function call<T>(f: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, no) => {
    timer = setTimeout(() => no(new SandboxError('unavailable', `The cluster does not answer within ${CALL_MS / 1000} s.`)), CALL_MS);
  });
  try {
    return await Promise.race([f(), late]);
  } catch (err) {
    throw translate(err);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(err: unknown): string {
  return err instanceof ApiException ? String((parse(err.body) as { reason?: string }).reason ?? '') : '';
}

/** From the API's status codes to the port's closed union. 409 on a namespace that goes away, 429 and 5xx pass by themselves. */
export function translate(err: unknown): SandboxError {
  if (err instanceof SandboxError) return err;
  const code = codeOf(err);
  const said =
    err instanceof ApiException ? String((parse(err.body) as { message?: string }).message ?? err.message) : String((err as Error).message);
  const words = said.split('\n')[0]!.slice(0, 400);
  if (code === 401)
    return new SandboxError('setup', "The cluster does not accept mainloop's credentials any more. Renew the kubeconfig, then retry.");
  if (code === 403)
    return /exceeded quota/.test(words)
      ? new SandboxError('setup', `The cluster's quota is used up: ${words}`)
      : new Forbidden('setup', `The cluster forbids it: ${words} Compare the rights with k8s/apps/mainloop/base/rights.yaml.`);
  if (code === 400 || code === 422) return new SandboxError('setup', `The cluster refuses the sandbox: ${words}`);
  return new SandboxError('unavailable', `The cluster can't be reached now: ${words}`);
}

const parse = (body: unknown): unknown => {
  if (typeof body !== 'string') return body ?? {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return { message: body };
  }
};
