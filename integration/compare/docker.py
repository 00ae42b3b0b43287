#!/usr/bin/env python3
"""The docker command of a made-up engine, which has every image and no container; Compose is the real one."""

import json
import os
import sys

import made_up


def main(words):
    match words:
        case ["compose", *_]:
            os.execv(os.environ["COMPARE_DOCKER"], ["docker", *words])
        case ["ps", *_]:
            return 0
        case ["inspect", "--type", "image", name]:
            found = made_up.image(name)
            print(json.dumps([found] if found else []))
            if not found:
                print(f"Error: No such image: {name}", file=sys.stderr)
            return 0 if found else 1
        case ["version", *_]:
            print("26.1.5")
            return 0
        case _:
            print(f"the made-up engine does not know: {' '.join(words)}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
