#!/usr/bin/env python3
"""Measures localspace beside the reference CLI and the bare API calls: one codespace at a time, and several at once.

The subjects take turns within a round, so that what else the machine does falls on all alike. A run that fails ends the bench:
its time would say nothing.
"""

import argparse
import contextlib
import pathlib
import statistics
import tempfile
import threading
import time

import measure
from engine import EngineError, socket_path
from subjects import Bare, Ours, Reference, repository


def one_at_a_time(subject, found, number=0):
    """Notes the times and the memory of one codespace's life."""
    for verb in ("up", "exec", "delete"):
        ran = getattr(subject, verb)(number)
        if ran:
            found.setdefault((subject.name, verb), []).append(ran.ms)
            found.setdefault((subject.name, f"{verb} MB"), []).append(ran.rss_mb)


def at_once(subject, count, found):
    """Notes how long it takes until the last of several codespaces is up."""
    rss, errors = [], []

    def one(number):
        try:
            rss.append(subject.up(number).rss_mb)
        except Exception as error:  # a thread's error would be lost: it is raised below
            errors.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ms = (time.perf_counter() - began) * 1000
    if errors:
        raise errors[0]
    found.setdefault((subject.name, "at once"), []).append(ms)
    found.setdefault((subject.name, "at once MB"), []).append(max(rss))
    for number in range(count):
        subject.delete(number)


def rows(found, names, columns):
    """Returns the table: a line per subject with its medians and their spread, then the ratios of ours."""
    median = {key: statistics.median(values) for key, values in found.items()}
    for name in names:
        cells = [_cell(found.get((name, column)), column) for _, column in columns]
        yield name, cells
    ours = "localspace"
    for other in (name for name in names if name != ours and ours in names):
        pairs = [(median.get((ours, column)), median.get((other, column))) for _, column in columns]
        yield f"localspace / {other}", [f"{a / b:.2f}" if a and b else "-" for a, b in pairs]


def _cell(values, column):
    if not values or not any(values):
        return "-"
    if column.endswith("MB"):
        return f"{max(values):.1f}"
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def report(found, names, args):
    columns = [("up ms", "up"), ("exec ms", "exec"), ("delete ms", "delete"), (f"{args.at_once} up ms", "at once"), ("up MB", "up MB"),
               (f"{args.at_once} up MB", "at once MB")]
    print(f"\n{args.image}, five echo hooks; {args.runs} runs one at a time, {args.rounds} of {args.at_once} at once. Milliseconds: median (lowest-highest).")
    print("MB: the highest peak of one process;", f"less than {measure.floor_mb():.1f} cannot be told apart.")
    print("bare: create, start, five execs, timed inside the process that makes the calls; no clone, no volume, no record.")
    print(f"\n{'':<24}" + "".join(f"{title:>18}" for title, _ in columns))
    for name, cells in rows(found, names, columns):
        print(f"{name:<24}" + "".join(f"{cell:>18}" for cell in cells))


def subjects(args, folder):
    """Makes the subjects that there are, each with repositories of its own."""
    path = socket_path()
    yield Bare(path, args.image)
    for name, program in (("reference", args.reference), ("localspace", args.ours)):
        if not program:
            print(f"{name}: not measured")
            continue
        folders = [folder / f"{name}-{number}" for number in range(max(1, args.at_once))]
        for one in folders:
            repository(one, args.image)
        yield Reference(program, path, folders) if name == "reference" else Ours(program, folder / "home", folders)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", metavar="PROGRAM", help="localspace")
    parser.add_argument("--reference", metavar="PROGRAM", help="devcontainer, of @devcontainers/cli")
    parser.add_argument("--image", default="busybox:1")
    parser.add_argument("--runs", type=int, default=7, help="codespaces one at a time (default 7)")
    parser.add_argument("--at-once", type=int, default=10, help="codespaces at once (default 10)")
    parser.add_argument("--rounds", type=int, default=3, help="how often several at once are made (default 3)")
    return parser.parse_args()


def main():
    args, found = arguments(), {}
    with tempfile.TemporaryDirectory(prefix="localspace-bench-") as folder, contextlib.ExitStack() as after:
        measured = list(subjects(args, pathlib.Path(folder)))
        for subject in measured:
            after.callback(subject.tidy)
        for subject in measured:
            one_at_a_time(subject, {})  # warms the caches, and is not counted
        for _ in range(args.runs):
            for subject in measured:
                one_at_a_time(subject, found)
        for _ in range(args.rounds):
            for subject in measured:
                at_once(subject, args.at_once, found)
        report(found, [subject.name for subject in measured], args)


if __name__ == "__main__":
    try:
        main()
    except (EngineError, measure.Failed) as error:
        raise SystemExit(f"bench: error: {error}")
