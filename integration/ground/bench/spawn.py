"""Runs a program and writes the most memory that a process of it held, in MB, as the last line of standard error.

A child is charged with the size of the program that forked it, as getrusage counts across exec. So this one is run with `python3 -I -S`
and imports next to nothing: that keeps what cannot be told apart small.
"""

import os
import sys

RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB

child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
os.write(2, f"\n{usage.ru_maxrss * RSS_UNIT / 1e6}\n".encode())
sys.exit(os.waitstatus_to_exitcode(status))
