#!/usr/bin/env python3
"""What a codespace with five echo hooks costs when done plainly: create, start, five execs, one after the other, as bare API calls.

A yardstick, no lower bound: who starts the execs together can be faster.

    bare.py IMAGE                    a container's life; prints JSON with the milliseconds of each step
    bare.py --exec-only CONTAINER    one exec in a container that runs
"""

import argparse
import json
import time

from engine import Engine, socket_path

HOOKS = 5


def timed(steps, name, act):
    """Runs an act and notes its wall time in milliseconds."""
    began = time.perf_counter()
    result = act()
    steps.append((name, (time.perf_counter() - began) * 1000))
    return result


def life(engine, image):
    """Returns a container that has lived up to its last hook, and the steps; it is the caller's to remove."""
    steps = []
    container = timed(steps, "create", lambda: engine.create(image))
    try:
        timed(steps, "start", lambda: engine.start(container))
        for number in range(1, HOOKS + 1):
            timed(steps, f"exec {number}", lambda: engine.exec(container, ["echo", "hook"]))
    except BaseException:
        engine.remove(container)
        raise
    return container, steps


def life_alone(engine, image):
    """Returns the steps of one container's life; it is removed afterwards, outside the times."""
    container, steps = life(engine, image)
    engine.remove(container)
    return steps


def exec_only(engine, container):
    """Returns the one step of an exec."""
    steps = []
    timed(steps, "exec", lambda: engine.exec(container, ["echo", "hook"]))
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exec-only", action="store_true", help="the argument is a container that runs")
    parser.add_argument("subject", metavar="IMAGE|CONTAINER")
    args = parser.parse_args()
    engine = Engine(socket_path())
    # The connection's own set-up is no step: every caller has it once.
    engine.call("GET", "/_ping")
    steps = exec_only(engine, args.subject) if args.exec_only else life_alone(engine, args.subject)
    times = {name: round(ms, 1) for name, ms in steps}
    print(json.dumps({"steps": times, "total": round(sum(ms for _, ms in steps), 1)}))


if __name__ == "__main__":
    main()
