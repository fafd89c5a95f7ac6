// How we get into a cluster, what we may do there, and whether it is one that we can work in.
import { AuthorizationV1Api, CoreV1Api, KubeConfig, type RequestContext } from '@kubernetes/client-node';
import { clockCheck, type Check } from '@mainloop/models/flow/machine/checkup';
import { SandboxError } from '../port.ts';
import { call } from './calls.ts';
import { WORKER_RULES } from './rights.ts';

/** After so long the certificates are read again. */
const KEPT_MS = 10 * 60_000;

/**
 * The client makes a pool of connections for every single request, and with it a TLS handshake (2.0.1,
 * `createDispatcher`): with 200 tasks the worker did little else and grew to a gigabyte. Here one pool serves
 * them all.
 */
class KeptConnections extends KubeConfig {
  private kept: {
    readonly dispatcher: ReturnType<RequestContext['getDispatcher']>;
    readonly sinceMs: number;
  } | null = null;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (this.kept === null || performance.now() - this.kept.sinceMs > KEPT_MS)
      this.kept = { dispatcher: context.getDispatcher(), sinceMs: performance.now() };
    if (this.kept.dispatcher) context.setDispatcher(this.kept.dispatcher);
  }
}

/** The kubeconfig of `file`, or of the pod we are in. @throws SandboxError `setup` with a sentence */
export function openKubeConfig(file: string | null): KubeConfig {
  const config = new KeptConnections();
  try {
    if (file === null) config.loadFromCluster();
    else config.loadFromFile(file);
    if (!config.getCurrentCluster()) throw new Error('it names no cluster');
  } catch (err) {
    throw new SandboxError(
      'setup',
      `The kubeconfig ${file ?? 'of this pod'} can't be used: ${(err as Error).message}. Check KUBECONFIG.`,
    );
  }
  return config;
}

/**
 * Asks the cluster whether we may do what we do there. The role inside a task's namespace can only be asked
 * for once one is there.
 * @returns what we may not, as "verb resource"
 */
export async function missingRights(config: KubeConfig): Promise<string[]> {
  const api = config.makeApiClient(AuthorizationV1Api);
  const asked = WORKER_RULES.flatMap((rule) =>
    rule.resources!.flatMap((resource) =>
      rule.verbs.map((verb) => ({
        verb,
        resource,
        group: rule.apiGroups![0]!,
        name: rule.resourceNames?.[0],
      })),
    ),
  );
  const answers = await Promise.all(
    asked.map(async ({ name, ...a }) => {
      const review = await call(() =>
        api.createSelfSubjectAccessReview({
          body: { spec: { resourceAttributes: { ...a, ...(name ? { name } : {}) } } },
        }),
      );
      return review.status?.allowed ? null : `${a.verb} ${a.resource}`;
    }),
  );
  return answers.filter((a) => a !== null);
}

/** @param mine label selector of our namespaces */
export async function checkupOf(config: KubeConfig, mine: string): Promise<readonly Check[]> {
  const at = config.getCurrentCluster()?.server ?? '';
  try {
    const missing = await missingRights(config);
    if (missing.length > 0)
      return [
        {
          name: 'rights',
          ok: false,
          says: `The worker may not do this in the cluster: ${missing.join(', ')}. Apply k8s/apps/mainloop/base/rights.yaml for its account.`,
        },
      ];
    const answer = await call(() =>
      config.makeApiClient(CoreV1Api).listNamespaceWithHttpInfo({ labelSelector: mine }),
    );
    const date = Date.parse(answer.headers.date ?? '');
    const all = answer.data.items;
    const going = all.filter((n) => n.metadata?.deletionTimestamp).length;
    return [
      {
        name: 'cluster',
        ok: true,
        says: `${at} answers. Namespaces of tasks: ${all.length}${going > 0 ? `, ${going} of them being removed` : ''}`,
      },
      { name: 'rights', ok: true, says: 'all there' },
      ...(Number.isNaN(date) ? [] : [clockCheck(Date.now() - date)]),
    ];
  } catch (err) {
    return [{ name: 'cluster', ok: false, says: `${at}: ${(err as Error).message}` }];
  }
}
