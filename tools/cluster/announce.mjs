// A CNI plugin, the last of the chain: it tells the enforcer of a pod's address and lets the pod start when its policies are in
// force, as the agents of Calico and Cilium do on a node. Else a pod would have no network until the kubelet has reported its
// address, most of a second later. https://www.cni.dev/docs/spec
import { readFileSync } from 'node:fs';
import net from 'node:net';

const LONGEST_MS = 3_000;
const config = JSON.parse(readFileSync(0, 'utf8'));
const args = Object.fromEntries((process.env.CNI_ARGS ?? '').split(';').map((a) => a.split('=')));
const say = (line, done) => {
  const s = net.connect(config.socket, () => s.write(`${line}\n`));
  s.setTimeout(LONGEST_MS, () => s.destroy());
  // Without the enforcer a pod starts as ever, and has no network until it is back.
  s.on('error', () => undefined)
    .on('close', done)
    .resume();
};
const pod = `${args.K8S_POD_NAMESPACE}/${args.K8S_POD_NAME}`;
const address = config.prevResult?.ips?.[0]?.address?.split('/')[0];
switch (process.env.CNI_COMMAND) {
  case 'VERSION':
    console.log(JSON.stringify({ cniVersion: '0.4.0', supportedVersions: ['0.3.1', '0.4.0'] }));
    break;
  case 'ADD':
    say(`add ${pod} ${address}`, () => console.log(JSON.stringify(config.prevResult)));
    break;
  case 'DEL':
    say(`del ${pod}`, () => undefined);
}
