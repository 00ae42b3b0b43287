#!/usr/bin/env bash
# Makes the images that the samples and the tests use be there: pulled where they can be, else built here from Debian packages and
# tagged with the public name as its stand-in. What is there is left alone, unless an earlier version of this built it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topic=setup
. "$here/lib.sh"
use_engine
rootfs=localspace-ground/rootfs:trixie
registry=localspace-ground/registry:2.8
mcr=mcr.microsoft.com/devcontainers
# What is built here is labelled with what it is built from.
recipe=$(cat "$here/images.sh" "$here"/images/{Dockerfile,docker-init.sh,passwd,group} "$here"/images/registry/* | cksum | tr ' ' -)
unreachable=
# Where the progress of a pull goes: to a person.
if [ -t 1 ]; then exec 3>&1; else exec 3>/dev/null; fi

labels() { docker image inspect --format '{{json .Config.Labels}}' "$1" 2>/dev/null; }

# Tells whether an image is there, and was not built here from an older recipe.
there() {
    case $(labels "$1") in
        '') return 1 ;;
        *'"localspace.recipe":"'"$recipe"'"'*) ;;
        *'"localspace.recipe":'*) return 1 ;;
        *) [[ $1 != localspace-ground/* ]] ;;
    esac
}

# Pulls an image. A registry that is out of reach is not asked again, so that a machine without a network does not wait for each image.
pull() {
    local host=docker.io reason
    [[ $1 != */*/* ]] || host=${1%%/*}
    [[ " $unreachable " != *" $host "* ]] || return 1
    say "pulling $1"
    if reason=$(docker pull "$1" 2>&1 >&3); then return; fi
    say "it cannot be pulled: ${reason##*: }"
    [[ $reason == *manifest* ]] || unreachable="$unreachable $host"
    return 1
}

# Tells whether a gigabyte can be bootstrapped in memory, which takes half the time.
memory_serves() {
    [ "$(df -k --output=avail /dev/shm | tail -n 1)" -gt 4000000 ] && ! findmnt -n -o OPTIONS -T /dev/shm | grep -qw noexec
}

# Debian 13 with everything that a stand-in has.
bootstrap() {
    there "$rootfs" && return
    say "bootstrapping Debian 13 (half a minute)"
    if ! command -v mmdebstrap >/dev/null; then
        is_debian_root ||
            fail "what cannot be pulled is built with mmdebstrap, which is not there" "on Debian: apt-get install mmdebstrap"
        install_packages mmdebstrap
    fi
    local id before mirror packages=bash,ca-certificates,git,sudo,procps,curl,iproute2,make,python3,python3-venv,iptables,docker.io,docker-cli
    if memory_serves 2>/dev/null; then local -x TMPDIR=/dev/shm; fi
    mirror=$(debian_mirror 2>/dev/null) || :
    # It gets its name when it is whole: half a pipe makes an image too.
    id=$(mmdebstrap --quiet --variant=apt --include="$packages,docker-registry,openssl,busybox-static" trixie - ${mirror:+"$mirror"} |
        docker import -c "LABEL localspace.recipe=$recipe" -)
    before=$(id_of "$rootfs")
    docker tag "$id" "$rootfs"
    forget "$before" "$rootfs"
}

# Builds an image; the arguments after its name are docker's.
build() {
    local before
    before=$(id_of "$1")
    docker build -q --label "localspace.recipe=$recipe" -t "$@" >/dev/null
    forget "$before" "$1"
}

id_of() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || :; }

# Removes what an older recipe built: an image that a name stood for until now. If it is in use, or has another name, it stays.
forget() { [ -z "$1" ] || [ "$1" = "$(id_of "$2")" ] || docker rmi "$1" >/dev/null 2>&1 || :; }

stand_in() {
    local target=${1%:*}
    bootstrap
    build "$1" --target "${target##*/}" "$here/images"
}

standing_in=
for name in busybox:1 $mcr/base:trixie $mcr/base:alpine $mcr/python:3.13-trixie $mcr/universal:linux registry:2; do
    there "$name" || pull "$name" || stand_in "$name"
    [[ $(labels "$name") != *localspace.recipe* ]] || standing_in="$standing_in $name"
done
if ! there "$registry"; then
    base=debian:trixie
    docker image inspect "$base" >/dev/null 2>&1 || pull "$base" || { bootstrap; base=$rootfs; }
    build "$registry" --build-arg "BASE=$base" "$here/images/registry"
fi
say "the images are there"
[ -z "$standing_in" ] || say "built here from Debian packages, as they could not be pulled:$standing_in"
