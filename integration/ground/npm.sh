#!/usr/bin/env bash
# npm, for tests of a hub's packages: installed from Debian's where there is none.
#
#   npm.sh ARGUMENT…
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topic=npm
. "$here/lib.sh"
if ! command -v npm >/dev/null; then
    is_debian_root || fail "there is no npm" "install Node.js from https://nodejs.org"
    # Tests run side by side: one installs, and the others wait.
    exec 9>"${TMPDIR:-/tmp}/localspace-npm.lock"
    flock 9
    command -v npm >/dev/null || install_packages nodejs npm
    exec 9>&-
fi
exec npm "$@"
