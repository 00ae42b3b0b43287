//! Clients that mean no good: they get an answer that says no, and cost little.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Hub;
use crate::support::{Sandbox, docker};

const HUB: &str = "
users: {mona: {tokens: [{name: ci, scopes: [write:packages], value: pat}]}}
repositories: {mona/api: , mona/private: }
packages: {ghcr.io/mona/api: {visibility: public, image: 'busybox:1'}, ghcr.io/mona/private: }
";

/// Sends bytes to the port on the loopback; returns the answer, as far as it came.
fn send(port: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it is open");
    stream.set_read_timeout(Some(Duration::from_secs(40))).expect("set");
    // It may have answered, and closed, before all is sent.
    let _sent = stream.write_all(request);
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn get(port: &str, path: &str, more: &str) -> String {
    send(port, format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{more}\r\n").as_bytes())
}

/// Returns a token for repositories.
fn token(port: &str, scope: &str) -> String {
    // mona:pat
    let answer = get(port, &format!("/token?scope={scope}"), "Authorization: Basic bW9uYTpwYXQ=\r\n");
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
    format!("Authorization: Bearer {}\r\n", document["token"].as_str().expect("a token"))
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let port = hub.port();
    let login = token(&port, "repository:ghcr.io/mona/api:pull,push");
    let good = get(&port, "/v2/ghcr.io/mona/api/manifests/1", &format!("{login}Accept: */*\r\n"));
    assert_eq!(status(&good), 200, "{good}");
    for path in [
        "/v2/ghcr.io/../../etc/passwd/manifests/1",
        "/v2/ghcr.io/mona/%2e%2e/private/manifests/1",
        "/v2/ghcr.io/mona/api/../private/manifests/1",
        "/v2/ghcr.io/mona/api/manifests/..%2f..%2fx",
        "/v2/ghcr.io/mona/api/manifests/sha256:zz",
        "/v2/ghcr.io/mona/api/blobs/sha256:0",
        "/v2/ghcr.io/mona/api/blobs/uploads/../../x",
        "/v2/ghcr.io//mona/api/manifests/1",
        "/v2/GHCR.IO/mona/api/manifests/1",
        "/v2/other.example/mona/api/manifests/1",
        "/v2/ghcr.io/manifests/1",
        "/v2/_catalog",
        "/debug/health",
        "//v2/",
        "http://other.example/v2/",
    ] {
        let answer = get(&port, path, &login);
        assert!((400..500).contains(&status(&answer)), "{path}: {answer}");
    }
    for host in ["ghcr.io", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", ""] {
        let answer = send(&port, format!("GET /v2/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        assert!((400..500).contains(&status(&answer)), "{host}: {answer}");
    }
    let twice = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&send(&port, twice.as_bytes())), 421);
    let huge = format!("X-Huge: {}\r\n", "x".repeat(1 << 20));
    let many = "X-Many: x\r\n".repeat(5000);
    let long = format!("/v2/{}", "a/".repeat(100_000));
    for (path, more) in [("/v2/", huge.as_str()), ("/v2/", &many), (&long, "")] {
        let answer = get(&port, path, more);
        assert!((400..500).contains(&status(&answer)) || answer.is_empty(), "{answer}");
    }
    for line in ["DELETE /v2/ghcr.io/mona/api/manifests/1", "PUT /v2/", "TRACE /v2/", "CONNECT ghcr.io:443"] {
        let request = format!("{line} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{login}\r\n");
        let answer = send(&port, request.as_bytes());
        assert!((400..500).contains(&status(&answer)), "{line}: {answer}");
    }
    assert_eq!(status(&get(&port, "/v2/ghcr.io/mona/api/manifests/1", &login)), 200);
}

#[test]
fn a_body_that_is_not_as_announced_is_not_taken() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let port = hub.port();
    let login = token(&port, "repository:ghcr.io/mona/api:pull,push");
    let request = |line: &str, length: usize, body: &[u8]| {
        let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json";
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{login}{kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    };
    let start = send(&port, &request("POST /v2/ghcr.io/mona/api/blobs/uploads/", 0, b""));
    assert_eq!(status(&start), 202, "{start}");
    let place = start
        .lines()
        .find_map(|line| line.to_lowercase().starts_with("location: ").then(|| line[10..].trim().to_owned()));
    let place = place.expect("an address");
    let zeros = format!("sha256:{}", "0".repeat(64));
    let wrong = send(&port, &request(&format!("PUT {place}&digest={zeros}"), 3, b"abc"));
    assert_eq!(status(&wrong), 400, "{wrong}");
    let bad = send(&port, &request(&format!("PUT {place}&digest=sha256:0"), 3, b"abc"));
    assert_eq!(status(&bad), 400, "{bad}");
    let large = vec![b' '; 5 * 1024 * 1024];
    let large = send(&port, &request("PUT /v2/ghcr.io/mona/api/manifests/9", large.len(), &large));
    assert_eq!(status(&large), 413, "{large}");
    let broken = send(&port, &request("PUT /v2/ghcr.io/mona/api/manifests/9", 9, b"{\"a\": 1}\n"));
    assert!((400..500).contains(&status(&broken)), "{broken}");
    // Less than was announced, and then nothing more.
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it is open");
    stream.write_all(&request("PUT /v2/ghcr.io/mona/api/manifests/9", 500, b"{}")).expect("sent");
    stream.shutdown(std::net::Shutdown::Write).expect("shut");
    let mut answer = String::new();
    let _ended = stream.read_to_string(&mut answer);
    assert!(answer.is_empty() || (400..500).contains(&status(&answer)), "{answer}");
    let none = get(&port, "/v2/ghcr.io/mona/api/manifests/9", &login);
    assert_eq!(status(&none), 404, "{none}");
}

/// A layer of a package that one may not pull is not had by saying that it is to be taken over from there.
#[test]
fn a_layer_is_not_taken_over_from_what_may_not_be_pulled() {
    let sandbox = Sandbox::new();
    let text = format!("{HUB}organizations: {{acme: }}\n")
        .replace("ghcr.io/mona/private:", "ghcr.io/acme/private: {image: 'busybox:1'}");
    let hub = Hub::up(&sandbox, &text.replace("mona/private: }", "acme/private: }"));
    let port = hub.port();
    let login = token(&port, "repository:ghcr.io/mona/new:pull,push");
    let accept = "Accept: application/vnd.docker.distribution.manifest.v2+json\r\n";
    let reader = token(&port, "repository:ghcr.io/mona/api:pull");
    let manifest = get(&port, "/v2/ghcr.io/mona/api/manifests/1", &format!("{reader}{accept}"));
    let body = manifest.split_once("\r\n\r\n").expect("a body").1;
    let layer = serde_json::from_str::<serde_json::Value>(body).expect("JSON")["layers"][0]["digest"]
        .as_str()
        .expect("a layer")
        .to_owned();
    for (from, expected) in [("ghcr.io/acme/private", 202), ("ghcr.io/mona/api", 201)] {
        let line = format!("POST /v2/ghcr.io/mona/new/blobs/uploads/?mount={layer}&from={from}");
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{login}Content-Length: 0\r\n\r\n"
        );
        assert_eq!(status(&send(&port, request.as_bytes())), expected, "{from}");
    }
}

#[test]
fn many_who_are_slow_cost_little_and_keep_nobody_out_for_long() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let port = hub.port();
    let slow: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it is open");
            stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").expect("sent");
            stream
        })
        .collect();
    let started = std::time::Instant::now();
    assert_eq!(status(&get(&port, "/v2/", "")), 401);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let read = "cat /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory.stat 2>/dev/null | sed -n '1p; /^anon /p'";
    let memory = docker(&["exec", &hub.container(), "sh", "-c", read]).expect(0).stdout;
    let anonymous =
        memory.lines().find_map(|line| line.strip_prefix("anon ")).and_then(|text| text.parse::<u64>().ok());
    assert!(anonymous.is_none_or(|bytes| bytes < 100_000_000), "{memory}");
    drop(slow);
    assert_eq!(status(&get(&port, "/v2/", "")), 401);
}

/// Only the names of the hub's own registries are answered under, whichever way another is asked for.
#[test]
fn a_name_that_is_none_of_the_hubs_gets_no_answer() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let status = hub.status();
    let text = |name: &str| status[name].as_str().expect("a text").to_owned();
    let (network, address) = (text("network"), text("address"));
    let authority = sandbox.file("ca.crt", &text("caCertificate"));
    let curl = |words: &[&str]| {
        let mount = format!("{authority}:/ca.crt:ro");
        let run = ["run", "--rm", "--network", &network, "-v", &mount, "--entrypoint", "curl"];
        let image = ["mcr.microsoft.com/devcontainers/universal:linux", "-sS", "-m", "20", "--cacert", "/ca.crt"];
        docker(&[&run[..], &image, &["-o", "/dev/null", "-w", "%{http_code}"], words].concat())
    };
    assert_eq!(curl(&["https://ghcr.io/v2/"]).expect(0).stdout, "401");
    assert_eq!(curl(&["-H", "Host: evil.example", "https://ghcr.io/v2/"]).expect(0).stdout, "421");
    assert_eq!(curl(&["-H", "Host: ghcr.io:5000", "https://ghcr.io/v2/"]).expect(0).stdout, "421");
    assert_eq!(curl(&["--path-as-is", "https://ghcr.io/v2/mona/../x/manifests/1"]).expect(0).stdout, "400");
    // Under another name, or none, there is not even a certificate.
    let other = format!("evil.example:443:{address}");
    let refused = curl(&["--resolve", &other, "https://evil.example/v2/"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (35, "000"), "{}", refused.stderr);
    let refused = curl(&["-k", &format!("https://{address}/v2/")]);
    assert_eq!((refused.code, refused.stdout.as_str()), (35, "000"), "{}", refused.stderr);
    // The plain port is for the engine of the machine: the registries' names are not answered under there.
    assert_eq!(curl(&["http://ghcr.io/v2/"]).expect(0).stdout, "421");
}
