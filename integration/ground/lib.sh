# shellcheck shell=bash
# What the scripts here share: how they speak, what they need, which engine they use. Sourced; each line begins with $topic.
: "${topic:=ground}"

say() { printf '%s: %s\n' "$topic" "$*" >&2; }

# Ends the script as `localspace` ends when this machine lacks something: what is wrong, and what to do about it.
fail() {
    say "error: $1"
    [ -z "${2-}" ] || say "hint: $2"
    exit 3
}

# Fails with the names of the programs that are not there.
need() {
    local program missing=
    for program; do command -v "$program" >/dev/null || missing="$missing $program"; done
    [ -z "$missing" ] || fail "not found in PATH:$missing" "install what is missing"
}

# Tells whether Debian's packages can be installed here.
is_debian_root() { [ "$(id -u)" = 0 ] && grep -qx 'ID=debian' /etc/os-release 2>/dev/null; }

# Installs Debian packages; what apt-get wrote is shown if it fails. Lists that are old or not there are fetched, and it tries again.
install_packages() {
    local log
    log=$(mktemp)
    if ! apt_install "$@" >"$log" 2>&1 && ! { apt-get -qq update && apt_install "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "apt-get could not install $*"
    fi
    rm -f "$log"
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"; }

# Prints the Debian mirror that this machine is set up with, if any.
debian_mirror() { apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1; }

# Prints the sockets that are there of those that engines listen on (the list of src/engine/endpoint.rs).
usual_sockets() {
    local socket home=${HOME:-/nonexistent}
    for socket in /var/run/docker.sock "${XDG_RUNTIME_DIR:-/nonexistent}/docker.sock" "$home"/.docker/{run,desktop}/docker.sock \
        "$home"/.colima/default/docker.sock "$home"/.orbstack/run/docker.sock "$home"/.rd/docker.sock; do
        if [ -S "$socket" ]; then echo "$socket"; fi
    done
}

# Asks the docker command's engine for its $version, for 10 s at most; why there is none is the $reason.
answers() {
    local limit=
    if command -v timeout >/dev/null; then limit='timeout 10'; fi
    if version=$($limit docker version --format '{{.Server.Version}}' 2>&1); then
        # A warning may come before it.
        version=${version##*$'\n'}
        return
    fi
    reason=${version##*$'\n'}
    reason=${reason:-it did not answer within 10 s}
    return 1
}

# Finds the engine, and exports its address as DOCKER_HOST: whatever is started from here on uses the same one, also where it has another
# HOME or no docker context. It is the docker command's own choice, else the first of the usual sockets that answers; returns 1 if none
# does. What was chosen by a person and does not answer is an error, and no reason to take another.
find_engine() {
    local context name host tls first socket
    if [ -n "${DOCKER_HOST-}" ]; then
        answers || fail "no engine answers at DOCKER_HOST=$DOCKER_HOST: $reason" "start that engine, or unset DOCKER_HOST"
        found_by=DOCKER_HOST
        return
    fi
    context=$(docker context inspect --format '{{.Name}} {{.Endpoints.docker.Host}} {{.Storage.TLSPath}}' 2>&1) ||
        fail "${context##*$'\n'}" "see \`docker context ls\`, and DOCKER_CONTEXT"
    read -r name host tls <<<"$context"
    if answers; then
        export DOCKER_HOST=$host
        if [ -e "$tls/docker/ca.pem" ]; then export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$tls/docker"; fi
        found_by="docker context \"$name\""
        return
    fi
    if [ "$name" != default ] || [ -n "${DOCKER_CONTEXT-}" ]; then
        fail "no engine answers at $host (docker context \"$name\"): $reason" "start that engine, or choose another context"
    fi
    first=$reason
    while read -r socket; do
        if DOCKER_HOST=unix://$socket answers; then
            export DOCKER_HOST=unix://$socket
            found_by='a usual socket'
            return
        fi
    done < <(usual_sockets)
    reason=$first
    return 1
}

# Says which engine was found, and how.
say_engine() { say "using Docker Engine $version at $DOCKER_HOST ($found_by)"; }

# Finds the engine, or fails.
use_engine() {
    need docker
    find_engine || fail "no Docker Engine is in reach: $reason" "run \`make setup\`"
}

# Installs the $reference CLI into a folder, once for each lock file.
install_reference() {
    local lock
    lock=$(dirname "${BASH_SOURCE[0]}")/bench/package-lock.json
    reference=$1/node_modules/.bin/devcontainer
    if cmp -s "$lock" "$1/package-lock.json" && [ -x "$reference" ]; then return; fi
    say "installing the reference CLI"
    mkdir -p "$1"
    cp "${lock%/*}/package.json" "$lock" "$1/"
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
}
