#!/usr/bin/env bash
# AWS's interface, played by moto (PyPI) on a free port of the loopback, for tests of registries of AWS's. What it prints, and when it ends,
# aws/aws.py says. Python's packages are installed once, under DIR.
#
#   aws.sh DIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topic=aws
. "$here/lib.sh"
[ $# = 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
need python3 flock
mkdir -p "$1"
wanted=$(cksum <"$here/aws/requirements.txt")
# Tests run side by side: one installs, and the others wait.
exec 9>"$1/lock"
flock 9
if [ "$(cat "$1/installed" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$1/venv"
    python3 -m venv "$1/venv" >&2 || fail "Python cannot make an environment for moto" "on Debian: apt-get install python3-venv"
    "$1/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/aws/requirements.txt" >&2 ||
        fail "moto cannot be installed from PyPI"
    printf %s "$wanted" >"$1/installed"
fi
exec 9>&-
exec "$1/venv/bin/python" "$here/aws/aws.py" 2>/dev/null
