#!/usr/bin/env bash
# The main job on real input: a private registry, and codespaces that meet it at different times. Leaves nothing behind, also when it
# is interrupted.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
topic=demo
. "$here/lib.sh"
need git
use_engine
[ -x "$root/target/release/localspace" ] || fail "there is no target/release/localspace" "run \`make build\`"

work=$(mktemp -d)
network=localspace-demo-$$
early=too-early-$$ whole=whole-life-$$ prebuild=prebuild-$$ member=organization-$$
export LOCALSPACE_HOME=$work/home REGISTRY_PASSWORD=demo-password-$RANDOM$RANDOM PATH=$root/target/release:$PATH

# Everything is for people.
exec >&2
bold='' plain=''
if [ -t 2 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
title() { printf '\n%s== %s ==%s\n' "$bold" "$*" "$plain"; }

# A signal ends the demo, but what is undisturbed is gone through with first.
caught='' steady=''
signal() { caught=$1; [ -n "$steady" ] || exit "$1"; }
trap 'signal 130' INT
trap 'signal 143' TERM
trap 'signal 129' HUP

# Runs a command to its end, in a process group of its own, which a Ctrl-C at the terminal does not reach. It is over in a moment.
undisturbed() {
    local code=0 job
    steady=yes
    set -m
    "$@" </dev/null &
    set +m
    job=$!
    wait $job || code=$?
    # A signal has ended the wait, and not the command.
    while kill -0 $job 2>/dev/null; do code=0; wait $job || code=$?; done
    steady=
    return $code
}

remove() {
    local codespace
    for codespace in $early $whole $prebuild $member; do localspace delete -c "$codespace" >/dev/null 2>&1 || :; done
    localspace prebuild delete --all >/dev/null 2>&1 || :
    localspace hub down --volumes "$work/organization/hub.yaml" >/dev/null 2>&1 || :
    "$here/registry.sh" down "$network"
    rm -rf "$work"
}

leave() {
    local code=$?
    undisturbed remove
    [ $code = 0 ] || say "it ended early, with exit code $code"
    say "everything that the demo made is removed"
    exit $code
}
trap leave EXIT

# Shows a command and runs it; it must end with this exit code.
shown() {
    local code=$1 came=0
    shift
    printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@" || came=$?
    [ $came != 130 ] || exit 130
    [ $came = "$code" ] || fail "that ended with exit code $came, and not with $code"
    [ $came = 0 ] || echo "(exit code $came, as it should)"
}

# Shows what a codespace's newest run wrote about the company's registry.
evidence() {
    printf '\n%s$ localspace logs -c %s | grep acme%s\n' "$bold" "$1" "$plain"
    localspace logs -c "$1" | grep acme
}

# Copies a sample into a repository of its own, with this demo's network and its registry's certificate.
repository() {
    cp -r "$root/devcontainers/$1" "$work/$1"
    cp "$work/ca.crt" "$work/$1/.devcontainer/acme-ca.crt"
    sed -i.bak "s/--network=acme/--network=$network/" "$work/$1/.devcontainer/devcontainer.json"
    rm "$work/$1/.devcontainer/devcontainer.json.bak"
    git -C "$work/$1" init -q -b main
    git -C "$work/$1" add -A
    git -C "$work/$1" -c user.name=demo -c user.email=demo@localhost commit -q -m one
}

title "a private registry, and two repositories whose dev containers want an image of it"
undisturbed "$here/registry.sh" up "$network" 0 "$work" >/dev/null
[ -z "$caught" ] || exit "$caught"
for sample in too-early docker-in-docker; do repository "$sample"; done
cat >"$work/secrets.env" <<SECRETS
ACME_CONTAINER_REGISTRY_SERVER=registry.acme.test
ACME_CONTAINER_REGISTRY_USER=robot
ACME_CONTAINER_REGISTRY_PASSWORD=$REGISTRY_PASSWORD
SECRETS
chmod 600 "$work/secrets.env"
cd "$work"
echo "registry.acme.test is Debian's docker-registry, in a container. It wants a login, and holds acme/api:1."
echo "What follows a \$ is run as it stands; the last line of an \`up\` or \`start\` is its standard output: the codespace's name."

title "1. too early: onCreateCommand pulls the image, is refused, and is told why"
shown 1 localspace up too-early --name $early --secrets-file secrets.env

title "2. a whole life: refused before the login, pulled after it"
shown 0 localspace up docker-in-docker --name $whole --secrets-file secrets.env
evidence $whole

title "3. a stop and a start: logged in anew; of the commands, postStartCommand alone runs again"
shown 0 localspace stop -c $whole
shown 0 localspace start -c $whole
evidence $whole

title "4. a prebuild of the same repository: all that it has after updateContentCommand is kept, and no login is"
shown 0 localspace prebuild create docker-in-docker --secrets-file secrets.env
shown 0 localspace prebuild list

title "5. a codespace of that prebuild: it goes on at the login"
shown 0 localspace up docker-in-docker --name $prebuild --secrets-file secrets.env

title "6. a simulated GitHub: an organization with packages of its own, and a package that lets nobody in"
export MONA_PAT=demo-$RANDOM$RANDOM ACR_PASSWORD=demo-$RANDOM$RANDOM ECR_SECRET=demo-$RANDOM$RANDOM DOCKERHUB_TOKEN=demo-$RANDOM$RANDOM
cp -r "$root/devcontainers/organization" "$work/organization"
sed -i.bak '/acme\/api: {repository/s/codespaces_access: \[acme\/app\], //' organization/hub.yaml
rm organization/hub.yaml.bak
git -C organization init -q -b main
git -C organization add -A
git -C organization -c user.name=demo -c user.email=demo@localhost commit -q -m one
shown 0 localspace hub up organization/hub.yaml
of_hub=(--hub organization/hub.yaml --repository acme/app --user mona)
shown 1 localspace up organization --name $member "${of_hub[@]}"

title "7. why, and what to change"
shown 0 localspace registry explain ghcr.io/acme/api:1 "${of_hub[@]}"

title "8. the package's owner lets the repository in: the same command goes on where it was"
sed -i.bak '/acme\/api: {repository/s/acme\/api, /acme\/api, codespaces_access: [acme\/app], /' organization/hub.yaml
rm organization/hub.yaml.bak
grep -n 'ghcr.io/acme/api:' organization/hub.yaml
shown 0 localspace hub up organization/hub.yaml
shown 0 localspace up organization --name $member "${of_hub[@]}"

title "9. what must be true of a codespace, as a test of its repository"
cp -r "$root/devcontainers/hello" "$work/hello"
git -C hello init -q -b main
git -C hello add -A
git -C hello -c user.name=demo -c user.email=demo@localhost commit -q -m one
shown 0 cat hello/.localspace/life.yaml
shown 0 localspace test hello

title "that was it"
