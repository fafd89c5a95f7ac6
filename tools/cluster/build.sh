#!/bin/bash
# build.sh OUT: the one static binary of the test cluster, with the version of Kubernetes that go.mod names.
set -euo pipefail
cd "$(dirname "$0")"
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${version#v1.}
flags=
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*} -X $package.gitTreeState=clean -X $package.gitCommit=mainloop"
done
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w $flags" -o "$1" .
