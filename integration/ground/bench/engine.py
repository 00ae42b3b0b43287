"""The Docker Engine's HTTP API over its unix socket, with the standard library alone: the yardstick for the others."""

import http.client
import json
import os
import socket
import subprocess
import urllib.parse

LABEL = {"localspace.ground": "bench"}


class EngineError(Exception):
    """The engine refused a request, or a command in a container failed."""


def socket_path():
    """Returns the path of the socket that the docker command would use."""
    host = os.environ.get("DOCKER_HOST")
    if not host:
        command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
        host = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    if not host.startswith("unix://"):
        raise EngineError(f"the bench needs an engine on a unix socket, not {host}")
    return host.removeprefix("unix://")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("engine")
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


class Engine:
    """One engine. Keeps a connection; a stream that the engine ends by closing gets one of its own. Not for two threads."""

    def __init__(self, path):
        self._path = path
        self._kept = _Connection(path)

    def call(self, method, path, body=None, raw=None, expect=(200, 201, 204)):
        """Sends a request and returns the bytes of the answer."""
        kind = "application/x-tar" if raw is not None else "application/json"
        return self._ask(self._kept, method, path, raw if raw is not None else _encode(body), kind, expect)

    def _ask(self, connection, method, path, data, kind, expect):
        connection.request(method, path, body=data, headers={"Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status not in expect:
            raise EngineError(f"{method} {path}: {answer.status} {content.decode(errors='replace').strip()}")
        return content

    def create(self, image, name=None, binds=()):
        """Creates a container that idles, and returns its id."""
        body = {"Image": image, "Cmd": ["tail", "-f", "/dev/null"], "Labels": LABEL, "HostConfig": {"Binds": list(binds)}}
        query = "?" + urllib.parse.urlencode({"name": name}) if name else ""
        return json.loads(self.call("POST", f"/containers/create{query}", body))["Id"]

    def start(self, container):
        self.call("POST", f"/containers/{container}/start")

    def remove(self, container):
        self.call("DELETE", f"/containers/{container}?force=1&v=1")

    def exec(self, container, command, user="", folder=""):
        """Runs a command to its end: create, start with its output, and the exit code."""
        body = {"Cmd": command, "AttachStdout": True, "AttachStderr": True, "User": user, "WorkingDir": folder}
        exec_id = json.loads(self.call("POST", f"/containers/{container}/exec", body))["Id"]
        stream = _Connection(self._path)
        output = self._ask(stream, "POST", f"/exec/{exec_id}/start", _encode({"Detach": False}), "application/json", (200,))
        stream.close()
        code = json.loads(self.call("GET", f"/exec/{exec_id}/json"))["ExitCode"]
        if code != 0:
            raise EngineError(f"{command} ended with exit code {code}")
        return output


def _encode(body):
    return None if body is None else json.dumps(body).encode()
