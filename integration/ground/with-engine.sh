#!/usr/bin/env bash
# Runs a command with the engine that `make setup` uses, which lib.sh finds and puts into DOCKER_HOST.
#
#   with-engine.sh COMMAND [ARGUMENT…]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topic=engine
. "$here/lib.sh"
use_engine
exec "$@"
