"""Images and Features that are made up by their names, the same for both programs: what they hold does not matter, what becomes of it does."""

import hashlib
import io
import json
import tarfile

# What an image's metadata label may hold. Each image has some of them.
ENTRIES = [
    {"id": "ghcr.io/made/up/one:1", "onCreateCommand": "echo one ${containerWorkspaceFolder}", "mounts": ["source=one-${devcontainerId},target=/one,type=volume"]},
    {"id": "ghcr.io/made/up/two:2", "entrypoint": "/usr/local/share/two.sh", "capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined"], "privileged": True},
    {"remoteUser": "vscode", "postCreateCommand": {"a": "echo a", "b": ["echo", "${localWorkspaceFolderBasename}"]}},
    {"customizations": {"vscode": {"extensions": ["made.up"], "settings": {"made.up": True}}, "codespaces": {"openFiles": ["README.md"]}}},
    {"forwardPorts": [3000, "db:5432", "localhost:8080"], "portsAttributes": {"3000": {"label": "made up"}, "8080": {"onAutoForward": "silent"}}},
    {"remoteEnv": {"PATH": "${containerEnv:PATH}:/made/up", "WHO": "${localEnv:WHO:nobody}"}, "containerEnv": {"MADE": "up"}, "userEnvProbe": "loginShell"},
    {"hostRequirements": {"cpus": 2, "memory": "4gb", "storage": "1tb", "gpu": "optional"}, "init": True, "overrideCommand": False},
    {"waitFor": "onCreateCommand", "updateRemoteUserUID": False, "shutdownAction": "none", "otherPortsAttributes": {"onAutoForward": "ignore"}},
]


def _bits(name):
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def label(image):
    """Returns an image's metadata label: none, one entry, several, or no JSON."""
    bits = _bits(image)
    entries = [entry for number, entry in enumerate(ENTRIES) if bits >> number & 1]
    kind = (bits >> 16) % 8
    if kind == 0:
        return None
    if kind == 1:
        return "no JSON"
    return json.dumps(entries[0] if kind == 2 and entries else entries)


def image(name):
    """Returns what an engine says of an image; `scratch` is none."""
    if not name or name == "scratch":
        return None
    metadata = label(name)
    return {
        "Id": digest(name.encode()),
        "RepoTags": [name],
        "Architecture": "amd64",
        "Os": "linux",
        "Config": {
            "User": ["", "root", "vscode"][_bits(name) % 3],
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "MADE=up"],
            "Labels": {"made": "up"} if metadata is None else {"devcontainer.metadata": metadata},
            "Entrypoint": None,
            "Cmd": ["bash"],
        },
    }


def feature(resource):
    """Returns the metadata of a Feature that the corpus does not have."""
    name = resource.rsplit("/", 1)[-1]
    bits = _bits(resource)
    made = {
        "id": name,
        "version": f"{bits % 4}.{bits % 7}.{bits % 5}",
        "name": f"Made up {name}",
        "options": {"version": {"type": "string", "proposals": ["latest"], "default": "latest"}, "extra": {"type": "boolean", "default": False}},
    }
    more = [
        {"customizations": {"vscode": {"extensions": [f"made.{name}"]}}},
        {"mounts": [{"source": f"{name}-${{devcontainerId}}", "target": f"/{name}", "type": "volume"}]},
        {"entrypoint": f"/usr/local/share/{name}.sh", "privileged": True},
        {"capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined"], "init": True},
        {"onCreateCommand": f"echo {name}", "postAttachCommand": {"a": f"echo {name}"}},
        {"containerEnv": {name.upper().replace("-", "_"): "${PATH}"}},
        {"installsAfter": ["ghcr.io/devcontainers/features/common-utils"]},
    ]
    for number, one in enumerate(more):
        if bits >> number & 1:
            made.update(one)
    return made


def layer(metadata):
    """Returns the archive of a Feature."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, text in (("devcontainer-feature.json", json.dumps(metadata)), ("install.sh", "#!/bin/sh\n")):
            about = tarfile.TarInfo(f"./{name}")
            about.size, about.mode = len(text.encode()), 0o755
            archive.addfile(about, io.BytesIO(text.encode()))
    return data.getvalue()


def manifest(metadata):
    """Returns the bytes of a Feature's manifest."""
    archive = layer(metadata)
    return json.dumps({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.devcontainers", "digest": digest(b"{}"), "size": 2},
        "layers": [{
            "mediaType": "application/vnd.devcontainers.layer.v1+tar",
            "digest": digest(archive),
            "size": len(archive),
            "annotations": {"org.opencontainers.image.title": f"devcontainer-feature-{metadata.get('id')}.tgz"},
        }],
        "annotations": {"dev.containers.metadata": json.dumps(metadata), "com.github.package.type": "devcontainer_feature"},
    }).encode()


def digest(data):
    """Returns a digest as registries write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
