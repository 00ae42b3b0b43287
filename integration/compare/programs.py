"""One run of each program over a configuration, with the same made-up world."""

import dataclasses
import json
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).parent
LONGEST = 120  # seconds
# Folders of one run, and what the reference says of logins that were not made (CONFIGURATION.md has it among the decisions).
LEFT_OUT = ("cachePath", "dstFolder", "ociAuthDiagnostics")


@dataclasses.dataclass(frozen=True)
class Answer:
    """A document, or why there is none."""

    document: dict | None
    error: str
    stderr: str


def environment(folder, docker, ca):
    """Returns what both programs have in their environment."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "LOCALSPACE_HOME": str(folder / "localspace"),
        "DOCKER_CONFIG": str(folder / "docker"),
        "DOCKER_HOST": f"unix://{folder / 'engine.sock'}",
        "COMPARE_DOCKER": docker,
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
        # A corpus of another user is a repository all the same.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        **({"NODE_EXTRA_CA_CERTS": ca, "SSL_CERT_FILE": ca} if ca else {}),
    }


def words(case):
    """Returns the arguments, which are the same for both."""
    named = [] if case.is_found else ["--config", str(case.file)]
    return ["read-configuration", "--workspace-folder", str(case.folder), *named, "--include-merged-configuration", "--docker-path", str(HERE / "docker.py")]


def ask(program, case, env, more=()):
    """Runs one of them."""
    try:
        ran = subprocess.run([program, *words(case), *more], env=env, capture_output=True, text=True, errors="replace", timeout=LONGEST, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Answer(None, f"no answer within {LONGEST} s", "")
    if ran.returncode == 0:
        return Answer(cleaned(json.loads(ran.stdout)), "", ran.stderr)
    return Answer(None, reason(ran.stderr) or f"exit code {ran.returncode}", ran.stderr)


def reason(stderr):
    """Returns the error among what a program wrote. The reference logs it with its stack, as JSON lines."""
    texts = []
    for line in stderr.splitlines():
        if line.startswith("{"):
            try:
                texts.append(str(json.loads(line).get("text", "")))
            except ValueError:
                continue
    stacks = [text for text in texts if re.search(r"\n\s+at ", text)]
    if stacks:
        return re.split(r"\n\s+at ", stacks[-1])[0]
    ours = stderr[stderr.find("error: "):] if "error: " in stderr else ""
    return ours or (texts[-1] if texts else stderr.strip()[-500:])


def cleaned(value):
    """Returns a document without what is not compared."""
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items() if name not in LEFT_OUT}
    return [cleaned(one) for one in value] if isinstance(value, list) else value
