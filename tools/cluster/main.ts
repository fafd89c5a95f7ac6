// `make cluster-up` and `make cluster-down`: a cluster to try things on, until it is taken down.
import { clusterDown, clusterUp } from './cluster.ts';
import { whyNot } from './needs.ts';

const DIR = process.env.MAINLOOP_CLUSTER ?? '/var/lib/mainloop-cluster';
const no = whyNot();
if (no !== null) {
  console.error(no);
  process.exit(1);
}
if (process.argv[2] === 'down') await clusterDown(DIR);
else {
  const cluster = await clusterUp(DIR, { say: (line) => console.log(`  ${line}`) });
  console.log(`\n  export KUBECONFIG=${cluster.kubeconfig}\n  ${cluster.kubectl} get nodes\n`);
}
