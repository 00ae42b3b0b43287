#!/usr/bin/env bash
# Measures what a prebuild costs: how fast a tree of files is copied beside `cp -a`, and a codespace of 500 MB that is made of a prebuild beside a
# container of an image of that size and `cp -a` of its volumes. Each number is the best of five, and what is compared takes turns.
#
# Nothing is removed before the end: for five minutes after files were removed, ext4 looks past their inodes whenever it makes one
# (`recently_deleted`), which makes the same `cp -a` up to six times slower. For the same reason a second run within five minutes tells little.
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

tries=$(seq 5)
leave() {
    "$ours" delete --all >/dev/null 2>&1 || true
    "$ours" prebuild delete --all >/dev/null 2>&1 || true
    for try in $tries; do
        docker rm -fv "$name-bare-$try" >/dev/null 2>&1 || true
        docker volume rm -f "$name-to-$try" >/dev/null 2>&1 || true
    done
    docker rm -fv "$name-bare" >/dev/null 2>&1 || true
    docker volume rm -f "$name-from" >/dev/null 2>&1 || true
    docker rmi -f "$name:bare" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap leave EXIT

# Writes the seconds that a command takes into a list of that name.
clock() {
    local list=$folder/times-$1 began
    shift
    began=$(date +%s%N)
    "$@" >"$folder/printed" 2>/dev/null
    echo $((($(date +%s%N) - began) / 1000000)) >>"$list"
}
best() { sort -n "$folder/times-$1" | head -n 1 | awk '{printf "%.2f s", $1 / 1000}'; }
row() { printf '%-66s %s\n' "$1" "$2"; }

# Half of it is one large file, the other half files of 8 kB.
cat >"$folder/fill.sh" <<'FILL'
set -e
mkdir -p "$1/large" "$1/small"
head -c "$(($2 / 2))M" /dev/urandom >"$1/large/file"
head -c "$(($2 / 2))M" /dev/urandom | split -a 6 -b 8k - "$1/small/f"
FILL

sh "$folder/fill.sh" "$folder/tree" "$megabytes"
for try in $tries; do
    mkdir "$folder/ours-$try"
    clock cp cp -a "$folder/tree" "$folder/cp-$try"
    clock ours "$ours" tree copy "$folder/tree" "$folder/ours-$try"
done
row "cp -a of $megabytes MB" "$(best cp)"
row 'localspace tree copy of the same' "$(best ours)"
mkdir "$folder/measured"
memory=$(/usr/bin/time -f %M "$ours" tree copy "$folder/tree" "$folder/measured" 2>&1 >/dev/null)
row 'its memory' "$((memory / 1000)) MB"

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

# The same by hand: an image of that size, a container of it, and a copy between two volumes.
docker run --name "$name-bare" -v "$folder/fill.sh:/fill.sh:ro" -v "$name-from:/from" "$image" \
    sh -c "sh /fill.sh /opt/data $half && sh /fill.sh /from/data $half" >/dev/null
clock commit docker commit "$name-bare" "$name:bare"
row 'docker commit of a container of that size, alone' "$(best commit)"
by_hand() {
    docker run --rm -v "$name-from:/from:ro" -v "$name-to-$1:/to" "$image" cp -a /from/. /to/
    docker run -d --name "$name-bare-$1" -v "$name-to-$1:/workspaces" "$name:bare" sleep infinity
}
for try in $tries; do
    clock hand by_hand "$try"
    clock up "$ours" up "$repository" --name "$name-$try" --no-attach --json
    # `up` clones the repository and goes through the phases as well, which the other one does not: its phase `create` is what compares.
    sed -n 's/.*"phase":"create","outcome":"succeeded","seconds":\([0-9.]*\).*/\1/p' "$folder/printed" |
        awk '{printf "%d\n", $1 * 1000}' >>"$folder/times-restored"
done
row 'a container of such an image, and cp -a of the volume' "$(best hand)"
row 'up of that prebuild' "$(best up)"
row 'of that, its volumes restored and its container made and started' "$(best restored)"
