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

if command -v npm >/dev/null; then
    install_reference "$folder"
    set -- --reference "$reference" "$@"
else
    say "there is no npm: the reference CLI is left out"
fi

exec python3 -B "$here/bench/compare.py" --ours "$ours" "$@"
