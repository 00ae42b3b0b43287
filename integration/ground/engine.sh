#!/usr/bin/env bash
# Finds the Docker Engine of this machine, or installs and starts one. Idempotent.
#
# An engine that is in reach is used and nothing is installed, but for a docker command where there is none. Else, on Debian as root:
# Engine 26 from Debian 13, because Debian 12's own cannot start a privileged container everywhere (nested engines need that).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
topic=setup
. "$here/lib.sh"
site=https://docs.docker.com/engine/install/

# Installs packages of Debian 13. An older Debian gets it as a second source, from the same mirror, at a priority that upgrades nothing.
install_from_trixie() {
    local release uri
    release=$(. /etc/os-release && echo "${VERSION_ID-}")
    if [ -n "$release" ] && [ "$release" -lt 13 ]; then
        uri=$(debian_mirror)
        [ -n "$uri" ] || { apt-get -qq update && uri=$(debian_mirror); }
        [ -n "$uri" ] || fail "no Debian mirror is configured" "add one to /etc/apt/sources.list"
        printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
            "$uri" >/etc/apt/sources.list.d/localspace-trixie.sources
        printf 'Package: *\nPin: release n=trixie\nPin-Priority: 50\n' >/etc/apt/preferences.d/localspace-trixie
        set -- -t trixie "$@"
    fi
    install_packages "$@"
}

install_engine() {
    say "no engine in reach: installing Docker Engine from Debian's packages"
    install_from_trixie docker.io docker-cli docker-buildx docker-compose iptables
}

# Starts dockerd in a session of its own, so that it outlives this script, and waits until it answers (2 to 7 s; 60 at most).
start_engine() {
    local log=/var/log/localspace-dockerd.log up=yes file pid
    if [ -d /run/systemd/system ]; then
        systemctl start docker || fail "systemd could not start docker" "read \`journalctl -u docker\`"
        find_engine || fail "docker was started, but does not answer: $reason" "read \`journalctl -u docker\`"
        return
    fi
    say "starting dockerd (log: $log)"
    # What an engine that was killed left behind: its number may be another process's by now, and dockerd would not start.
    for file in /run/docker.pid /run/docker/containerd/containerd.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        [[ $(readlink "/proc/$pid/exe") == */@(dockerd|containerd)* ]] || rm -f "$file"
    done
    setsid nohup dockerd >"$log" 2>&1 </dev/null &
    # The log's own line is the event, or dockerd's end.
    timeout 60 grep -q -m 1 'API listen on' <(exec tail --pid=$! -n +1 -F "$log" 2>/dev/null) || up=no
    kill $! 2>/dev/null || :
    [ $up = yes ] || fail "dockerd did not come up: $(tail -n 1 "$log")" "read $log"
    find_engine || fail "dockerd was started, but does not answer: $reason" "read $log"
}

if ! command -v docker >/dev/null; then
    is_debian_root || fail "there is no docker command" "install Docker: $site"
    if [ -n "${DOCKER_HOST-}$(usual_sockets)" ]; then
        say "there is an engine, but no docker command: installing that"
        install_from_trixie docker-cli docker-buildx
    else
        install_engine
    fi
fi
if ! find_engine; then
    [[ $reason != *'permission denied'* ]] || fail "$reason" "as root: usermod -aG docker $(id -un), then log in again"
    is_debian_root || fail "no Docker Engine is in reach: $reason" "start or install one ($site), or point DOCKER_HOST at one"
    command -v dockerd >/dev/null || install_engine
    # A service manager may have started it by now.
    find_engine || start_engine
fi
say_engine
docker buildx version >/dev/null 2>&1 || say "warning: the docker command has no buildx"
