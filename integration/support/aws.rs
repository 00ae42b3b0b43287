//! AWS's interface, played by moto.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// AWS on the loopback, with the user `reader`, who may log in to registries, and `nobody`, who may not; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Aws {
    child: Child,
    said: Value,
}

impl Aws {
    pub(crate) fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws");
        let mut child = Command::new(root.join("integration/ground/aws.sh"))
            .arg(packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let mut line = String::new();
        let _read = BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let said = serde_json::from_str(&line).expect("JSON");
        Self { child, said }
    }

    /// Returns where it is reached.
    pub(crate) fn url(&self) -> &str {
        self.said["url"].as_str().expect("a text")
    }

    /// Returns the access key of a user: its id and its secret.
    pub(crate) fn key(&self, user: &str) -> (&str, &str) {
        let text = |part: &str| self.said[user][part].as_str().expect("a text");
        (text("id"), text("secret"))
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}
