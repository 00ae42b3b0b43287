//! What the engine says of itself, past the `docker` command.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use serde_json::Value;

use super::docker;

/// Asks the engine's API; returns the answer, or nothing where the engine knows no such thing.
#[track_caller]
fn ask(path: &str) -> Option<Value> {
    let host = docker(&["context", "inspect", "-f", "{{.Endpoints.docker.Host}}"]).expect(0).stdout;
    let socket = host.trim().strip_prefix("unix://").expect("the tests' engine has a socket");
    let mut stream = UnixStream::connect(socket).expect("the engine answers");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    if head.starts_with("HTTP/1.0 404") {
        return None;
    }
    assert!(head.starts_with("HTTP/1.0 200"), "{path}: {answer}");
    Some(serde_json::from_str(body).expect("JSON"))
}

/// Returns what the engine tells of each command that runs in a container.
pub(crate) fn execs(container: &str) -> Vec<Value> {
    let about = ask(&format!("/containers/{container}/json")).expect("a container");
    let ids = about["ExecIDs"].as_array().cloned().unwrap_or_default();
    // One that has ended since may be forgotten.
    ids.iter().filter_map(|id| ask(&format!("/exec/{}/json", id.as_str().expect("an id")))).collect()
}
