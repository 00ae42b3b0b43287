#!/usr/bin/env python3
"""What a scenario costs: `localspace test` of N scenarios of the sample `hello` beside the same containers by bare API calls, several at a time, and one
scenario beside `up` and `delete` by hand.

    scenarios.py [N] [ROUNDS] [JOBS]

By bare API calls a scenario is the same work in a container: a volume with a clone of the repository, which is made once, a container with it, the five
hooks as its user in its folder, the first in a login shell (whose environment hooks have), a sixth command that looks at it, and both removed. The bare
calls are tried with several numbers of threads, and the best of all counts. Rounds take turns; the medians are compared.
LOCALSPACE names another localspace than target/release/localspace.
"""

import concurrent.futures
import io
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

from engine import Engine, socket_path
from measure import run
from subjects import HOOKS, sample

TOP = pathlib.Path(__file__).resolve().parents[3]
HELLO = TOP / "devcontainers/hello"
IMAGE = "mcr.microsoft.com/devcontainers/base:trixie"
THREADS = (2, 3, 4, 8)
SCENARIO = """name: hello, number {number}
path: ..
expect:
  outcome: success
  phases: {{postAttachCommand: succeeded}}
  container: {{user: vscode}}
"""
ALONE = """name: hello, alone
path: ..
expect: {outcome: success}
"""


def seconds(act):
    """Returns the wall time of an act in seconds."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def files(repository):
    """Returns a tar of a clone of a repository, as the container's user has it."""
    buffer = io.BytesIO()

    def owned(entry):
        entry.uid = entry.gid = 1000
        return entry

    with tempfile.TemporaryDirectory() as clone, tarfile.open(fileobj=buffer, mode="w") as tar:
        # As localspace does, so that it has the same files.
        subprocess.run(["git", "clone", "-q", "--template=", "--dissociate", "--", str(repository), clone], check=True)
        tar.add(clone, "hello", filter=owned)
    return buffer.getvalue()


class Bare:
    """The containers alone."""

    def __init__(self, path, repository):
        self._path, self._own, self._files = path, threading.local(), files(repository)

    def _engine(self):
        if not hasattr(self._own, "engine"):
            self._own.engine = Engine(self._path)
        return self._own.engine

    def life(self, number):
        engine, volume = self._engine(), f"localspace-bench-{os.getpid()}-{number}"
        engine.call("POST", "/volumes/create", {"Name": volume, "Labels": {"localspace.ground": "bench"}})
        try:
            container = engine.create(IMAGE, binds=[f"{volume}:/workspaces"])
            try:
                engine.call("PUT", f"/containers/{container}/archive?path=/workspaces", raw=self._files)
                engine.start(container)
                for hook in HOOKS:
                    shell = ["bash", "-lic"] if hook == HOOKS[0] else ["sh", "-c"]
                    engine.exec(container, [*shell, f"sh ./say.sh {hook}"], user="vscode", folder="/workspaces/hello")
                engine.exec(container, ["sh", "-c", "id -un"], user="vscode", folder="/workspaces/hello")
            finally:
                engine.remove(container)
        finally:
            engine.call("DELETE", f"/volumes/{volume}")

    def all(self, count, threads):
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(self.life, range(count)))


def repository(folder, count):
    """Makes a repository of the sample with so many scenarios, none of them its own."""
    source = folder / "source"
    shutil.copytree(HELLO, source, ignore=shutil.ignore_patterns(".localspace"))
    (source / ".localspace").mkdir()
    for number in range(count):
        (source / f".localspace/{number}.yaml").write_text(SCENARIO.format(number=number))
    (source / ".localspace/alone.yaml").write_text(ALONE)
    sample(folder / "hello", source)
    return folder / "hello"


def median(values):
    return statistics.median(values)


def main():
    count, rounds = (int(word) for word in (sys.argv[1:3] + ["20", "5"][len(sys.argv[1:3]):]))
    jobs = ["-j", sys.argv[3]] if len(sys.argv) > 3 else []
    ours = os.environ.get("LOCALSPACE", str(TOP / "target/release/localspace"))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        env = {"LOCALSPACE_HOME": str(folder / "home")}
        many = repository(folder, count)
        bare = Bare(socket_path(), many)

        def test(*words):
            return seconds(lambda: run([ours, "test", str(many), *words], env))

        def by_hand():
            run([ours, "up", str(many), "--name", f"bench-{os.getpid()}", "--json"], env)
            run([ours, "delete", "-c", f"bench-{os.getpid()}"], env)

        by_hand()
        bare.all(2, 2)
        plain, ran, hand, one = {threads: [] for threads in THREADS}, [], [], []
        for _ in range(rounds):
            for threads in THREADS:
                plain[threads].append(seconds(lambda: bare.all(count, threads)))
            ran.append(test("--filter", "hello, number", *jobs))
        for _ in range(3 * rounds):
            hand.append(seconds(by_hand))
            one.append(test("--filter", "hello, alone"))
        best = min(median(values) for values in plain.values())
        told = ", ".join(f"{threads} threads {median(values):.2f} s" for threads, values in plain.items())
        print(f"{count} containers by bare API calls: {told}")
        print(f"localspace test of {count} scenarios: {median(ran):.2f} s, {median(ran) / best:.2f} times the best of these")
        print(f"up and delete by hand: {median(hand) * 1000:.0f} ms")
        print(f"localspace test of one scenario: {median(one) * 1000:.0f} ms, {100 * (median(one) / median(hand) - 1):+.1f} %")


if __name__ == "__main__":
    main()
