#!/usr/bin/env bash
# Measures localspace beside the reference CLI and the bare Docker API; its arguments go to bench/compare.py.
#
# LOCALSPACE names another localspace than target/release/localspace.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
ours=${LOCALSPACE:-$top/target/release/localspace}
folder=$top/target/bench
topic=bench
. "$here/lib.sh"

[ -x "$ours" ] || fail "there is no $ours" "run \`make build\`"
need git python3
use_engine

# The reference is installed once for each lock file.
if command -v npm >/dev/null; then
    if ! cmp -s "$here/bench/package-lock.json" "$folder/package-lock.json" || [ ! -x "$folder/node_modules/.bin/devcontainer" ]; then
        say "installing the reference CLI"
        mkdir -p "$folder"
        cp "$here/bench/package.json" "$here/bench/package-lock.json" "$folder/"
        npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
    fi
    set -- --reference "$folder/node_modules/.bin/devcontainer" "$@"
else
    say "there is no npm: the reference CLI is left out"
fi

exec python3 -B "$here/bench/compare.py" --ours "$ours" "$@"
