"""The project's tests: python3 tests.py"""
import sys

sys.path.insert(0, "wordcount")
from main import count

CASES = [("", 0), ("one", 1), ("  two   words\n", 2)]
for text, expected in CASES:
    assert count(text) == expected, (text, expected, count(text))
print(f"{len(CASES)} cases passed")
