"""Runs one program to its end and measures it: by its wall time, or by its memory (see spawn.py), never both in one run."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SPAWN = [sys.executable, "-I", "-S", str(pathlib.Path(__file__).with_name("spawn.py"))]


class Failed(Exception):
    """A measured program did not do what it was run for: its figures say nothing."""


@dataclasses.dataclass(frozen=True)
class Ran:
    stdout: str
    stderr: str
    ms: float
    rss_mb: float | None = None


_by_memory = False


@contextlib.contextmanager
def by_memory():
    """Until it ends, programs run through the spawner: `rss_mb` is known, `ms` holds the spawner's own time and is worth nothing."""
    global _by_memory
    _by_memory = True
    try:
        yield
    finally:
        _by_memory = False


def run(command, env=None):
    """Runs a command; its output goes to files, so that no pipe makes it wait for us. Raises Failed unless it ends with 0."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        words = SPAWN + command if _by_memory else command
        began = time.perf_counter()
        code = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **(env or {})}, check=False).returncode
        ms = (time.perf_counter() - began) * 1000
        stdout, stderr = _text(out), _text(err)
    if code != 0:
        raise Failed(f"{' '.join(command)} ended with exit code {code}:\n{stderr[-2000:]}")
    return Ran(stdout, stderr, ms, float(stderr.split()[-1]) if _by_memory else None)


def floor_mb():
    """Returns what `true` is charged with: less than that cannot be told apart."""
    with by_memory():
        return run(["true"]).rss_mb


def _text(file):
    file.seek(0)
    return file.read().decode(errors="replace")
