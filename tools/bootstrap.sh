#!/bin/sh
# Brings the project's own Node and pnpm, without touching what the machine has. Prints nothing when all is there.
set -eu
cd "$(dirname "$0")/.."
key=node-24.21.0-pnpm-12.21.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/mainloop/toolchain/$key"
for tool in git node npm; do
  command -v "$tool" >/dev/null 2>&1 || { echo "mainloop needs $tool. Install it (Node 20 or newer brings npm), then run this again." >&2; exit 1; }
done
if [ ! -x "$cache/node_modules/.bin/pnpm" ]; then
  echo "  fetching Node 24.21.0 and pnpm 12.21.0 (once)"
  rm -rf "$cache.tmp.$$"
  mkdir -p "$cache.tmp.$$"
  # npm 11 asks before install scripts run; these two need theirs to bring the real binaries.
  npm install --prefix "$cache.tmp.$$" --no-save --no-audit --no-fund --loglevel=error node@24.21.0 pnpm@12.21.0 >/dev/null || { echo "Node and pnpm could not be fetched from the npm registry. Is there a network?" >&2; exit 1; }
  mkdir -p "$(dirname "$cache")"
  rm -rf "$cache"
  mv "$cache.tmp.$$" "$cache"
fi
[ "$(readlink .tools 2>/dev/null || true)" = "$cache" ] || ln -sfn "$cache" .tools
PATH="$PWD/.tools/node_modules/.bin:$PATH"
export PATH
stamp=node_modules/.cache/mainloop/install.key
want="$(cat pnpm-lock.yaml pnpm-workspace.yaml package.json apps/*/package.json packages/*/package.json | cksum)"
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$want" ]; then
  echo "  installing packages"
  pnpm install --frozen-lockfile --reporter=silent || { echo "The packages could not be installed. Run pnpm install to see why." >&2; exit 1; }
  mkdir -p "$(dirname "$stamp")"
  printf '%s' "$want" > "$stamp"
fi
