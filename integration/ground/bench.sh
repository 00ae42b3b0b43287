#!/usr/bin/env bash
# localspace beside the reference CLI and the bare Docker API: the same sample, wall time and memory, as ratios.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if command -v npm >/dev/null && [ ! -x "$root/target/bench/node_modules/.bin/devcontainer" ]; then
    mkdir -p "$root/target/bench"
    npm install --silent --no-audit --no-fund --prefix "$root/target/bench" @devcontainers/cli@0.88.0 >/dev/null
fi
exec python3 "$here/bench.py" "$root" "$@"
