#!/usr/bin/env bash
# Makes the base images that the samples and the tests use be there: pulled where they can be, else built here from Debian
# packages and tagged with the public name as its stand-in. What is there already is left alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rootfs=localspace-ground/rootfs:trixie
network=unknown

say() { printf 'setup: %s\n' "$*"; }
present() { docker image inspect "$1" >/dev/null 2>&1; }

# Pulls an image; after the first failure no other pull is tried, so that a machine without a network does not wait each time.
pull() {
    [ "$network" != none ] || return 1
    if timeout 900 docker pull -q "$1" >/dev/null 2>&1; then network=there; say "pulled $1"; else network=none; return 1; fi
}

# Debian 13 with what a development container has; the stand-ins for Microsoft's images share it.
bootstrap() {
    present "$rootfs" && return
    say "bootstrapping Debian 13 (about half a minute)"
    command -v mmdebstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y mmdebstrap >/dev/null
    local mirror packages=bash,ca-certificates,git,sudo,procps,curl,make,python3-minimal,iproute2,iptables,docker.io,docker-cli
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
    mmdebstrap --quiet --variant=apt --include="$packages" trixie - "$mirror" | docker import - "$rootfs" >/dev/null
}

busybox() {
    local folder applet
    command -v /bin/busybox >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y busybox-static >/dev/null
    folder=$(mktemp -d)
    mkdir -p "$folder"/{bin,etc,root,tmp,home/dev,usr/bin,var}
    cp /bin/busybox "$folder/bin/"
    for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$folder/bin/$applet"; done
    ln -s ../../bin/env "$folder/usr/bin/env"
    printf 'root:x:0:0:root:/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n' >"$folder/etc/passwd"
    printf 'root:x:0:\ndev:x:1000:\n' >"$folder/etc/group"
    chmod 1777 "$folder/tmp"; chown 1000:1000 "$folder/home/dev"
    tar -C "$folder" -c . | docker import -c 'CMD ["sh"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$1" >/dev/null
    rm -rf "$folder"
}

# Makes image $1 be there: by a pull, or by the command that follows it.
image() {
    local name=$1; shift
    present "$name" && return
    if [[ $name != localspace-ground/* ]] && pull "$name"; then return; fi
    "$@"
    [[ $name == localspace-ground/* ]] || say "stand-in for $name: built here from Debian packages"
}

build() { bootstrap; docker build -q -t "$1" "$here/images/$2" >/dev/null; }
registry() {
    local context; context=$(mktemp -d)
    (cd "$context" && apt-get -qq download docker-registry && dpkg-deb -x docker-registry_*.deb root && rm docker-registry_*.deb)
    cp "$here/images/registry/Dockerfile" "$context/"
    bootstrap; docker build -q -t "$1" "$context" >/dev/null; rm -rf "$context"
}

image busybox:1 busybox busybox:1
image mcr.microsoft.com/devcontainers/base:trixie build mcr.microsoft.com/devcontainers/base:trixie base
image mcr.microsoft.com/devcontainers/universal:linux build mcr.microsoft.com/devcontainers/universal:linux universal
image localspace-ground/registry:2.8 registry localspace-ground/registry:2.8
say "images are there"
