//! A real registry to publish Features to, and what publishes them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use localspace::feature_store::Digest;
use serde_json::json;
use tempfile::TempDir;

use super::{Deadline, NEXT, PASSWORD, docker};

/// Debian's registry, at three doors: one open to everybody, to publish through; one for the user `robot`, over plain HTTP; and one for `robot`
/// over TLS, as `registry.acme.test`.
#[derive(Debug)]
pub(crate) struct FeatureRegistry {
    name: String,
    pub(crate) open: String,
    pub(crate) guarded: String,
    tls: String,
    folder: TempDir,
}

/// The image's own start but for its last line, then two more doors.
const SERVE: &str = r"
sed '$d' /usr/local/bin/serve.sh >/prepare.sh && . /prepare.sh
sed '/^http:/s/, tls: {.*/}/; s/:443/:5001/' registry.yml >guarded.yml
sed '/^auth:/d; s/:5001/:5000/' guarded.yml >open.yml
docker-registry serve guarded.yml &
docker-registry serve open.yml &
exec docker-registry serve registry.yml
";

impl FeatureRegistry {
    pub(crate) fn start() -> Self {
        let name = format!("localspace-test-f{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let user = format!("REGISTRY_PASSWORD={PASSWORD}");
        let ports = ["-p", "127.0.0.1::5000", "-p", "127.0.0.1::5001", "-p", "127.0.0.1::443"];
        let run = ["run", "-d", "--name", &name, "-e", &user, "--entrypoint", "sh"];
        let image = ["localspace-ground/registry:2.8", "-c", SERVE];
        let _id = docker(&[&run[..], &ports, &image].concat()).expect(0);
        let mut started = Self {
            name,
            open: String::new(),
            guarded: String::new(),
            tls: String::new(),
            folder: tempfile::tempdir().expect("a folder"),
        };
        started.wait();
        let port = |inner: &str| {
            let port = docker(&["port", &started.name, inner]).expect(0).stdout;
            port.trim().rsplit_once(':').expect("an address").1.to_owned()
        };
        let ports = (port("5000"), port("5001"), port("443"));
        (started.open, started.guarded, started.tls) = ports;
        let certificate = docker(&["exec", &started.name, "cat", "/auth/ca.crt"]).expect(0).stdout;
        std::fs::write(started.certificate(), certificate).expect("written");
        started
    }

    /// Returns when each door is open.
    fn wait(&self) {
        let mut logs = Command::new("docker");
        logs.args(["logs", "-f", &self.name]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut logs = logs.spawn().expect("docker runs");
        let _deadline = Deadline::of(logs.id());
        let lines = BufReader::new(logs.stderr.take().expect("piped")).lines();
        let doors = lines.map_while(Result::ok).filter(|line| line.contains("listening on")).take(3).count();
        let _ended = logs.kill().and_then(|()| logs.wait());
        assert_eq!(doors, 3, "{}", docker(&["logs", &self.name]).stderr);
    }

    /// Returns the file with the authority that its certificate is from.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// Publishes a Feature of these files, `devcontainer-feature.json` first, under tags. Returns its manifest's digest.
    pub(crate) fn publish(&self, path: &str, tags: &[&str], files: &[(&str, &str)]) -> Digest {
        self.door().publish(path, tags, files)
    }

    /// Publishes a Feature with a layer of any bytes.
    pub(crate) fn publish_layer(&self, path: &str, tags: &[&str], metadata: &str, layer: &[u8]) -> Digest {
        self.door().publish_layer(path, tags, metadata, layer)
    }

    fn door(&self) -> Door {
        Door { port: self.open.clone(), headers: String::new() }
    }

    /// Changes one byte of a layer where the registry keeps it.
    pub(crate) fn tamper(&self, layer: &Digest) {
        let hex = layer.to_string().replace("sha256:", "");
        let path = format!("/var/lib/registry/docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]);
        let _done =
            docker(&["exec", &self.name, "sh", "-c", &format!("printf x | dd of={path} bs=1 conv=notrunc")]).expect(0);
    }

    /// Closes every door.
    pub(crate) fn stop(&self) {
        let _stopped = docker(&["kill", &self.name]).expect(0);
    }

    /// Opens a proxy that knows the way to `registry.acme.test`, and to nowhere else. Returns its address.
    pub(crate) fn proxy(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let tls = format!("127.0.0.1:{}", self.tls);
        // It ends with the process, as a listener cannot be told to.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let tls = tls.clone();
                std::thread::spawn(move || tunnel(stream, &tls));
            }
        });
        address
    }
}

/// Where something is published.
#[derive(Debug)]
pub(crate) struct Door {
    /// Of this machine.
    pub(crate) port: String,
    /// What is said with each request: a login.
    pub(crate) headers: String,
}

impl Door {
    /// Publishes a Feature of these files, `devcontainer-feature.json` first, under tags. Returns its manifest's digest.
    pub(crate) fn publish(&self, path: &str, tags: &[&str], files: &[(&str, &str)]) -> Digest {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o755);
            builder.append_data(&mut header, format!("./{name}"), text.as_bytes()).expect("added");
        }
        self.publish_layer(path, tags, files[0].1, &builder.into_inner().expect("ended"))
    }

    /// Publishes a Feature with a layer of any bytes.
    pub(crate) fn publish_layer(&self, path: &str, tags: &[&str], metadata: &str, layer: &[u8]) -> Digest {
        for blob in [&b"{}"[..], layer] {
            let (_, upload) = self.send(&format!("POST /v2/{path}/blobs/uploads/"), "", b"", 202);
            let target = upload.split_once("/v2/").expect("a path").1;
            let _stored = self.send(&format!("PUT /v2/{target}&digest={}", Digest::of(blob)), "", blob, 201);
        }
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.devcontainers", "digest": Digest::of(b"{}").to_string(), "size": 2},
            "layers": [{"mediaType": "application/vnd.devcontainers.layer.v1+tar", "digest": Digest::of(layer).to_string(),
                "size": layer.len(), "annotations": {"org.opencontainers.image.title": "devcontainer-feature.tgz"}}],
            "annotations": {"dev.containers.metadata": metadata},
        });
        let manifest = manifest.to_string();
        for tag in tags {
            let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n";
            let _stored = self.send(&format!("PUT /v2/{path}/manifests/{tag}"), kind, manifest.as_bytes(), 201);
        }
        Digest::of(manifest.as_bytes())
    }

    /// Sends something through it. Returns what it answers, and where that leads.
    pub(crate) fn send(&self, line: &str, headers: &str, body: &[u8], expected: u16) -> (String, String) {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).expect("it is open");
        let length = body.len();
        let (port, own) = (&self.port, &self.headers);
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{own}{headers}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{line}: {answer}");
        let location = answer
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("location")));
        let location = location.map(|(_, place)| place).unwrap_or_default().to_owned();
        (answer, location)
    }
}

/// Leads a client on, both ways, until one side ends.
fn tunnel(client: TcpStream, target: &str) {
    let mut reader = BufReader::new(client.try_clone().expect("cloned"));
    let lines: Vec<String> =
        reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let mut client = client;
    if !lines.first().is_some_and(|line| line.starts_with("CONNECT registry.acme.test:443 ")) {
        let _refused = client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
    }
    let mut server = TcpStream::connect(target).expect("it is there");
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("answered");
    let mut back = server.try_clone().expect("cloned");
    let answering = std::thread::spawn(move || {
        let _ended = std::io::copy(&mut back, &mut client);
        let _closed = client.shutdown(std::net::Shutdown::Both);
    });
    let _ended = std::io::copy(&mut reader, &mut server);
    let _closed = server.shutdown(std::net::Shutdown::Both);
    let _joined = answering.join();
}

impl Drop for FeatureRegistry {
    fn drop(&mut self) {
        let _gone = docker(&["rm", "-fv", &self.name]);
    }
}
