"""Times one codespace with five echo hooks three ways: the bare Docker API, the reference CLI, localspace."""

import http.client
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

ROOT = sys.argv[1]
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 7
OURS = os.path.join(ROOT, "target/release/localspace")
REFERENCE = os.path.join(ROOT, "target/bench/node_modules/.bin/devcontainer")
HOOKS = ["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"]
IMAGE = "busybox:1"


class Engine(http.client.HTTPConnection):
    """One connection to the engine's socket."""

    def __init__(self):
        super().__init__("engine")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))


def api(method, path, body=None):
    engine = Engine()
    engine.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    answer = engine.getresponse().read()
    engine.close()
    return json.loads(answer) if answer.startswith(b"{") else answer


def bare_exec(container):
    command = {"AttachStdout": True, "AttachStderr": True, "Cmd": ["/bin/sh", "-c", "echo hook"]}
    made = api("POST", f"/containers/{container}/exec", command)["Id"]
    api("POST", f"/exec/{made}/start", {"Detach": False, "Tty": False})
    assert api("GET", f"/exec/{made}/json")["ExitCode"] == 0


def bare_up(_):
    container = api("POST", "/containers/create", {"Image": IMAGE, "Cmd": ["/bin/sh", "-c", "tail -f /dev/null"]})["Id"]
    api("POST", f"/containers/{container}/start")
    for _ in range(5):
        bare_exec(container)
    return container


def repository(folder):
    os.makedirs(os.path.join(folder, ".devcontainer"))
    config = {"image": IMAGE, **{hook: "echo hook" for hook in HOOKS}}
    with open(os.path.join(folder, ".devcontainer/devcontainer.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    run = lambda *words: subprocess.run(["git", "-C", folder, *words], check=True)
    run("init", "-q", "-b", "main")
    run("add", "-A")
    run("-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-q", "-m", "one")
    return folder


def quiet(words, **more):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout


def reference_up(folder):
    return json.loads(quiet([REFERENCE, "up", "--workspace-folder", folder]).splitlines()[-1])["containerId"]


def ours_up(folder):
    return json.loads(quiet([OURS, "up", folder, "--json"]))["name"]


def remove(container):
    api("DELETE", f"/containers/{container}?force=true&v=true")


def ours_remove(name):
    quiet([OURS, "delete", "-c", name])


def timed(action, *arguments):
    began = time.perf_counter()
    result = action(*arguments)
    return time.perf_counter() - began, result


def median(label, up, down, folder):
    """Returns the median seconds of one at a time, and the seconds of ten at once."""
    seconds = []
    for at in range(RUNS + 1):
        taken, made = timed(up, repository(os.path.join(folder, f"{label}{at}-{uuid.uuid4().hex[:6]}")))
        down(made)
        seconds.append(taken)
    folders = [repository(os.path.join(folder, f"{label}-at-once{at}")) for at in range(10)]
    with ThreadPoolExecutor(10) as pool:
        began = time.perf_counter()
        made = list(pool.map(up, folders))
        at_once = time.perf_counter() - began
        list(pool.map(down, made))
    return statistics.median(seconds[1:]), at_once


def memory(words):
    """Returns the largest resident size of a program's processes, in MB."""
    code = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=-3,stderr=-3);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(quiet([sys.executable, "-c", code, *words])) / 1024


def main():
    work = tempfile.mkdtemp(prefix="localspace-bench-")
    os.environ["LOCALSPACE_HOME"] = os.path.join(work, "home")
    rows = {"bare API": median("bare", bare_up, remove, work)}
    if os.path.exists(REFERENCE):
        rows["reference CLI"] = median("reference", reference_up, remove, work)
    rows["localspace"] = median("ours", ours_up, ours_remove, work)
    bare = rows["bare API"]
    print(f"{'':15}{'up':>10}{'/ bare':>8}{'ten at once':>14}{'/ bare':>8}   (seconds, median of {RUNS}; five echo hooks)")
    for label, (one, ten) in rows.items():
        print(f"{label:15}{one:10.3f}{one / bare[0]:8.2f}{ten:14.3f}{ten / bare[1]:8.2f}")
    if "reference CLI" in rows:
        print(f"localspace / reference CLI: up {rows['localspace'][0] / rows['reference CLI'][0]:.2f}")
    folder = repository(os.path.join(work, "exec"))
    name = ours_up(folder)
    container = json.loads(quiet([OURS, "view", "-c", name, "--json"]))["containerId"]
    ours = statistics.median(timed(quiet, [OURS, "exec", "-c", name, "--", "echo", "hook"])[0] for _ in range(RUNS))
    plain = statistics.median(timed(bare_exec, container)[0] for _ in range(RUNS))
    print(f"exec: bare {plain * 1000:.0f} ms, localspace {ours * 1000:.0f} ms ({(ours - plain) * 1000:+.0f} ms)")
    ours_remove(name)
    print(f"memory of `localspace up`: {memory([OURS, 'up', folder, '--name', 'bench-memory', '--json']):.1f} MB")
    ours_remove("bench-memory")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
