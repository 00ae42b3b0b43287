"""Compares what localspace and the reference CLI make of every configuration of a folder.

Both run `read-configuration --include-merged-configuration` with the same made-up engine, which has every image, and a made-up registry, which has
every Feature. A line is printed for each configuration that is not a match; the exit code is 1 where a difference is neither decided in CONFIGURATION.md nor explained.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

import corpus
import decisions
import programs
import servers

TOP = pathlib.Path(__file__).parents[2]
SHOWN = 200  # of a value, in characters


def compare(case, args, env):
    """Returns `match`, `decided`, `not comparable` or `unexplained`, and what is to be said of it."""
    ours = programs.ask(args.ours, case, env)
    theirs = programs.ask(args.reference, case, env, ["--log-level", "debug", "--log-format", "json"])
    if ours.document is None and theirs.document is None:
        return both_failed(ours.error, theirs.error, args.has_registry)
    if ours.document is None or theirs.document is None:
        whose, failed = ("ours", ours) if ours.document is None else ("theirs", theirs)
        error = failed.error
        row = decisions.decided_error(whose, f"{error}\n{failed.stderr}")
        return ("decided", [row]) if row else ("unexplained", [f"{'localspace' if whose == 'ours' else 'the reference'} alone fails: {first_line(error)}"])
    found = list(decisions.differences(ours.document, theirs.document))
    rows = {path: decisions.decided(path, our, their, case) for path, our, their in found}
    left = [f"{'.'.join(map(str, path))}: localspace {shown(our)}, the reference {shown(their)}"
            for path, our, their in found if not (rows[path] or decisions.follows(path, rows))]
    if left:
        return "unexplained", left
    return ("decided", sorted(set(filter(None, rows.values())))) if rows else ("match", [])


def both_failed(ours, theirs, has_registry):
    kind = decisions.same_class(ours, theirs)
    if kind == "Feature" and (not has_registry or "tarball" in theirs or "://" in theirs):
        return "not comparable", ["a Feature that is out of reach for both"]
    if kind:
        return "match", []
    row = decisions.decided_error("ours", ours)
    if row:
        return "decided", [row]
    return "unexplained", [f"localspace: {first_line(ours)}", f"the reference: {first_line(theirs)}"]


def first_line(text):
    return next((line for line in text.splitlines() if line.strip()), "")[:SHOWN * 2]


def shown(value):
    return "has none" if value is decisions.MISSING else json.dumps(value, ensure_ascii=False)[:SHOWN]


def report(found, verbose):
    counts, by_row = collections.Counter(kind for _, kind, _ in found), collections.Counter()
    for case, kind, said in found:
        if kind in ("decided", "not comparable"):
            by_row.update((kind, row) for row in said)
        if kind == "unexplained" or verbose:
            print(f"{kind}: {case.name}" + "".join(f"\n    {line}" for line in said))
    print(f"not compared: {', '.join(programs.LEFT_OUT)}")
    print(f"{len(found)} configurations: {counts['match']} match, {counts['decided']} differ as decided, {counts['not comparable']} not comparable here, {counts['unexplained']} unexplained")
    for (kind, row), count in sorted(by_row.items()):
        print(f"    {count} {kind}: {row}")


def with_network(folder, hosts):
    """Becomes a process with a network and a list of hosts of its own, in which every registry is this machine; returns whether that was possible."""
    names = folder / "hosts"
    names.write_text(f"127.0.0.1 localhost {' '.join(hosts)}\n")
    enter = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    inner = ["sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(names), sys.executable, "-B", *sys.argv, "--inside", str(folder)]
    if not all(map(shutil.which, ("unshare", "mount", "openssl"))) or subprocess.run([*enter, "true"], capture_output=True).returncode:
        return None
    extensions = "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=made up", "-addext", extensions, "-addext", "basicConstraints=critical,CA:FALSE",
                    "-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem")], check=True, capture_output=True)
    return subprocess.run([*enter, *inner]).returncode


def loopback():
    """Switches the loopback interface on, which is off in a new network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running, set_flags = 0x1 | 0x40, 0x8914
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


def run(args, folder):
    """Compares, and returns the exit code."""
    for name in ("home", "docker"):
        (folder / name).mkdir(exist_ok=True)
    servers.engine(str(folder / "engine.sock"))
    if args.has_registry:
        loopback()
        servers.registry(folder / "ca.pem", folder / "key.pem", features(args.folder))
    env = programs.environment(folder, shutil.which("docker") or "docker", str(folder / "ca.pem") if args.has_registry else "")
    cases = list(corpus.cases(args.folder))
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        found = [(case, *answer) for case, answer in zip(cases, pool.map(lambda case: compare(case, args, env), cases))]
    report(found, args.verbose)
    return int(any(kind == "unexplained" for _, kind, _ in found))


def features(top):
    """Returns the metadata of the Features of a corpus, by their ids."""
    found = {}
    for path in corpus.feature_files(top):
        with contextlib.suppress(ValueError):
            metadata = json.loads(path.read_text(errors="replace"))
            if isinstance(metadata, dict) and metadata.get("id") == path.parent.name:
                found.setdefault(metadata["id"], metadata)
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="where to look for configurations")
    parser.add_argument("--ours", required=True, metavar="PROGRAM", help="localspace")
    parser.add_argument("--reference", required=True, metavar="PROGRAM", help="devcontainer, of @devcontainers/cli")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once (default: one for each core)")
    parser.add_argument("--verbose", action="store_true", help="print a line for matches too")
    parser.add_argument("--inside", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.folder = args.folder.absolute()
    args.has_registry = args.inside is not None
    return args


def main():
    args = arguments()
    unknown = decisions.unknown_rows((TOP / "CONFIGURATION.md").read_text())
    if unknown:
        raise SystemExit(f"compare: error: CONFIGURATION.md has no row that begins with: {'; '.join(unknown)}")
    if args.inside:
        return run(args, args.inside)
    with tempfile.TemporaryDirectory(prefix="localspace-compare-") as folder:
        code = with_network(pathlib.Path(folder), corpus.registries(args.folder))
        if code is None:
            print("compare: there is no network of its own to be had: Features of registries are left out", file=sys.stderr)
            code = run(args, pathlib.Path(folder))
        return code


if __name__ == "__main__":
    sys.exit(main())
