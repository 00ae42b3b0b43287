#!/bin/sh
# Starts the nested Docker Engine, waits until it answers (30 s each for its two programs at most), then runs its arguments.
[ "$(id -u)" = 0 ] || exec sudo -E /usr/local/share/docker-init.sh "$@"

# Runs a program in the background with its log in /tmp, and returns when the log has this line.
start() {
    line=$1 name=$2
    shift
    rm -f "/run/$name.log" && mkfifo "/run/$name.log"
    # shellcheck disable=SC2016 # the inner shell's own arguments
    setsid sh -c '"$@" 2>&1 | tee -p "/tmp/$0.log" >"/run/$0.log"' "$name" "$@" </dev/null >/dev/null 2>&1 &
    timeout 30 grep -q -m 1 "$line" "/run/$name.log"
}

rm -f /run/docker.pid
# A cgroup v2 that has processes of its own cannot hand controllers down: they move into a child first, as `docker:dind` does.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || :
    sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || :
fi
# containerd comes first: a dockerd that starts its own finds it a second late.
start 'containerd successfully booted' containerd
start 'API listen on' dockerd --containerd /run/containerd/containerd.sock
[ $# = 0 ] || exec "$@"
