#!/bin/sh
set -e
cd "$(dirname "$0")/../apps/web"
./node_modules/.bin/svelte-kit sync
exec ./node_modules/.bin/svelte-check --tsconfig ./tsconfig.json --output human-verbose --threshold error
