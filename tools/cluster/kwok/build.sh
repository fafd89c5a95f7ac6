#!/bin/bash
# build.sh OUT: KWOK (https://kwok.sigs.k8s.io), which plays the kubelets of nodes that are not there, and beside it OUT.stages: what
# such a kubelet does. Not the stage that ends a Job's pod by itself: here whoever holds the run's token says when it ends.
set -euo pipefail
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1" sigs.k8s.io/kwok/cmd/kwok
stages=$(go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
for f in "$stages"/node/fast/node-initialize.yaml "$stages"/node/heartbeat-with-lease/*heartbeat*.yaml "$stages"/pod/fast/pod-{ready,delete}.yaml; do
  cat "$f"
  echo ---
done > "$1.stages"
