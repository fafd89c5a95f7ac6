#!/bin/bash
# The one node of the test cluster, as process 1 of its own mount, network, host name and process namespaces. Started by
# cluster.ts, which gives DIR (our state), BIN (the binary under each component's name), CGROUP and the addresses.
set -euo pipefail
LOG=$DIR/log PKI=$DIR/pki
hostname node-1
ip link set lo up
# The node's own interface is one end of a pair that goes nowhere: there is no way out of this namespace.
ip link add node0 type veth peer name node1
ip link set node1 up; ip addr add "$NODE_IP/24" dev node0; ip addr add "$OUTSIDE_IP/32" dev node0; ip link set node0 up
ip route add default dev node0
mount --make-rshared / # the kubelet's volumes must reach the containers
own() { mkdir -p "$DIR/state/$1" "$2"; mount --bind "$DIR/state/$1" "$2"; }
start() { local name=$1; shift; printf '%q ' "$@" > "$DIR/pids/$name.command"; "$@" > "$LOG/$name.log" 2>&1 & echo $! > "$DIR/pids/$name"; }

own etcd "$DIR/etcd"
start etcd "$BIN/etcd" --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
apiserver() {
  start kube-apiserver "$BIN/kube-apiserver" --etcd-servers http://127.0.0.1:2379 --advertise-address "$NODE_IP" \
    --service-cluster-ip-range "$SERVICE_CIDR" --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
    --kubelet-client-certificate "$PKI/apiserver-kubelet.crt" --kubelet-client-key "$PKI/apiserver-kubelet.key" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/sa.pub" \
    --service-account-signing-key-file "$PKI/sa.key" --max-requests-inflight 800 --max-mutating-requests-inflight 400 \
    --audit-policy-file "$DIR/audit.yaml" --audit-log-path "$LOG/audit.jsonl" --audit-log-maxsize 500
}
apiserver
start kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig "$PKI/controllers.kubeconfig" --use-service-account-credentials \
  --leader-elect=false --root-ca-file "$PKI/ca.crt" --service-account-private-key-file "$PKI/sa.key" \
  --concurrent-namespace-syncs 20 --namespace-sync-period 1m --kube-api-qps 200 --kube-api-burst 400
start kube-scheduler "$BIN/kube-scheduler" --kubeconfig "$PKI/scheduler.kubeconfig" --leader-elect=false --kube-api-qps 200 --kube-api-burst 400
start api-relay socat "UNIX-LISTEN:$DIR/sock/api,fork,backlog=1024" TCP:127.0.0.1:6443

if [ "$KUBELET" = yes ]; then
  for d in /run/containerd /run/runc /run/netns /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers /var/lib/containerd; do
    own "${d//\//_}" "$d"
  done
  echo 1 > /proc/sys/net/ipv4/ip_forward
  start containerd containerd --config "$DIR/containerd.toml"
  until ctr version > /dev/null 2>&1; do sleep 0.05; done
  for image in "$DIR"/images/*.tar; do ctr -n k8s.io images import "$image" >> "$LOG/import.log" 2>&1; done
  start kubelet "$BIN/kubelet" --config "$DIR/kubelet.yaml" --kubeconfig "$PKI/kubelet.kubeconfig" --hostname-override node-1 --node-ip "$NODE_IP"
  start kube-proxy "$BIN/kube-proxy" --config "$DIR/proxy.yaml"
  start netpol "$BIN/netpol" --kubeconfig "$PKI/enforcer.kubeconfig" --pod-cidr "$POD_CIDR" --socket "$DIR/sock/netpol"
  start dns "$BIN/dns" --kubeconfig "$PKI/enforcer.kubeconfig" --listen "$NODE_IP:53"
fi
[ "$KUBELET" = yes ] || start kwok "$BIN/kwok" --kubeconfig "$PKI/admin.kubeconfig" --config "$DIR/stages.yaml" --manage-all-nodes=true --node-lease-duration-seconds 40

# Process 1 reaps whoever loses its parent.
while :; do wait -n || true; sleep 0.2; done
