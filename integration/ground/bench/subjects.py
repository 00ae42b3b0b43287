"""The three that are measured: bare API calls, the reference CLI, and localspace. Each has `config`, `up`, `exec` and `delete` of codespace number N.

`up` and `exec` return a measure.Ran; `config` and `delete` too, or None where the subject has no such verb.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.parse

import bare
from engine import Engine
from measure import Failed, Ran, run

HOOKS = ("onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")


def repository(folder, image):
    """Makes a repository of one commit whose five hooks each print a line."""
    configuration = {"name": "bench", "image": image, **{hook: f"echo ran {hook}" for hook in HOOKS}}
    (folder / ".devcontainer").mkdir(parents=True)
    (folder / ".devcontainer/devcontainer.json").write_text(json.dumps(configuration, indent=2))
    _commit(folder)


def sample(folder, source):
    """Makes a repository of one commit out of a sample of ours."""
    shutil.copytree(source, folder)
    # The reference mounts it, and its user in the container is another than ours.
    subprocess.run(["chmod", "-R", "a+rwX", str(folder)], check=True)
    _commit(folder)


def _commit(folder):
    git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run(git + words, check=True)


def _outcome(ran):
    """Returns the JSON object that an `up` ends with, if it says success."""
    lines = ran.stdout.strip()
    try:
        answer = json.loads(lines)
    except json.JSONDecodeError:
        answer = json.loads(lines.splitlines()[-1]) if lines else {}
    if answer.get("outcome") != "success":
        raise Failed(f"up did not say success: {lines[-2000:]}")
    return answer


class Bare:
    """The API calls alone, timed inside this process: no program starts, nothing is read or recorded."""

    name = "bare"

    def __init__(self, path, image):
        self._path, self._image, self._containers = path, image, {}

    def config(self, _number):
        return None

    def up(self, number):
        self._containers[number], steps = bare.life(self._engine(), self._image)
        return Ran("", "", sum(ms for _, ms in steps))

    def exec(self, number):
        return self._timed(lambda engine: engine.exec(self._containers[number], ["echo", "hi"]))

    def delete(self, number):
        return self._timed(lambda engine: engine.remove(self._containers.pop(number)))

    def tidy(self):
        for number in list(self._containers):
            self.delete(number)

    def _engine(self):
        engine = Engine(self._path)
        engine.call("GET", "/_ping")
        return engine

    def _timed(self, act):
        engine, began = self._engine(), time.perf_counter()
        act(engine)
        return Ran("", "", (time.perf_counter() - began) * 1000)


class Reference:
    """`@devcontainers/cli`; it has no verb to delete."""

    name = "reference"

    def __init__(self, program, path, folders, hooks=HOOKS):
        self._program, self._engine_path, self._folders, self._hooks = program, path, folders, hooks

    def config(self, number):
        return run([self._program, "read-configuration", "--workspace-folder", str(self._folders[number])])

    def up(self, number):
        ran = run([self._program, "up", "--workspace-folder", str(self._folders[number])])
        _outcome(ran)
        missing = [hook for hook in self._hooks if f"ran {hook}" not in ran.stdout + ran.stderr]
        if missing:
            raise Failed(f"the reference did not run {', '.join(missing)}")
        return ran

    def exec(self, number):
        return run([self._program, "exec", "--workspace-folder", str(self._folders[number]), "echo", "hi"])

    def delete(self, number):
        engine = Engine(self._engine_path)
        label = json.dumps({"label": [f"devcontainer.local_folder={self._folders[number]}"]})
        found = engine.call("GET", "/containers/json?" + urllib.parse.urlencode({"all": 1, "filters": label}))
        for container in json.loads(found):
            engine.remove(container["Id"])
        # The folder itself was mounted: what the hooks made there would spare the next ones their work.
        subprocess.run(["git", "-C", str(self._folders[number]), "clean", "-ffdxq"], check=True)

    def tidy(self):
        engine = Engine(self._engine_path)
        for number, folder in enumerate(self._folders):
            self.delete(number)
            # It builds an image for the user of each folder.
            filters = urllib.parse.urlencode({"filters": json.dumps({"reference": [f"vsc-{folder.name}-*"]})})
            for image in json.loads(engine.call("GET", "/images/json?" + filters)):
                for tag in image["RepoTags"]:
                    engine.call("DELETE", f"/images/{tag}")


class Ours:
    """`localspace`, with a home of its own."""

    name = "localspace"

    def __init__(self, program, home, folders, hooks=HOOKS):
        self._program, self._folders, self._hooks = str(pathlib.Path(program).resolve()), folders, hooks
        self._env = {"LOCALSPACE_HOME": str(home)}
        self._made = set()

    def config(self, number):
        return run([self._program, "config", "--json", str(self._folders[number])], self._env)

    def up(self, number):
        self._made.add(number)
        ran = run([self._program, "up", "--json", str(self._folders[number]), "--name", self._codespace(number)], self._env)
        phases = {phase["phase"]: phase["outcome"] for phase in _outcome(ran)["phases"]}
        not_run = [hook for hook in self._hooks if phases.get(hook) != "succeeded"]
        if not_run:
            raise Failed(f"localspace did not run {', '.join(not_run)}")
        return ran

    def exec(self, number):
        return run([self._program, "exec", "-c", self._codespace(number), "--", "echo", "hi"], self._env)

    def delete(self, number):
        ran = run([self._program, "delete", "-c", self._codespace(number)], self._env)
        self._made.discard(number)
        return ran

    def tidy(self):
        for number in list(self._made):
            try:
                self.delete(number)
            except Failed as error:  # must not hide what went wrong before it
                print(f"bench: not removed: {error}", file=sys.stderr)

    @staticmethod
    def _codespace(number):
        return f"bench-{os.getpid()}-{number}"
