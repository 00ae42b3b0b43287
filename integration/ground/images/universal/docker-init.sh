#!/bin/sh
# Starts the nested Docker Engine, waits until it answers (30 s at most), then runs its arguments.
[ "$(id -u)" = 0 ] || exec sudo -E /usr/local/share/docker-init.sh "$@"

rm -f /run/docker.pid /var/run/docker/containerd/containerd.pid
# A cgroup v2 that has processes of its own cannot hand controllers down: they move into a child first, as `docker:dind` does.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || :
    sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || :
fi
: >/tmp/dockerd.log
setsid dockerd >>/tmp/dockerd.log 2>&1 </dev/null &
timeout 30 sh -c 'tail -f /tmp/dockerd.log | grep -q -m 1 "API listen on"'
[ $# = 0 ] || exec "$@"
