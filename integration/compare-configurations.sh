#!/usr/bin/env bash
# Compares what localspace and the reference CLI make of every devcontainer.json in a folder; see compare/main.py --help for more arguments.
#
#   compare-configurations.sh FOLDER [ARGUMENT…]
#
# LOCALSPACE names another localspace than target/release/localspace. No engine is needed, and no network once the reference is installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
ours=${LOCALSPACE:-$top/target/release/localspace}
topic=compare
. "$here/ground/lib.sh"

[ $# -gt 0 ] || fail "no folder is given" "for example: make compare FOLDER=../templates"
[ -x "$ours" ] || fail "there is no $ours" "run \`make build\`"
need git node npm python3
install_reference "$top/target/bench"
exec python3 -B "$here/compare/main.py" --ours "$ours" --reference "$reference" "$@"
