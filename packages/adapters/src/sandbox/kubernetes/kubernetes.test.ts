// Kubernetes' words to ours, as a table; and what a sandbox must never lack.
import { ApiException, type V1Job, type V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from '@jest/globals';
import { fateOf } from './failures.ts';
import { translate } from './calls.ts';
import { jobFor, namespaceObjects, type KubernetesSandboxOptions } from './manifests.ts';

const MADE = new Date('2026-01-01T00:00:00Z');
const job = (status: V1Job['status'] = {}): V1Job => ({ metadata: { creationTimestamp: MADE }, status });
const pod = (status: V1Pod['status'], metadata: V1Pod['metadata'] = {}): V1Pod => ({ metadata, status });
const waiting = (reason: string, message = ''): V1Pod =>
  pod({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason, message } } } as never] });
const ended = (exitCode: number, reason: string): V1Pod =>
  pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode, reason } } } as never] });

describe('the fate of a pod', () => {
  const noNode = pod({
    phase: 'Pending',
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: '0/3 nodes are available: 3 Insufficient cpu',
      } as never,
    ],
  });
  test.each([
    [
      'Error creating: pods "x" is forbidden: exceeded quota: team',
      'The cluster\'s quota is used up: pods "x" is forbidden: exceeded quota: team. Raise it or free some of it, then retry.',
    ],
    [
      'Error creating: admission webhook "deny.corp" denied the request: no',
      'The cluster refuses the agent\'s pod: admission webhook "deny.corp" denied the request: no. Whoever keeps its admission rules has to let it in; then retry.',
    ],
  ])('no pod, because of %s', (words, sentence) => {
    expect(fateOf(job(), [], MADE.getTime() + 60_000, words)).toEqual({ kind: 'stuck', sentence });
  });
  test.each<[string, V1Job, V1Pod[], number, unknown]>([
    ['no pod yet', job(), [], 1, { kind: 'running' }],
    ['no pod for long', job(), [], 60, { kind: 'stuck', sentence: 'The cluster makes no pod for this run.' }],
    [
      'no pod, and the job has failed',
      job({
        conditions: [
          {
            type: 'Failed',
            status: 'True',
            message: 'Job was active longer than specified deadline',
          } as never,
        ],
      }),
      [],
      60,
      { kind: 'gone', detail: 'Job was active longer than specified deadline' },
    ],
    ['at work', job(), [pod({ phase: 'Running' })], 999, { kind: 'running' }],
    [
      'the newest pod counts',
      job(),
      [ended(1, 'Error'), pod({ phase: 'Running' })],
      999,
      { kind: 'running' },
    ],
    [
      'on a node that went away it stays Running, and is deleted',
      job(),
      [pod({ phase: 'Running', reason: 'NodeLost' }, { deletionTimestamp: MADE })],
      99,
      { kind: 'gone', detail: 'Its pod is being removed (NodeLost).' },
    ],
    [
      'out of memory',
      job(),
      [ended(137, 'OOMKilled')],
      9,
      { kind: 'gone', detail: 'It used more memory than its limit and was ended.' },
    ],
    [
      'evicted',
      job(),
      [pod({ phase: 'Failed', reason: 'Evicted', message: 'Usage of EmptyDir volume exceeds the limit' })],
      9,
      {
        kind: 'gone',
        detail: 'Its node ran short and evicted it: Usage of EmptyDir volume exceeds the limit',
      },
    ],
    ['it ended', job(), [pod({ phase: 'Succeeded' })], 9, { kind: 'gone', detail: 'The runner has ended.' }],
    ['no node takes it, so far', job(), [noNode], 30, { kind: 'running' }],
    [
      'no node takes it',
      job(),
      [noNode],
      90,
      {
        kind: 'stuck',
        sentence:
          'No node of the cluster takes the pod: 0/3 nodes are available: 3 Insufficient cpu. Free some capacity, then retry.',
      },
    ],
    ['the image is slow', job(), [waiting('ContainerCreating')], 600, { kind: 'running' }],
    ['the image fails once', job(), [waiting('ErrImagePull', 'not found')], 5, { kind: 'running' }],
    [
      'the image is not there',
      job(),
      [waiting('ImagePullBackOff', 'Back-off pulling image "x"')],
      60,
      {
        kind: 'stuck',
        sentence:
          'The agent image can\'t be pulled: Back-off pulling image "x". Check MAINLOOP_AGENT_IMAGE and the pull secret, then retry.',
      },
    ],
    [
      'a container that can not be made',
      job(),
      [waiting('CreateContainerConfigError', 'secret "run-r1-1" not found')],
      1,
      { kind: 'stuck', sentence: 'The agent\'s container can\'t be made: secret "run-r1-1" not found.' },
    ],
  ])('%s', (_, j, pods, ageS, wanted) => {
    expect(fateOf(j, pods, MADE.getTime() + ageS * 1000)).toEqual(wanted);
  });
});

describe('what the API refuses', () => {
  const said = (code: number, message: string): Error =>
    new ApiException(code, 'x', JSON.stringify({ message }), {});
  test.each([
    [401, 'Unauthorized', 'setup', /Renew the kubeconfig/],
    [403, 'namespaces is forbidden', 'setup', /The cluster forbids it: namespaces is forbidden/],
    [403, 'pods "x" is forbidden: exceeded quota: all', 'setup', /quota is used up/],
    [422, 'Namespace "X" is invalid', 'setup', /refuses the sandbox/],
    [
      400,
      'admission webhook "policy.example" denied the request',
      'setup',
      /refuses the sandbox: admission webhook/,
    ],
    [409, 'object is being deleted', 'unavailable', /can't be reached now/],
    [429, 'slow down', 'unavailable', /can't be reached now/],
    [503, 'etcd', 'unavailable', /can't be reached now/],
  ])('%d %s', (code, message, kind, words) => {
    const error = translate(said(code, message));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(words);
  });
  test('no answer at all', () => {
    expect(translate(new Error('connect ECONNREFUSED')).kind).toBe('unavailable');
  });
});

const OPTIONS: KubernetesSandboxOptions = {
  prefix: 'p-',
  instance: 'i',
  image: 'x',
  pullPolicy: 'Always',
  pullSecret: 'pull',
  gateway: { host: 'fd00::1', port: 8700 },
  gatewayPods: null,
  runtimeClass: 'gvisor',
  resources: { cpu: '1', memory: '1Gi', disk: '1Gi', requestCpu: '1m', requestMemory: '1Mi' },
  maxProcesses: 60,
  deadlineS: 60,
  mustNotReach: [],
  serviceAccount: { namespace: 'n', name: 'w' },
};
const podOf = (taskId: string) =>
  jobFor(OPTIONS, { taskId, runId: `${taskId}-r1`, epoch: 2, token: 'secret-token', repo: 'a/b' }).spec!
    .template;

test('a sandbox has one way out and one secret, whatever the settings', () => {
  const { networkPolicy } = namespaceObjects(OPTIONS, 't');
  expect(networkPolicy.spec).toMatchObject({
    podSelector: {},
    ingress: [],
    egress: [{ to: [{ ipBlock: { cidr: 'fd00::1/128' } }], ports: [{ protocol: 'TCP', port: 8700 }] }],
  });
  const spec = podOf('t').spec!;
  expect(JSON.stringify(spec)).not.toContain('secret-token');
  expect(spec).toMatchObject({
    dnsPolicy: 'None',
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    runtimeClassName: 'gvisor',
  });
  expect(spec.hostNetwork ?? spec.hostPID ?? spec.hostIPC ?? false).toBe(false);
  // What it is given is empty, or says its own account.
  const given = spec.volumes!.filter((v) => v.emptyDir === undefined);
  expect(given.map((v) => v.downwardAPI?.items?.map((i) => i.fieldRef?.fieldPath))).toEqual([
    ["metadata.annotations['mainloop.dev/passwd']", "metadata.annotations['mainloop.dev/group']"],
  ]);
});

test('each task has a uid of its own, the same in each of its pods, with a name and a limit of processes', () => {
  const uids = Array.from({ length: 2_000 }, (_, i) => podOf(`${i}task`).spec!.securityContext!.runAsUser!);
  expect(new Set(uids).size).toBe(2_000);
  expect(Math.min(...uids)).toBeGreaterThanOrEqual(1_000_000_000);
  expect(Math.max(...uids)).toBeLessThan(1_800_000_000);
  const { metadata, spec } = podOf('7task');
  expect(spec!.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: uids[7],
    runAsGroup: uids[7],
    fsGroup: uids[7],
  });
  expect(metadata!.annotations!['mainloop.dev/passwd']).toContain(`\nagent:x:${uids[7]}:${uids[7]}:agent:`);
  expect(spec!.containers[0]!.command!.slice(0, 4)).toEqual([
    '/bin/bash',
    '-c',
    'ulimit -u "$0" && exec "$@"',
    '60',
  ]);
});
