"""The differences that are decided: each is a row of CONFIGURATION.md, known by how the row begins, and told from the two answers and the file."""

import re

EMPTY_REQUIREMENTS = {"cpus": None, "memory": "-Infinity", "storage": "-Infinity"}
MISSING = object()
VARIABLE = r"\$\{(?:localEnv|env|containerEnv):[^:}]*:"


def differences(ours, theirs, path=()):
    """Yields the paths at which two JSON values differ, with both values there."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in {**theirs, **ours}:
            yield from differences(ours.get(name, MISSING), theirs.get(name, MISSING), (*path, name))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, (*path, number))
    elif type(ours) is not type(theirs) or ours != theirs:
        yield path, ours, theirs


def decided(path, ours, theirs, case):
    """Returns the row that a difference of two documents is decided in, or None."""
    text = case.file.read_text(errors="replace")
    if path[0] == "mergedConfiguration" and has_unknown_modifier(case):
        return "a Dockerfile's base image"
    if "__proto__" in path:
        return "a name `__proto__`"
    if path == ("mergedConfiguration", "hostRequirements") and ours is MISSING and theirs == EMPTY_REQUIREMENTS:
        return "`hostRequirements` where nothing has metadata"
    if isinstance(ours, str) and isinstance(theirs, str):
        if re.search(VARIABLE + r"[^}]*\$\{", text):
            return "a variable in a default"
        if re.search(VARIABLE + r"[^}]*:", text):
            return "a default with colons"
        if "\ufffd" in ours and re.search(r"\\u[dD][89a-fA-F]", text):
            return "half of a surrogate pair"
    return None


def has_unknown_modifier(case):
    """Tells whether a Dockerfile beside the configuration names an image as docker does not read it, such as `${templateOption:x}`."""
    beside = {*case.file.parent.iterdir(), *case.folder.iterdir()}
    files = [path for path in beside if path.is_file() and "dockerfile" in path.name.lower()]
    return any(re.search(r"(?mi)^\s*(FROM|ARG)\s.*\$\{\w+:[^-+?}]", path.read_text(errors="replace")) for path in files)


def follows(path, rows):
    """Tells whether a difference of merged metadata follows from a decided one: another image has another label."""
    names_image = any(row and found[:2] in (("configuration", "image"), ("configuration", "build")) for found, row in rows.items())
    return names_image and path[0] == "mergedConfiguration"


# Where only one of them ends with an error: whose it is, what it says, and the row.
ALONE = [
    ("theirs", r"No image information specified|missing one of \"image\"", "neither, or no configuration at all"),
    ("ours", r"cannot both be: a container is made from one of them", "Compose and an image or a Dockerfile"),
    ("theirs", r"pull scratch", "`FROM scratch`"),
    ("theirs", r"Feature '\./[^']*\.\.[^']*' could not be processed", "`./x` of a Feature in the repository"),
    ("theirs", r"project name must not be empty", "a Compose project's name that is empty"),
    ("ours", r"outside (of )?the repository", "a Compose project's files"),
    ("ours", r"in double quotes|has no colon behind it|is no escape|closes nothing|list that is open here does not end|no closing quote on its line|expected a value", "a name without quotes, colon or value"),
    ("theirs", r"Legacy feature '.*' not supported", "a name in `overrideFeatureInstallOrder` that is no installed Feature's"),
    ("theirs", r"\.push is not a function", "a name `__proto__`"),
    ("ours", r"holds a NUL character", "a NUL character"),
    ("ours", r"`features(\.[^`]*)?` is expected to be an object", "`features` that is no object"),
    ("ours", r"GET http://(localhost|127\.0\.0\.1|\[::1\])", "a tarball's server on this machine"),
    ("ours", r"stand in each other", "lists and objects deeper than 200"),
    ("ours", r"leads to no file of the repository", "`--config` outside the repository"),
]


def decided_error(whose, error):
    """Returns the row in which it is decided that only one of them ends with this error, or None."""
    return next((row for side, pattern, row in ALONE if side == whose and re.search(pattern, error)), None)


# Reasons of one class, in the words of each.
CLASSES = {
    "no object": (r"must contain a JSON object literal|config \(.*\) not found", r"expected an object|the file is empty|holds no"),
    "variable without a name": (r"no environment variable name is given", r"names no variable"),
    "workspaceFolder": (r"\.replace is not a function", r"`workspaceFolder` is expected to be a string"),
    "no Dockerfile": (r"ENOENT.*", r"there is no Dockerfile"),
    "no image": (r"No image information specified", r"the image's name is empty"),
    "Compose file": (r"compose .*config|ENOENT", r"compose|Compose"),
    "Compose service": (r"Service '.*' configured in devcontainer\.json not found", r"service"),
    "Feature": (r"Feature|feature|tarball", r"Feature|feature"),
    "image cannot be had": (r"Command failed: .* pull", r"image"),
}


def same_class(ours, theirs):
    """Returns the class of reasons that both errors are of, or None."""
    fits = (name for name, (their, our) in CLASSES.items() if re.search(their, theirs) and re.search(our, ours))
    return next(fits, None)


def unknown_rows(documentation):
    """Returns the rows named here that the documentation does not have."""
    rows = {row for _, _, row in ALONE} | {"`hostRequirements` where nothing has metadata", "a variable in a default", "a default with colons", "half of a surrogate pair", "a Dockerfile's base image", "a name `__proto__`"}
    return sorted(row for row in rows if f"\n| {row}" not in documentation)
