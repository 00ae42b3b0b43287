#!/usr/bin/env bash
# The main job on real input: a private registry, and three codespaces that meet it at different times. Leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
localspace=$root/target/release/localspace
work=$(mktemp -d)
name=localspace-demo-$$
export LOCALSPACE_HOME=$work/home REGISTRY_PASSWORD=demo-password-$RANDOM$RANDOM

say() { printf '\n\033[1m== %s\033[0m\n' "$*" >&2; }
clean_up() {
    for codespace in early whole prebuild; do "$localspace" delete -c "$name-$codespace" >/dev/null 2>&1 || :; done
    "$here/registry.sh" down "$name"
    rm -rf "$work"
}
trap clean_up EXIT

# Copies a sample into a repository of its own, with this demo's network and its registry's certificate.
repository() {
    mkdir -p "$work/$1"; cp -r "$root/devcontainers/$1/." "$work/$1/"; cp "$work/ca.crt" "$work/$1/.devcontainer/acme-ca.crt"
    sed -i.bak "s/--network=acme/--network=$name/" "$work/$1/.devcontainer/devcontainer.json"
    git -C "$work/$1" init -q -b main; git -C "$work/$1" add -A
    git -C "$work/$1" -c user.name=demo -c user.email=demo@localhost commit -q -m one
}

say "a private registry (Debian's docker-registry) with the image registry.acme.test/acme/api:1"
port=$("$here/registry.sh" up "$name" 0 "$work")
echo "listening on 127.0.0.1:$port, and as registry.acme.test for codespaces; it wants a login" >&2
printf 'ACME_CONTAINER_REGISTRY_SERVER=registry.acme.test\nACME_CONTAINER_REGISTRY_USER=robot\nACME_CONTAINER_REGISTRY_PASSWORD=%s\n' \
    "$REGISTRY_PASSWORD" >"$work/secrets.env"
chmod 600 "$work/secrets.env"
for sample in too-early docker-in-docker; do repository "$sample"; done

say "1. too early: onCreateCommand pulls the private image, and is refused"
"$localspace" up "$work/too-early" --name "$name-early" --secrets-file "$work/secrets.env" || echo "(exit code $?: as it must be)" >&2

say "2. the whole life: refused in onCreateCommand, logged in after updateContentCommand, pulled in postCreateCommand"
"$localspace" up "$work/docker-in-docker" --name "$name-whole" --secrets-file "$work/secrets.env"
"$localspace" logs -c "$name-whole"

say "3. a stop and a start: the login is made anew, only postStartCommand runs"
"$localspace" stop -c "$name-whole"
"$localspace" start -c "$name-whole"

say "4. the same repository as a prebuild: it never logs in"
"$localspace" up "$work/docker-in-docker" --as-prebuild --name "$name-prebuild" --secrets-file "$work/secrets.env"
"$localspace" exec -c "$name-prebuild" -- sh -c 'test ! -e ~/.docker/config.json && echo "no ~/.docker/config.json in the prebuild"'
say "done; everything the demo made is removed"
