"""Runs one program to its end: wall time, and the most memory that it or a process of its own held."""

import dataclasses
import os
import subprocess
import sys
import tempfile
import time

# Linux counts ru_maxrss in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A measured program did not do what it was run for: its time says nothing."""


@dataclasses.dataclass(frozen=True)
class Ran:
    ms: float
    rss_mb: float
    stdout: str
    stderr: str


def run(command, env=None):
    """Runs a command; its output goes to files, so that no pipe makes it wait for us. Raises Failed unless it ends with 0."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(child.pid, 0)
        ms = (time.perf_counter() - began) * 1000
        child.returncode = os.waitstatus_to_exitcode(status)
        ran = Ran(ms, usage.ru_maxrss * RSS_UNIT / 1e6, _text(out), _text(err))
    if child.returncode != 0:
        raise Failed(f"{' '.join(command)} ended with exit code {child.returncode}:\n{ran.stderr[-2000:]}")
    return ran


def floor_mb():
    """Returns what `true` is charged with: a child starts as a copy of this program, and no less can be measured."""
    return run(["true"]).rss_mb


def _text(file):
    file.seek(0)
    return file.read().decode(errors="replace")
