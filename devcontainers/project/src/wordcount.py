"""Counts the words of files."""
import sys


def count(text):
    """Returns how many words a text has."""
    return len(text.split())


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            print(count(file.read()), path)
