#!/usr/bin/env bash
# Finds the Docker Engine of this machine, or installs and starts one. Idempotent.
#
# An engine that is in reach is used and nothing is installed. Else, on Debian as root: Engine 26 from Debian 13, because
# Debian 12's own cannot start a privileged container everywhere (nested engines need that).
set -euo pipefail

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: error: %s\n' "$1" >&2; [ -z "${2-}" ] || printf 'setup: hint: %s\n' "$2" >&2; exit 3; }

# Prints the first of the usual sockets that an engine answers on.
engine_in_reach() {
    if command -v docker >/dev/null && docker version >/dev/null 2>&1; then echo "docker's own choice"; return; fi
    local socket
    for socket in /var/run/docker.sock "${XDG_RUNTIME_DIR:-/nonexistent}/docker.sock" "$HOME"/.docker/{run,desktop}/docker.sock \
        "$HOME"/.colima/default/docker.sock "$HOME"/.orbstack/run/docker.sock "$HOME"/.rd/docker.sock; do
        [ -S "$socket" ] && curl -fsS --max-time 5 --unix-socket "$socket" http://engine/_ping >/dev/null 2>&1 && { echo "$socket"; return; }
    done
    return 1
}

# Adds Debian 13 beside this Debian, from the same mirror, at a priority that upgrades nothing by itself.
add_trixie() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
    [ -n "$uri" ] || { apt-get -qq update; uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1); }
    [ -n "$uri" ] || fail "no Debian mirror is configured" "add one to /etc/apt/sources.list"
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$uri" \
        >/etc/apt/sources.list.d/localspace-trixie.sources
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 50\n' >/etc/apt/preferences.d/localspace-trixie
}

install_engine() {
    [ "$(id -u)" = 0 ] && [ -r /etc/debian_version ] ||
        fail "no Docker Engine is in reach" "install one (https://docs.docker.com/engine/install/), or point DOCKER_HOST at one"
    say "no engine in reach: installing Docker Engine from Debian 13"
    add_trixie
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends -t trixie \
        docker.io docker-cli docker-buildx docker-compose iptables >/dev/null
}

# Starts dockerd in a session of its own, so that it outlives this script, and waits until it answers (2 to 7 s; 60 at most).
start_engine() {
    local log=/var/log/localspace-dockerd.log
    say "starting dockerd (log: $log)"
    # What an engine that was killed left behind: its number may be another process's by now, and dockerd would not start.
    local file pid
    for file in /run/docker.pid /run/docker/containerd/containerd.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        grep -qE '^(dockerd|containerd)$' "/proc/$pid/comm" 2>/dev/null || rm -f "$file"
    done
    setsid nohup dockerd >"$log" 2>&1 </dev/null &
    # The log's own line is the event; only grep is waited for, as tail ends with the next line alone.
    timeout 60 bash -c 'grep -m 1 -q "API listen on" <(exec tail -n +1 -F "$0" 2>/dev/null)' "$log" ||
        fail "dockerd did not come up within 60 s" "read $log"
    docker version >/dev/null || fail "dockerd started, but does not answer" "read $log"
}

if where=$(engine_in_reach); then
    say "using the engine in reach ($where)"
    exit 0
fi
command -v dockerd >/dev/null || install_engine
start_engine
hash -r
say "engine $(docker version --format '{{.Server.Version}}') is up"
docker buildx version >/dev/null 2>&1 || say "warning: the docker in your PATH finds no buildx"
docker compose version >/dev/null 2>&1 || say "warning: the docker in your PATH finds no compose"
