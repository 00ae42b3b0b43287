#!/usr/bin/env bash
# A private registry that we did not write (Debian's docker-registry), for the demo and the tests.
#
#   REGISTRY_PASSWORD=… registry.sh up NAME PORT DIR   starts it; prints its port on 127.0.0.1; writes DIR/ca.crt
#   registry.sh down NAME                              removes everything of it
#
# It is called registry.acme.test on the docker network NAME, wants the user `robot` with that password, and holds acme/api:1 and
# acme/base:1. Port 0 is any free one.
set -euo pipefail

label() { echo "localspace.ground=$1"; }

certificate() {
    local dir=$1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=acme test CA" \
        -keyout "$dir/ca.key" -out "$dir/ca.crt" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=registry.acme.test" \
        -keyout "$dir/tls.key" -out "$dir/tls.csr" 2>/dev/null
    printf 'subjectAltName=DNS:registry.acme.test,DNS:localhost,IP:127.0.0.1\n' >"$dir/tls.ext"
    openssl x509 -req -in "$dir/tls.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 30 \
        -extfile "$dir/tls.ext" -out "$dir/tls.crt" 2>/dev/null
}

configuration() {
    # Two files in /auth: who may come in, by bcrypt as the registry wants it.
    perl -e '@c=("a".."z",0..9); print "robot:", crypt($ENV{REGISTRY_PASSWORD}, "\$2b\$05\$".join("",map{$c[rand @c]}1..21)."u"), "\n"' >"$1/htpasswd"
    cat >"$1/registry.yml" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: ":443", tls: {certificate: /auth/tls.crt, key: /auth/tls.key}}
auth: {htpasswd: {realm: acme, path: /auth/htpasswd}}
YAML
}

# Pushes the two images, with a Docker configuration of its own so that nobody's login is touched.
publish() {
    local port=$1 dir=$2 config build
    config=$(mktemp -d) build=$(mktemp -d)
    printf 'FROM busybox:1\nCMD ["echo", "acme api 1: up"]\n' >"$build/Dockerfile"
    docker build -q -t "localhost:$port/acme/api:1" "$build" >/dev/null
    printf 'FROM busybox:1\nRUN echo "made by acme" >/etc/acme\n' >"$build/Dockerfile"
    docker build -q -t "localhost:$port/acme/base:1" "$build" >/dev/null
    # Ready is when it answers: curl tries again while the connection is refused.
    curl -sk --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 20 -o /dev/null "https://localhost:$port/v2/"
    printf %s "$REGISTRY_PASSWORD" | docker --config "$config" login -u robot --password-stdin "localhost:$port" >/dev/null 2>&1
    docker --config "$config" push -q "localhost:$port/acme/api:1" >/dev/null
    docker --config "$config" push -q "localhost:$port/acme/base:1" >/dev/null
    docker rmi "localhost:$port/acme/api:1" "localhost:$port/acme/base:1" >/dev/null
    rm -rf "$config" "$build"
}

up() {
    local name=$1 port=$2 dir=$3 files
    mkdir -p "$dir"; files=$(mktemp -d)
    certificate "$files"; configuration "$files"; cp "$files/ca.crt" "$dir/ca.crt"
    docker network create --label "$(label "$name")" "$name" >/dev/null
    docker create --name "$name" --label "$(label "$name")" --network "$name" --network-alias registry.acme.test \
        -p "127.0.0.1:$port:443" -v /var/lib/registry localspace-ground/registry:2.8 >/dev/null
    docker cp -q "$files/registry.yml" "$name:/etc/registry.yml" >/dev/null
    mkdir "$files/auth"; mv "$files"/{tls.crt,tls.key,htpasswd} "$files/auth/"; docker cp -q "$files/auth" "$name:/auth" >/dev/null
    rm -rf "$files"
    docker start "$name" >/dev/null
    port=$(docker port "$name" 443/tcp | head -n 1); port=${port##*:}
    publish "$port" "$dir"
    echo "$port"
}

down() {
    docker rm -fv "$1" >/dev/null 2>&1 || :
    docker network rm "$1" >/dev/null 2>&1 || :
}

case ${1-} in
    up) up "$2" "$3" "$4" ;;
    down) down "$2" ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
