//! An engine that keeps its images in containerd's store, as Docker Desktop and Engine 29 do by default: one of this test's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::Sandbox;

/// A second engine, in a network of its own.
struct SecondEngine {
    dockerd: Child,
    socket: String,
    folder: PathBuf,
}

impl SecondEngine {
    /// Starts one; nothing where this machine does not let us.
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let folder = sandbox.path("engine");
        std::fs::create_dir(&folder).expect("made");
        let inside = |name: &str| folder.join(name).display().to_string();
        std::fs::write(inside("daemon.json"), r#"{"features": {"containerd-snapshotter": true}}"#).expect("written");
        let flags = [
            ("--config-file", inside("daemon.json")),
            ("--data-root", inside("data")),
            ("--exec-root", inside("exec")),
            ("--pidfile", inside("pid")),
            ("--host", format!("unix://{}", inside("socket"))),
        ];
        let flags = flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]);
        let mut command = Command::new("unshare");
        command.args(["--net", "dockerd"]).args(flags).stdin(Stdio::null()).stdout(Stdio::null());
        let mut dockerd = command.stderr(Stdio::piped()).spawn().ok()?;
        let mut said = BufReader::new(dockerd.stderr.take()?).lines().map_while(Result::ok);
        let is_up = said.any(|line| line.contains("API listen on"));
        // It writes on, and is not to be stopped by a pipe that nobody reads.
        std::thread::spawn(move || said.for_each(drop));
        let socket = format!("unix://{}", inside("socket"));
        let engine = Self { dockerd, socket, folder };
        is_up.then_some(engine)
    }

    /// Gives it an image of the first engine's.
    fn load(&self, image: &str) {
        let mut save =
            Command::new("docker").args(["save", image]).stdout(Stdio::piped()).spawn().expect("docker runs");
        let from = save.stdout.take().expect("a pipe");
        let args = ["--host", &self.socket, "load"];
        let load = Command::new("docker").args(args).stdin(from).stdout(Stdio::null()).status().expect("docker runs");
        assert!(load.success() && save.wait().expect("ended").success(), "{image}");
    }
}

impl Drop for SecondEngine {
    fn drop(&mut self) {
        let pid = self.dockerd.id().to_string();
        let _told = Command::new("kill").arg(&pid).status();
        let _ended = self.dockerd.wait();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn images_are_built_there_and_a_step_that_fails_is_told() {
    let mut sandbox = Sandbox::new();
    // Where nobody may start an engine, there is none to try.
    let Some(engine) = SecondEngine::start(&sandbox) else { return };
    engine.load("busybox:1");
    sandbox.set_env("DOCKER_HOST", &engine.socket);
    let config = json!({
        "build": {"dockerfile": "Dockerfile", "target": "dev", "args": {"WHO": "mona"}, "options": ["--add-host=machine:host-gateway", "--add-host=six=[::7]"]},
        "features": {"./f": {"word": "hello"}},
        "onCreateCommand": "cat /who /word"
    });
    let repository = sandbox.repository("r", &config.to_string());
    let dockerfile = "FROM busybox:1 AS dev\nARG WHO\nCOPY given /given\nRUN echo $WHO >/who && cat /given && grep -E 'machine|six' /etc/hosts >/hosts\nFROM dev\nRUN false\n";
    let feature = r#"{"id": "f", "version": "1.0.0", "options": {"word": {"type": "string", "default": "none"}}}"#;
    let folder = repository.join(".devcontainer");
    std::fs::create_dir(folder.join("f")).expect("made");
    for (file, text) in [
        ("Dockerfile", dockerfile),
        ("given", "given\n"),
        ("f/devcontainer-feature.json", feature),
        ("f/install.sh", "echo \"$WORD\" >/word\n"),
    ] {
        std::fs::write(folder.join(file), text).expect("written");
    }
    let name = sandbox.name("store");
    let up = sandbox.up(&repository, &name, &["--working-tree"]).expect(0);
    assert_eq!(up.phases(), "-+++-----");
    assert_eq!(sandbox.inside(&name, "cat /who /word"), "mona\nhello\n");
    let hosts = sandbox.inside(&name, "cat /hosts");
    assert!(hosts.contains("::7\tsix") && hosts.contains(".0.1\tmachine"), "{hosts}");
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    std::fs::write(folder.join("Dockerfile"), "FROM busybox:1 AS dev\nRUN exit 7\n").expect("written");
    let failed = sandbox.up(&repository, &sandbox.name("fails"), &["--working-tree"]);
    assert_eq!(failed.phases(), "-x-------");
    let said = ".devcontainer/Dockerfile: `RUN exit 7` failed";
    assert!(failed.stderr.contains(said) && failed.stderr.contains("exit code 7"), "{}", failed.stderr);
}
