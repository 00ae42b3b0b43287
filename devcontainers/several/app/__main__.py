"""Adds numbers."""

import sys

print(sum(int(number) for number in sys.argv[1:]))
