#!/usr/bin/env bash
# Measures what a prebuild costs: how fast a tree of files is copied beside `cp -a`, and a codespace of 500 MB that is made of a prebuild beside a
# container of an image of that size and `cp -a` of its volumes. Each number is the best of three.
#
#   prebuild.sh [MEGABYTES]
#
# LOCALSPACE names another localspace than target/release/localspace.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
ours=${LOCALSPACE:-$top/target/release/localspace}
megabytes=${1:-500}
image=mcr.microsoft.com/devcontainers/base:trixie
export topic=bench
# shellcheck source=../lib.sh
. "$here/../lib.sh"

[ -x "$ours" ] || fail "there is no $ours" "run \`make build\`"
need git docker cp /usr/bin/time
use_engine
folder=$(mktemp -d "$top/target/bench-prebuild.XXXXXX")
export LOCALSPACE_HOME=$folder/home
name=bench-$$

leave() {
    "$ours" delete -c "$name" >/dev/null 2>&1 || true
    "$ours" prebuild delete --all >/dev/null 2>&1 || true
    docker rm -fv "$name-bare" >/dev/null 2>&1 || true
    docker volume rm -f "$name-from" "$name-to" >/dev/null 2>&1 || true
    docker rmi -f "$name:bare" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap leave EXIT

# Prints the seconds of the fastest of three runs, each after what makes ready for it.
best() {
    local ready=$1 began ended
    shift
    for _ in 1 2 3; do
        "$ready" >/dev/null 2>&1 || true
        began=$(date +%s%N)
        "$@" >/dev/null 2>&1
        ended=$(date +%s%N)
        echo $(((ended - began) / 1000000))
    done | sort -n | head -n 1 | awk '{printf "%.2f", $1 / 1000}'
}

nothing_there() { rm -rf "$folder/to"; }
empty_there() { rm -rf "$folder/to" && mkdir "$folder/to"; }
no_codespace() { "$ours" delete -c "$name"; }
no_container() { docker rm -fv "$name-bare"; docker volume rm -f "$name-to"; }
row() { printf '%-66s %s\n' "$1" "$2"; }

# Half of it is one large file, the other half files of 8 kB.
cat >"$folder/fill.sh" <<'FILL'
set -e
mkdir -p "$1/large" "$1/small"
head -c "$(($2 / 2))M" /dev/urandom >"$1/large/file"
head -c "$(($2 / 2))M" /dev/urandom | split -a 6 -b 8k - "$1/small/f"
FILL

sh "$folder/fill.sh" "$folder/tree" "$megabytes"
row "cp -a of $megabytes MB" "$(best nothing_there cp -a "$folder/tree" "$folder/to") s"
row 'localspace tree copy of the same' "$(best empty_there "$ours" tree copy "$folder/tree" "$folder/to") s"
empty_there
memory=$(/usr/bin/time -f %M "$ours" tree copy "$folder/tree" "$folder/to" 2>&1 >/dev/null)
row 'its memory' "$((memory / 1000)) MB"
rm -rf "$folder/tree" "$folder/to"

repository=$folder/app
mkdir -p "$repository/.devcontainer"
cp "$folder/fill.sh" "$repository/.devcontainer/"
half=$((megabytes / 2))
printf '{"image": "%s", "remoteUser": "root", "onCreateCommand": "sh .devcontainer/fill.sh /workspaces/app/data %s && sh .devcontainer/fill.sh /opt/data %s"}\n' \
    "$image" "$half" "$half" >"$repository/.devcontainer/devcontainer.json"
git -C "$repository" init -q -b main
git -C "$repository" add -A
git -C "$repository" -c user.name=bench -c user.email=bench@localhost commit -q -m one
row 'prebuild create keeps it in' "$("$ours" prebuild create "$repository" --json 2>/dev/null | sed 's/.*"snapshotSeconds":\([0-9.]*\).*/\1/' | awk '{printf "%.2f", $1}') s"
row 'up of that prebuild' "$(best no_codespace "$ours" up "$repository" --name "$name" --no-attach) s"
# The rest of `up` is the clone of the repository and the phases after it, which nothing below has.
restored() {
    for _ in 1 2 3; do
        no_codespace >/dev/null 2>&1 || true
        "$ours" up "$repository" --name "$name" --no-attach --json 2>/dev/null |
            sed 's/.*"phase":"create","outcome":"succeeded","seconds":\([0-9.]*\).*/\1/'
    done | sort -n | head -n 1 | awk '{printf "%.2f", $1}'
}
row 'of that, its volumes restored and its container made and started' "$(restored) s"

# The same by hand: an image of that size, a container of it, and a copy between two volumes.
docker run --name "$name-bare" -v "$folder/fill.sh:/fill.sh:ro" -v "$name-from:/from" "$image" \
    sh -c "sh /fill.sh /opt/data $half && sh /fill.sh /from/data $half" >/dev/null
docker commit "$name-bare" "$name:bare" >/dev/null
by_hand() {
    docker run --rm -v "$name-from:/from:ro" -v "$name-to:/to" "$image" cp -a /from/. /to/
    docker run -d --name "$name-bare" -v "$name-to:/workspaces" "$name:bare" sleep infinity
}
row 'a container of such an image, and cp -a of the volume' "$(best no_container by_hand) s"
