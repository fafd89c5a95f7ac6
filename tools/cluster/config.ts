// The files a one-node cluster starts with: certificates, kubeconfigs, and the settings of its components.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const ADDRESSES = {
  NODE_IP: '10.250.0.1',
  /** Where services outside the cluster appear to the pods, see `bringIn`. */
  OUTSIDE_IP: '10.250.1.1',
  POD_CIDR: '10.88.0.0/24',
  SERVICE_CIDR: '10.96.0.0/16',
} as const;
export const PAUSE_IMAGE = 'localhost/mainloop-pause:1';

/**
 * A CA, a certificate for each server and one for each client, made once.
 * @param dir gets them below `pki`
 * @throws what openssl said
 */
export function ensureCertificates(dir: string): void {
  const pki = path.join(dir, 'pki');
  if (existsSync(path.join(pki, 'sa.pub'))) return;
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: pki, stdio: ['ignore', 'ignore', 'pipe'] });
  const key = (name: string): void =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  key('ca');
  openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    'ca.key',
    '-subj',
    '/CN=mainloop-test',
    '-days',
    '3650',
    '-out',
    'ca.crt',
  );
  const certificate = (name: string, subject: string, extensions: string): void => {
    key(name);
    openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    writeFileSync(path.join(pki, `${name}.ext`), `${extensions}\n`);
    openssl(
      ...`x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out ${name}.crt -extfile ${name}.ext`.split(
        ' ',
      ),
    );
  };
  const names = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ].map((n) => `DNS:${n}`);
  const server = (...san: string[]): string => `extendedKeyUsage=serverAuth\nsubjectAltName=${san.join(',')}`;
  certificate(
    'apiserver',
    '/CN=kube-apiserver',
    server('IP:127.0.0.1', `IP:${ADDRESSES.NODE_IP}`, 'IP:10.96.0.1', ...names),
  );
  certificate('kubelet-serving', '/CN=node-1', server(`IP:${ADDRESSES.NODE_IP}`, 'DNS:node-1'));
  const CLIENT = 'extendedKeyUsage=clientAuth';
  certificate('apiserver-kubelet', '/O=system:masters/CN=apiserver-kubelet', CLIENT);
  for (const [name, subject] of [
    ['admin', '/O=system:masters/CN=admin'],
    ['controllers', '/CN=system:kube-controller-manager'],
    ['scheduler', '/CN=system:kube-scheduler'],
    ['kubelet', '/O=system:nodes/CN=system:node:node-1'],
    ['proxy', '/CN=system:kube-proxy'],
    ['enforcer', '/O=system:masters/CN=enforcer'],
  ] as const) {
    certificate(name, subject, CLIENT);
    writeFileSync(path.join(pki, `${name}.kubeconfig`), kubeconfig(pki, name, 6443), { mode: 0o600 });
  }
  key('sa');
  openssl('ec', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
}

/**
 * How a client reaches the api server.
 * @param pki folder of certificates
 * @param name whose certificate it shows
 * @param port on loopback
 */
export const kubeconfig = (pki: string, name: string, port: number): string => `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:${port}", certificate-authority: ${pki}/ca.crt}}]
users: [{name: u, user: {client-certificate: ${pki}/${name}.crt, client-key: ${pki}/${name}.key}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
`;

/**
 * Files that the parts of the cluster start with.
 * @param dir gets them
 * @param cgroup below which all pods are
 */
export function writeSettings(dir: string, cgroup: string): void {
  const pki = path.join(dir, 'pki');
  const put = (name: string, text: string): void => writeFileSync(path.join(dir, name), text);
  mkdirSync(path.join(dir, 'cni'), { recursive: true });
  const bin = path.join(dir, 'cni-bin');
  mkdirSync(bin, { recursive: true });
  for (const plugin of ['loopback', 'ptp', 'host-local', 'portmap'])
    symlinkSync(path.join('/usr/lib/cni', plugin), path.join(bin, plugin));
  writeFileSync(
    path.join(bin, 'announce'),
    `#!${process.execPath}\n${readFileSync(path.join(import.meta.dirname, 'announce.mjs'), 'utf8')}`,
    {
      mode: 0o755,
    },
  );
  put(
    'cni/10-pods.conflist',
    JSON.stringify({
      cniVersion: '0.4.0',
      name: 'pods',
      plugins: [
        {
          type: 'ptp',
          ipMasq: false,
          mtu: 1500,
          ipam: { type: 'host-local', subnet: ADDRESSES.POD_CIDR, routes: [{ dst: '0.0.0.0/0' }] },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
        { type: 'announce', socket: path.join(dir, 'sock/netpol') },
      ],
    }),
  );
  put(
    'containerd.toml',
    `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_apparmor = true
  restrict_oom_score_adj = true # without CAP_SYS_RESOURCE a negative one can't be set
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${dir}/cni-bin"
    conf_dir = "${dir}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`,
  );
  put(
    'kubelet.yaml',
    `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: ${pki}/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: ${pki}/kubelet-serving.crt
tlsPrivateKeyFile: ${pki}/kubelet-serving.key
cgroupDriver: cgroupfs
cgroupRoot: /${cgroup}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
clusterDNS: [${ADDRESSES.NODE_IP}]
clusterDomain: cluster.local
failCgroupV1: false
failSwapOn: false
maxPods: 250
resolvConf: ""
serializeImagePulls: false
nodeStatusUpdateFrequency: 5s
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
`,
  );
  put(
    'proxy.yaml',
    `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: node-1
clusterCIDR: ${ADDRESSES.POD_CIDR}
clientConnection: {kubeconfig: ${pki}/proxy.kubeconfig}
conntrack: {maxPerCore: 0}
`,
  );
  // Who asked for what, without bodies: a test compares it with the rights we ask for.
  put(
    'audit.yaml',
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, userGroups: ["system:serviceaccounts"]}, {level: None}]\n',
  );
}
