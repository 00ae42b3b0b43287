#!/usr/bin/env bash
# A private registry that we did not write (Debian's docker-registry), for the demo and the tests.
#
#   REGISTRY_PASSWORD=… registry.sh up NAME PORT DIR   starts it; prints its port on 127.0.0.1; writes DIR/ca.crt
#   registry.sh down NAME                              removes everything of it
#
# It is called registry.acme.test on the docker network NAME, wants the user `robot` with that password, and holds acme/api:1 and
# acme/base:1. Port 0 is any free one; with the name `acme` and the port 5443 the samples find it as they are.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topic=registry
. "$here/lib.sh"

# Returns when the registry listens.
wait_for() {
    local line
    while IFS= read -r -t 30 line; do
        [[ $line != *'listening on'* ]] || return 0
    done < <(exec docker logs -f "$1" 2>&1)
    fail "the registry did not come up: ${line:-$(docker logs "$1" 2>&1 | tail -n 1)}"
}

# Pushes an image that is built from the Dockerfile on standard input, with the Docker configuration in $files.
publish() {
    mkdir -p "$files/build"
    cat >"$files/build/Dockerfile"
    docker build -q -t "$1" "$files/build" >/dev/null
    docker --config "$files" push -q "$1" >/dev/null
    docker rmi "$1" >/dev/null
}

up() {
    local dir=$1 said
    docker network create --label "localspace.ground=$name" "$name" >/dev/null
    trap leave EXIT
    docker run -d --name "$name" --label "localspace.ground=$name" --network "$name" --network-alias registry.acme.test \
        -p "127.0.0.1:$port:443" -e REGISTRY_PASSWORD localspace-ground/registry:2.8 >/dev/null
    wait_for "$name"
    mkdir -p "$dir"
    docker exec "$name" cat /auth/ca.crt >"$dir/ca.crt"
    port=$(docker port "$name" 443/tcp)
    port=${port##*:}
    # A configuration of its own, so that nobody's login is touched.
    files=$(mktemp -d)
    said=$(printf %s "$REGISTRY_PASSWORD" | docker --config "$files" login -u robot --password-stdin "localhost:$port" 2>&1) ||
        fail "cannot log in to the registry: ${said##*$'\n'}"
    # Images of its own: an engine may take a layer away under a build where another registry's image of the same layer is removed.
    publish "localhost:$port/acme/api:1" <<<$'FROM busybox:1\nCMD ["echo", "acme api 1: up"]\nLABEL of='"$name"
    publish "localhost:$port/acme/base:1" <<<$'FROM busybox:1\nRUN echo "made by acme" >/etc/acme # '"$name"
    echo "$port"
}

down() {
    docker rm -fv "$1" >/dev/null 2>&1 || :
    docker network rm "$1" >/dev/null 2>&1 || :
}

# Half a registry is of no use: what was made goes again.
leave() {
    local code=$?
    rm -rf "${files-}"
    if [ "$code" != 0 ]; then
        docker rmi "localhost:$port/acme/api:1" "localhost:$port/acme/base:1" >/dev/null 2>&1 || :
        down "$name"
    fi
    exit "$code"
}

case $#-${1-} in
    4-up)
        name=$2 port=$3
        : "${REGISTRY_PASSWORD:?}"
        use_engine
        up "$4"
        ;;
    2-down) use_engine; down "$2" ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
