#!/usr/bin/env python3
"""What single API calls of this machine's engine cost: median (lowest to highest) in milliseconds.

    calls.py [IMAGE] [RUNS]
"""

import io
import os
import statistics
import sys
import tarfile
import threading
import time

import bare
from engine import Engine, socket_path

TOGETHER = 6


def files(count):
    """Returns a tar of small files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number in range(count):
            content = f"file {number}\n".encode() * 50
            entry = tarfile.TarInfo(f"repository/file-{number}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def ms(act):
    """Returns the wall time of an act in milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def together(path, container):
    """Returns the wall time of several execs at once, and of each of them."""
    engines, each, errors = [Engine(path) for _ in range(TOGETHER)], [], []

    def one(engine):
        try:
            each.append(ms(lambda: engine.exec(container, ["echo", "hook"])))
        except Exception as error:  # a thread's error would be lost: it is raised below
            errors.append(error)

    def all_of_them():
        threads = [threading.Thread(target=one, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for engine in engines:
        engine.call("GET", "/_ping")
    wall = ms(all_of_them)
    if errors:
        raise errors[0]
    return wall, each


def measure(engine, path, image, note):
    """Measures everything once."""
    steps = dict(bare.life_alone(engine, image))
    note("create", steps["create"])
    note("start", steps["start"])
    for number in range(1, bare.HOOKS + 1):
        note("exec, one after the other", steps[f"exec {number}"])
    note(f"create, start and {bare.HOOKS} execs", sum(steps.values()))
    volume = f"localspace-bench-{os.getpid()}"
    engine.call("POST", "/volumes/create", {"Name": volume, "Labels": {"localspace.ground": "bench"}})
    container = engine.create(image, binds=[f"{volume}:/workspaces"])
    try:
        content = files(20)
        note("PUT 20 files into a volume, before start", ms(lambda: engine.call("PUT", f"/containers/{container}/archive?path=/workspaces", raw=content)))
        note("GET /etc/passwd, before start", ms(lambda: engine.call("GET", f"/containers/{container}/archive?path=/etc/passwd")))
        note("start, with a volume", ms(lambda: engine.start(container)))
        engine.exec(container, ["test", "-s", "/workspaces/repository/file-19"])
        note("GET /etc/passwd, while it runs", ms(lambda: engine.call("GET", f"/containers/{container}/archive?path=/etc/passwd")))
        wall, each = together(path, container)
        note(f"{TOGETHER} execs at once: until the last is over", wall)
        for one in each:
            note(f"{TOGETHER} execs at once: each", one)
        note("remove, while it runs", ms(lambda: engine.remove(container)))
        container = None
    finally:
        if container:
            engine.remove(container)
        engine.call("DELETE", f"/volumes/{volume}")


def main():
    image = sys.argv[1] if len(sys.argv) > 1 else "busybox:1"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    path = socket_path()
    engine, found = Engine(path), {}
    measure(engine, path, image, lambda *_: None)  # a first run that warms the caches, and is not counted
    for _ in range(runs):
        measure(engine, path, image, lambda name, value: found.setdefault(name, []).append(value))
    print(f"{image}, {runs} runs, milliseconds: median (lowest to highest)")
    for name, values in found.items():
        print(f"  {name:<46}{statistics.median(values):8.1f}  ({min(values):.1f} to {max(values):.1f}, {len(values)} values)")


if __name__ == "__main__":
    main()
