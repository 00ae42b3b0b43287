#!/usr/bin/env python3
"""Measures localspace beside the reference CLI and the bare API calls: one codespace at a time, several at once, and
the samples under devcontainers/.

The subjects take turns within a round, so that what else the machine does falls on all alike. A run that fails ends the bench:
its time would say nothing.
"""

import argparse
import contextlib
import os
import pathlib
import statistics
import tempfile
import threading
import time

import measure
from engine import EngineError, socket_path
from subjects import Bare, Ours, Reference, repository, sample

# Those that need no private registry, which the reference has no login for.
SAMPLES = ("hello", "parallel", "project")


def one_at_a_time(subject, found, number=0):
    """Notes the times of one codespace's life."""
    for verb in ("config", "up", "exec", "delete"):
        ran = getattr(subject, verb)(number)
        if ran:
            found.setdefault((subject.name, verb), []).append(ran.ms)


def up_together(subject, count):
    """Brings several codespaces up at once; returns what each came to, and the milliseconds until the last was up."""
    ran, errors = [], []

    def one(number):
        try:
            ran.append(subject.up(number))
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
    for number in range(count):
        subject.delete(number)
    return ran, ms


def memory(subject, args, found):
    """Notes the memory of an `up` alone and of each of several, in runs whose time is not counted."""
    with measure.by_memory():
        ran = [subject.up(0)]
        subject.delete(0)
        together, _ = up_together(subject, args.at_once)
    found[subject.name, "up MB"] = [one.rss_mb for one in ran if one.rss_mb]
    found[subject.name, "at once MB"] = [one.rss_mb for one in together if one.rss_mb]


def rows(found, names, columns, floor):
    """Returns the table: a line per subject with its medians and their spread, then the ratios of ours."""
    for name in names:
        yield name, [_cell(found.get((name, column)), column, floor) for column in columns]
    ours = "localspace"
    for other in (name for name in names if name != ours and ours in names):
        yield f"{ours} / {other}", [_ratio(found.get((ours, column)), found.get((other, column)), column, floor) for column in columns]


def _cell(values, column, floor):
    if not values:
        return "-"
    if column.endswith("MB"):
        return f"{max(values):.1f}" if _told_apart(values, floor) else f"<= {floor:.1f}"
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def _ratio(ours, other, column, floor):
    if not ours or not other:
        return "-"
    if column.endswith("MB"):
        return f"{max(ours) / max(other):.2f}" if _told_apart(ours, floor) and _told_apart(other, floor) else "-"
    return f"{statistics.median(ours) / statistics.median(other):.2f}"


def _told_apart(values, floor):
    # What a child is charged with at birth varies by some pages.
    return max(values) > floor + 0.5


def report(found, names, args, load):
    titles = {"config": "config ms", "up": "up ms", "exec": "exec ms", "delete": "delete ms", "at once": f"{args.at_once} up ms", "up MB": "up MB", "at once MB": f"{args.at_once} up MB"}
    floor = measure.floor_mb()
    print(f"\n{args.image}, five echo hooks; {args.runs} runs one at a time, {args.rounds} of {args.at_once} at once; load {load:.1f} before it on {os.cpu_count()} cores.")
    print("Milliseconds: median (lowest-highest); ratios are of medians.")
    print(f"MB: the highest peak of one process, in runs of their own; less than {floor:.1f} cannot be told apart.")
    print("bare: create, start, five execs one after the other, timed inside the process that makes the calls; no clone, no volume, no record.")
    print("It is no lower bound: localspace starts the execs of its hooks together.")
    print(f"\n{'':<24}" + "".join(f"{title:>18}" for title in titles.values()))
    for name, cells in rows(found, names, titles, floor):
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


def sample_subjects(args, folder):
    """Makes the subjects for the samples; codespace number N is sample number N."""
    for name, program in (("reference", args.reference), ("localspace", args.ours)):
        if not program:
            continue
        folders = [folder / f"{name}-{one}" for one in SAMPLES]
        for one, to in zip(SAMPLES, folders):
            sample(to, pathlib.Path(__file__).parents[3] / "devcontainers" / one)
        # That every hook succeeded is what their outcome says; what they print differs from sample to sample.
        yield Reference(program, socket_path(), folders, ()) if name == "reference" else Ours(program, folder / "samples-home", folders, ())


def up_samples(measured, runs, found):
    """Notes the times of the `up` of each sample."""
    for number, one in enumerate(SAMPLES):
        for count in range(runs + 1):
            for subject in measured:
                ms = subject.up(number).ms
                if count:  # the first warms the caches: the reference builds an image then
                    found.setdefault((subject.name, one), []).append(ms)
                subject.delete(number)


def report_samples(found, names, runs):
    print(f"\nThe samples under devcontainers/, {runs} runs of `up` each, in milliseconds:\n")
    print(f"{'':<24}" + "".join(f"{one:>20}" for one in SAMPLES))
    for name, cells in rows(found, names, SAMPLES, 0):
        print(f"{name:<24}" + "".join(f"{cell:>20}" for cell in cells))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", metavar="PROGRAM", help="localspace")
    parser.add_argument("--reference", metavar="PROGRAM", help="devcontainer, of @devcontainers/cli")
    parser.add_argument("--image", default="busybox:1")
    parser.add_argument("--runs", type=int, default=7, help="codespaces one at a time (default 7)")
    parser.add_argument("--at-once", type=int, default=10, help="codespaces at once (default 10)")
    parser.add_argument("--rounds", type=int, default=3, help="how often several at once are made (default 3)")
    parser.add_argument("--sample-runs", type=int, default=3, help="codespaces of each sample (default 3)")
    return parser.parse_args()


def main():
    # What else the machine does is part of what a figure means; taken first, for the bench is a load itself.
    args, found, load = arguments(), {}, os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="localspace-bench-") as folder, contextlib.ExitStack() as after:
        measured = list(subjects(args, pathlib.Path(folder)))
        samples = list(sample_subjects(args, pathlib.Path(folder)))
        for subject in measured + samples:
            after.callback(subject.tidy)
        for subject in measured:
            one_at_a_time(subject, {})  # warms the caches, and is not counted
        for _ in range(args.runs):
            for subject in measured:
                one_at_a_time(subject, found)
        for _ in range(args.rounds):
            for subject in measured:
                found.setdefault((subject.name, "at once"), []).append(up_together(subject, args.at_once)[1])
        for subject in measured:
            memory(subject, args, found)
        up_samples(samples, args.sample_runs, found)
        report(found, [subject.name for subject in measured], args, load)
        report_samples(found, [subject.name for subject in samples], args.sample_runs)


if __name__ == "__main__":
    try:
        main()
    except (EngineError, measure.Failed) as error:
        raise SystemExit(f"bench: error: {error}")
