//! The hub's container: registries of a simulated GitHub, asked by real engines.

mod check;
mod codespace;
mod compose;
mod dockerfile;
mod ecr;
mod features;
mod hostile;
mod life;
mod npm;
mod own_token;
mod permissions;
mod sample;
mod table;
mod texts;

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::support::{Deadline, NEXT, Ran, Sandbox, docker};

/// A hub of a test's own; it goes with everything of it when this is dropped. Made after its sandbox, and before what is in its network.
pub(crate) struct Hub<'a> {
    sandbox: &'a Sandbox,
    pub(crate) file: String,
}

impl<'a> Hub<'a> {
    pub(crate) fn up(sandbox: &'a Sandbox, text: &str) -> Self {
        let hub = Self { sandbox, file: sandbox.file("hub.yaml", text) };
        let _up = hub.again().expect(0);
        hub
    }

    /// Brings it up, whatever there is of it.
    fn again(&self) -> Ran {
        self.sandbox.run(&["hub", "up", &self.file])
    }

    /// Returns what `hub status` tells of it.
    #[track_caller]
    fn status(&self) -> Value {
        let all = self.sandbox.run(&["hub", "status", &self.file, "--json"]).expect(0).json();
        all.get(0).cloned().expect("it is up")
    }

    fn container(&self) -> String {
        let filter = format!("label=localspace.hub={}", self.file);
        docker(&["ps", "-aq", "--no-trunc", "--filter", &filter]).expect(0).stdout.trim().to_owned()
    }

    fn port(&self) -> String {
        self.status()["port"].to_string()
    }

    fn log(&self) -> String {
        let ran = docker(&["logs", &self.container()]).expect(0);
        ran.stdout + &ran.stderr
    }

    /// Asks what `localspace` itself asks.
    #[track_caller]
    fn ask(&self, question: &Value) -> Value {
        let id = self.container();
        let made = docker(&["inspect", "-f", "{{json .Path}} {{json .Args}}", &id]).expect(0).stdout;
        let (path, args) = made.split_once(' ').expect("two");
        let path: String = serde_json::from_str(path).expect("JSON");
        let mut args: Vec<String> = serde_json::from_str(args).expect("JSON");
        "ask".clone_into(args.last_mut().expect("a word"));
        let mut command = Command::new("docker");
        command.args(["exec", "-i", &id, &path]).args(&args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("docker runs");
        let _deadline = Deadline::of(child.id());
        writeln!(child.stdin.take().expect("piped"), "{question}").expect("asked");
        Ran::of(child.wait_with_output().expect("ended")).expect(0).json()
    }

    /// Returns a token for a codespace of a repository.
    #[track_caller]
    fn token(&self, codespace: &str, repository: &str, seconds: i64) -> String {
        self.token_with(codespace, repository, seconds, "")
    }

    /// Returns one that was granted permissions on other repositories.
    #[track_caller]
    fn token_with(&self, codespace: &str, repository: &str, seconds: i64, permissions: &str) -> String {
        let question = json!({
            "do": "issueCodespaceToken", "codespace": codespace, "repository": repository, "user": "mona",
            "permissions": permissions, "seconds": seconds,
        });
        self.ask(&question)["value"].as_str().expect("a token").to_owned()
    }
}

impl Drop for Hub<'_> {
    fn drop(&mut self) {
        let _gone = self.sandbox.run(&["hub", "down", "-v", &self.file]);
    }
}

/// An engine in a container of a hub's network, which trusts the hub and knows nothing else of it.
struct Nested {
    name: String,
}

impl Nested {
    /// Starts one; `hosts` are names that it is told the hub's address for, beside those that the network knows.
    fn start(hub: &Hub<'_>, hosts: &[&str]) -> Self {
        let name = format!("localspace-test-n{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let status = hub.status();
        let text = |name: &str| status[name].as_str().expect("a text").to_owned();
        let hosts: Vec<String> = hosts.iter().map(|host| format!("--add-host={host}:{}", text("address"))).collect();
        let network = format!("--network={}", text("network"));
        let run = ["create", "--name", &name, "--privileged", "-v", "/var/lib/docker", &network, "--entrypoint"];
        let image = ["/usr/local/share/docker-init.sh", "mcr.microsoft.com/devcontainers/universal:linux"];
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let _made = docker(&[&run[..1], &hosts, &run[1..], &image, &["sleep", "infinity"]].concat()).expect(0);
        let nested = Self { name };
        let authority = hub.sandbox.file("ca.crt", &text("caCertificate"));
        let folder = hub.sandbox.path("certs.d");
        for registry in status["registries"].as_array().expect("a list") {
            let folder = folder.join(registry.as_str().expect("a name"));
            std::fs::create_dir_all(&folder).expect("made");
            std::fs::copy(&authority, folder.join("ca.crt")).expect("copied");
        }
        let copy = |from: &str, to: &str| {
            let _copied = docker(&["cp", "-q", from, &format!("{}:{to}", nested.name)]).expect(0);
        };
        copy(&folder.display().to_string(), "/etc/docker/");
        // Docker Hub's name is not looked for there, but in the system's own trust.
        copy(&authority, "/usr/local/share/ca-certificates/hub.crt");
        let _started = docker(&["start", &nested.name]).expect(0);
        let wait = "update-ca-certificates >/dev/null 2>&1; timeout 60 sh -c 'until docker version; do :; done' >/dev/null 2>&1";
        let _ready = nested.shell(wait).expect(0);
        nested
    }

    fn shell(&self, text: &str) -> Ran {
        docker(&["exec", &self.name, "sh", "-c", text])
    }

    /// Runs docker inside, with the login of that name.
    fn docker(&self, login: &str, words: &str) -> Ran {
        self.shell(&format!("docker --config /logins/{login} {words}"))
    }

    /// Logs in, under a name of the login's own.
    fn login(&self, login: &str, server: &str, user: &str, password: &str) -> Ran {
        self.shell(&format!(
            "echo '{password}' | docker --config /logins/{login} login -u '{user}' --password-stdin {server}"
        ))
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        let _gone = docker(&["rm", "-fv", &self.name]);
    }
}

/// Returns the last line of what a docker that failed has said.
#[track_caller]
fn refusal(ran: Ran) -> String {
    let ran = ran.expect(1);
    ran.stderr.trim().lines().last().unwrap_or_default().to_owned()
}
