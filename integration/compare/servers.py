"""What both programs ask: a made-up engine at a unix socket, and a made-up registry that is every registry, and every site of tarballs, by TLS."""

import gzip
import http.server
import json
import re
import socketserver
import ssl
import threading
import urllib.parse

import made_up


class _Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_json(self, status, value):
        self.answer(status, json.dumps(value).encode(), [("Content-Type", "application/json"), ("Api-Version", "1.45")])


class _Engine(_Quiet):
    def address_string(self):
        return "unix"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlparse(self.path).path)
        path = re.sub(r"^/v[\d.]+", "", path)
        if path == "/_ping":
            return self.answer(200, b"OK", [("Api-Version", "1.45"), ("OSType", "linux")])
        if path == "/version":
            return self.answer_json(200, {"Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"})
        if path == "/info":
            return self.answer_json(200, {"OSType": "linux", "Architecture": "x86_64"})
        if path == "/containers/json":
            return self.answer_json(200, [])
        name = re.fullmatch(r"/images/(.+)/json", path)
        found = made_up.image(name[1]) if name else None
        if found:
            return self.answer_json(200, found)
        return self.answer_json(404, {"message": f"No such image: {name[1] if name else path}"})


class _Registry(_Quiet):
    features = {}  # by id: what the corpus has

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlparse(self.path).path)
        tarball = re.fullmatch(r"/.*devcontainer-feature-([\w.-]+)\.tgz", path)
        if tarball:
            return self.answer(200, gzip.compress(made_up.layer(self.metadata(tarball[1])), mtime=0))
        wanted = re.fullmatch(r"/v2/(.+)/(manifests|blobs|tags)/(.+)", path)
        if not wanted:
            return self.answer_json(200, {})
        name, what, which = wanted.groups()
        metadata = self.metadata(name)
        manifest = made_up.manifest(metadata)
        if what == "tags":
            return self.answer_json(200, {"name": name, "tags": ["latest", str(metadata.get("version"))]})
        if what == "blobs":
            data = {made_up.digest(data): data for data in (b"{}", made_up.layer(metadata))}.get(which)
            return self.answer(200 if data else 404, data or b"")
        # A digest that was written down somewhere is that of another text.
        if which.startswith("sha256:") and which != made_up.digest(manifest):
            return self.answer_json(404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]})
        kind = "application/vnd.oci.image.manifest.v1+json"
        return self.answer(200, manifest, [("Content-Type", kind), ("Docker-Content-Digest", made_up.digest(manifest))])

    def metadata(self, name):
        """Returns the metadata of a Feature, by its path."""
        host = self.headers.get("Host", "").split(":")[0]
        return self.features.get(name.rsplit("/", 1)[-1]) or made_up.feature(f"{host}/{name}")


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def engine(socket):
    """Starts the engine."""
    server = _Unix(socket, _Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def registry(certificate, key, features):
    """Starts the registry."""
    _Registry.features = features
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), _Registry)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
