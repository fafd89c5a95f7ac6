// What the worker may do in a cluster, as data: printed into the manifests and asked of the cluster at start.
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
} from '@kubernetes/client-node';
import { SANDBOX_ROLE, type KubernetesSandboxOptions } from './manifests.ts';

/**
 * In the whole cluster. Without `get` on secrets, and with nothing on pods: those come with the role inside
 * each task's namespace.
 */
export const WORKER_RULES: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['create', 'get', 'list', 'delete'] },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['create'] },
  // Of all roles it may hand out this one.
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['clusterroles'],
    resourceNames: [SANDBOX_ROLE],
    verbs: ['bind'],
  },
];

/** Inside a task's namespace, bound there by the worker itself. */
export const SANDBOX_RULES: readonly V1PolicyRule[] = [
  { apiGroups: [''], resources: ['serviceaccounts', 'resourcequotas', 'limitranges'], verbs: ['create'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['create'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'delete'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'list', 'delete'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'delete'] },
  // Why a Job makes no pod is told nowhere else.
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
];

type Where = Pick<KubernetesSandboxOptions, 'prefix' | 'serviceAccount'>;

/**
 * The roles, and the admission policy that holds them to namespaces under our prefix: RBAC itself knows no
 * prefixes.
 * @param w prefix, and the account that gets them
 */
export function rightsObjects(
  w: Where,
): [
  V1ClusterRole,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
] {
  const user = `system:serviceaccount:${w.serviceAccount.namespace}:${w.serviceAccount.name}`;
  const rbac = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'mainloop-worker' },
      rules: [...WORKER_RULES],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: SANDBOX_ROLE },
      rules: [...SANDBOX_RULES],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'mainloop-worker' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'mainloop-worker' },
      subjects: [
        { kind: 'ServiceAccount', name: w.serviceAccount.name, namespace: w.serviceAccount.namespace },
      ],
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'mainloop-worker-stays-home' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['', 'batch', 'networking.k8s.io', rbac],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
              resources: ['*'],
            },
          ],
        },
        matchConditions: [{ name: 'the-worker', expression: `request.userInfo.username == '${user}'` }],
        validations: [
          {
            expression: `(request.resource.resource != 'namespaces' ? request.namespace : request.operation == 'CREATE' ? object.metadata.name : request.name).startsWith('${w.prefix}')`,
            message: `mainloop's worker may only touch namespaces that begin with ${w.prefix}`,
          },
          {
            expression: `request.resource.resource != 'namespaces' || request.operation != 'CREATE' || (has(object.metadata.labels) && 'pod-security.kubernetes.io/enforce' in object.metadata.labels && object.metadata.labels['pod-security.kubernetes.io/enforce'] == 'restricted')`,
            message: "mainloop's worker may only make namespaces with Pod Security restricted",
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'mainloop-worker-stays-home' },
      spec: { policyName: 'mainloop-worker-stays-home', validationActions: ['Deny'] },
    },
  ];
}
