// What a pod's status means for its run. Pure: from Kubernetes' words to ours.
import type { V1Job, V1Pod } from '@kubernetes/client-node';

export type PodFate =
  /** It works, or will in a moment. */
  | { readonly kind: 'running' }
  /** It is over; the run goes on elsewhere from its checkpoint. */
  | { readonly kind: 'gone'; readonly detail: string }
  /** It can't start, and will not by waiting: a person has to do something. */
  | { readonly kind: 'stuck'; readonly sentence: string };

/** How long a pod may be without a node, or without its image, before a person hears of it. */
export const PATIENCE_MS = { unschedulable: 60_000, image: 20_000, none: 20_000 } as const;

const IMAGE_TROUBLE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);
const CONFIG_TROUBLE = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

/**
 * @param pods of the run's Job, the newest last
 * @param refused why the newest try to make a pod was refused, where it was
 * @param nowMs clock of this process; compared with stamps of the cluster, so a minute of difference only
 * moves our patience
 */
export function fateOf(job: V1Job, pods: readonly V1Pod[], nowMs: number, refused = ''): PodFate {
  const pod = pods.at(-1);
  const ageMs = nowMs - (job.metadata?.creationTimestamp?.getTime() ?? nowMs);
  const condition = job.status?.conditions?.find(
    (c) => c.status === 'True' && (c.type === 'Failed' || c.type === 'Complete'),
  );
  if (!pod) {
    if (condition) return { kind: 'gone', detail: condition.message ?? condition.type };
    if (ageMs < PATIENCE_MS.none) return { kind: 'running' };
    return {
      kind: 'stuck',
      sentence: refused === '' ? 'The cluster makes no pod for this run.' : whyRefused(refused),
    };
  }
  // A pod on a node that went away keeps the phase Running for ever; its deletion is what tells.
  if (pod.metadata?.deletionTimestamp)
    return { kind: 'gone', detail: `Its pod is being removed (${pod.status?.reason ?? 'deleted'}).` };
  switch (pod.status?.phase) {
    case 'Succeeded':
      return { kind: 'gone', detail: 'The runner has ended.' };
    case 'Failed':
      return { kind: 'gone', detail: whyFailed(pod) };
    case 'Running':
      return { kind: 'running' };
    default:
      return whyPending(pod, ageMs);
  }
}

/** From the words of the Job's controller: a quota that is used up, or an admission policy or webhook. */
function whyRefused(words: string): string {
  const why = first(words.replace(/^Error creating: /, ''));
  if (/exceeded quota/.test(words))
    return `The cluster's quota is used up: ${why} Raise it or free some of it, then retry.`;
  return `The cluster refuses the agent's pod: ${why} Whoever keeps its admission rules has to let it in; then retry.`;
}

function whyFailed(pod: V1Pod): string {
  const end = pod.status?.containerStatuses?.[0]?.state?.terminated;
  if (end?.reason === 'OOMKilled') return 'It used more memory than its limit and was ended.';
  if (pod.status?.reason === 'Evicted')
    return `Its node ran short and evicted it: ${pod.status.message ?? ''}`.trim();
  if (pod.status?.reason) return `${pod.status.reason}: ${pod.status.message ?? ''}`.trim();
  return `The runner ended with exit ${end?.exitCode ?? '?'}${end?.reason ? ` (${end.reason})` : ''}.`;
}

function whyPending(pod: V1Pod, ageMs: number): PodFate {
  const scheduled = pod.status?.conditions?.find((c) => c.type === 'PodScheduled');
  if (
    scheduled?.status === 'False' &&
    scheduled.reason === 'Unschedulable' &&
    ageMs > PATIENCE_MS.unschedulable
  )
    return {
      kind: 'stuck',
      sentence: `No node of the cluster takes the pod: ${first(scheduled.message)} Free some capacity, then retry.`,
    };
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
  if (waiting?.reason && IMAGE_TROUBLE.has(waiting.reason) && ageMs > PATIENCE_MS.image)
    return {
      kind: 'stuck',
      sentence: `The agent image can't be pulled: ${first(waiting.message ?? waiting.reason)} Check MAINLOOP_AGENT_IMAGE and the pull secret, then retry.`,
    };
  if (waiting?.reason && CONFIG_TROUBLE.has(waiting.reason))
    return {
      kind: 'stuck',
      sentence: `The agent's container can't be made: ${first(waiting.message ?? waiting.reason)}`,
    };
  return { kind: 'running' };
}

const first = (text: string | undefined): string => {
  const line = (text ?? '').split('\n')[0]!.trim().slice(0, 300);
  return line === '' || /[.!?]$/.test(line) ? line : `${line}.`;
};
