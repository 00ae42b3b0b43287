"""The configurations of a folder: every devcontainer.json in it, with the folder that a person would open to use it."""

import dataclasses
import os
import pathlib
import re

SKIPPED = {".git", "node_modules"}


@dataclasses.dataclass(frozen=True)
class Case:
    """One configuration."""

    file: pathlib.Path
    folder: pathlib.Path  # what is opened
    is_found: bool  # without being named
    name: str  # for people: its path in the corpus


def cases(top):
    """Yields a case for each file, in the order of their paths."""
    for path in sorted(_files(top)):
        folder, is_found = _opened(path)
        yield Case(path, folder, is_found, str(path.relative_to(top)))


def feature_files(top):
    """Yields every devcontainer-feature.json."""
    for path in sorted(_walk(top)):
        if path.name == "devcontainer-feature.json":
            yield path


def registries(top):
    """Returns the hosts that Features are named to be at."""
    pattern = re.compile(r'"(?:https://)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)/[\w./-]+(?:[:@][\w.:-]+)?"\s*[:,\]]')
    texts = (path.read_text(errors="replace") for path in [*_files(top), *feature_files(top)])
    return sorted({host for text in texts for host in pattern.findall(text)} | {"ghcr.io", "localhost"})


def _walk(top):
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (pathlib.Path(folder, name) for name in names)


def _files(top):
    """A name of another kind, such as `input.devcontainer.json`, is one that only --config finds."""
    return (path for path in _walk(top) if path.name == "devcontainer.json" or path.name.endswith(".devcontainer.json"))


def _opened(path):
    parent = path.parent
    if path.name == "devcontainer.json" and parent.name == ".devcontainer":
        return parent.parent, True
    if path.name == ".devcontainer.json":
        return parent, not (parent / ".devcontainer/devcontainer.json").exists()
    around = [folder for folder in path.parents if folder.name == ".devcontainer"]
    return (around[-1].parent if around else parent), False
