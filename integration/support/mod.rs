//! What every test starts from.

mod aws;
mod engine;
mod feature_registry;
mod image;
mod second_engine;
mod terminal;
mod watched;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use aws::Aws;
pub(crate) use engine::execs;
pub(crate) use feature_registry::{Door, FeatureRegistry};
pub(crate) use image::Image;
pub(crate) use second_engine::SecondEngine;
pub(crate) use watched::send;

/// Every phase, in order.
pub(crate) const PHASES: [&str; 9] = [
    "initializeCommand",
    "image",
    "create",
    "onCreateCommand",
    "updateContentCommand",
    "registryLogin",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
];

pub(crate) static NEXT: AtomicU32 = AtomicU32::new(0);

/// A home, repositories and codespaces of one test; all of it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    folder: TempDir,
    prefix: String,
    codespaces: std::cell::RefCell<Vec<String>>,
    env: Vec<(String, String)>,
}

/// What a command came to.
#[derive(Debug)]
#[must_use = "look at what it came to"]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[allow(clippy::needless_pass_by_value, reason = "it is read once, right where it was made")]
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Returns the JSON object on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// Returns each phase's outcome as one letter, in order: + succeeded, x failed, - skipped.
    #[track_caller]
    pub(crate) fn phases(&self) -> String {
        let letter = |phase: &Value| match phase["outcome"].as_str() {
            Some("succeeded") => '+',
            Some("failed") => 'x',
            _ => '-',
        };
        self.json()["phases"].as_array().expect("a list").iter().map(letter).collect()
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let prefix = format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, prefix, codespaces: std::cell::RefCell::default(), env: Vec::new() }
    }

    pub(crate) fn set_env(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the names that were given out.
    pub(crate) fn codespaces(&self) -> Vec<String> {
        self.codespaces.borrow().clone()
    }

    /// Returns a codespace name of this test's own; it is deleted at the end.
    pub(crate) fn name(&self, name: &str) -> String {
        let name = format!("{}-{name}", self.prefix);
        self.codespaces.borrow_mut().push(name.clone());
        name
    }

    /// Makes a repository of one commit with this configuration.
    pub(crate) fn repository(&self, name: &str, config: &str) -> PathBuf {
        let folder = self.path(name);
        std::fs::create_dir_all(folder.join(".devcontainer")).expect("made");
        std::fs::write(folder.join(".devcontainer/devcontainer.json"), config).expect("written");
        commit(&folder);
        folder
    }

    /// Copies a sample; each pair of texts is replaced in its configuration.
    pub(crate) fn sample(&self, sample: &str, replace: &[(&str, &str)]) -> PathBuf {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("devcontainers").join(sample);
        let folder = self.path(sample);
        run("cp", &["-r", &from.display().to_string(), &folder.display().to_string()]);
        let config = folder.join(".devcontainer/devcontainer.json");
        if !replace.is_empty() {
            let text = std::fs::read_to_string(&config).expect("a configuration");
            let text = replace.iter().fold(text, |text, (from, to)| text.replace(from, to));
            std::fs::write(&config, text).expect("written");
        }
        folder
    }

    /// Writes a file for its owner alone.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("written");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("set");
        path.display().to_string()
    }

    /// Makes a program, and returns a PATH in which it is the first. Another process writes it, so that no child of this one has it open when
    /// it is run.
    #[allow(clippy::disallowed_methods, reason = "a test reads where programs are")]
    pub(crate) fn program_in_path(&self, name: &str, text: &str) -> String {
        let folder = self.path("bin");
        std::fs::create_dir_all(&folder).expect("made");
        let source = self.file("source", text);
        run("install", &["-m", "755", &source, &folder.join(name).display().to_string()]);
        format!("{}:{}", folder.display(), std::env::var("PATH").expect("a PATH"))
    }

    /// Returns the path of a new named pipe.
    pub(crate) fn fifo(&self) -> String {
        let path = self.path(&format!("pipe{}", NEXT.fetch_add(1, Ordering::Relaxed))).display().to_string();
        run("mkfifo", &[&path]);
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_localspace"), args)
    }

    /// Returns a program that has the environment which `localspace` is given.
    #[allow(clippy::disallowed_methods, reason = "a test reads where programs and the engine are")]
    pub(crate) fn program(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env_clear().env("HOME", self.path("home")).env("LOCALSPACE_HOME", self.path("localspace"));
        for name in ["PATH", "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(self.env.iter().cloned()).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs `localspace` to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let child = self.spawn(args);
        let _deadline = Deadline::of(child.id());
        Ran::of(child.wait_with_output().expect("ended"))
    }

    /// Runs `localspace up --json` on a repository.
    pub(crate) fn up(&self, repository: &Path, name: &str, more: &[&str]) -> Ran {
        let repository = repository.display().to_string();
        let mut args = vec!["up", repository.as_str(), "--name", name, "--json"];
        args.extend_from_slice(more);
        self.run(&args)
    }

    /// Starts `localspace` and returns it running.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("localspace runs")
    }

    /// Runs a shell command in a codespace and returns what it printed.
    #[track_caller]
    pub(crate) fn inside(&self, name: &str, command: &str) -> String {
        self.run(&["exec", "-c", name, "--", "sh", "-c", command]).expect(0).stdout
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for name in self.codespaces.borrow().iter() {
            // A test that fails half-way leaves names that were never used.
            let _gone = self.run(&["delete", "-c", name]);
        }
    }
}

/// Returns the ids of everything on the engine that has this codespace's label.
pub(crate) fn left_of(name: &str) -> String {
    let filter = format!("label=localspace.codespace={name}");
    let containers = docker(&["ps", "-aq", "--filter", &filter]).stdout;
    let kinds = [&["volume", "ls"][..], &["network", "ls"], &["image", "ls"]];
    let others = kinds.map(|kind| docker(&[kind, &["-q", "--filter", &filter]].concat()).stdout);
    containers + &others.concat()
}

/// Makes a repository of everything in a folder.
pub(crate) fn commit(folder: &Path) {
    let folder = folder.display().to_string();
    run("git", &["-C", &folder, "init", "-q", "-b", "main"]);
    run("git", &["-C", &folder, "add", "-A"]);
    let author = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
    run("git", &[&["-C", &folder][..], &author, &["commit", "-q", "-m", "one"]].concat());
}

pub(crate) fn docker(args: &[&str]) -> Ran {
    Ran::of(Command::new("docker").args(args).output().expect("docker runs"))
}

/// Kills a process that has not ended in a minute and a half, so that a hang is a failure; lets go of it when dropped.
#[derive(Debug)]
pub(crate) struct Deadline(Option<(Sender<()>, JoinHandle<bool>)>);

impl Deadline {
    pub(crate) fn of(process: u32) -> Self {
        let (sender, over) = channel();
        let killing = std::thread::spawn(move || {
            let hangs = over.recv_timeout(Duration::from_secs(90)) == Err(RecvTimeoutError::Timeout);
            if hangs {
                send("KILL", process);
            }
            hangs
        });
        Self(Some((sender, killing)))
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let Some((sender, killing)) = self.0.take() else { return };
        drop(sender);
        let hung = killing.join().unwrap_or(true);
        assert!(!hung || std::thread::panicking(), "it hung and was killed");
    }
}

#[track_caller]
pub(crate) fn run(program: &str, args: &[&str]) {
    let _done = Ran::of(Command::new(program).args(args).output().expect("it runs")).expect(0);
}

/// Debian's registry with one private image in it, on a network of its own. Made before the sandbox whose codespaces join that network, so
/// that it goes after them.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) network: String,
    pub(crate) port: String,
    folder: TempDir,
}

/// A password whose base64 and URL forms differ from it in every way.
pub(crate) const PASSWORD: &str = "s3cret/+pass?word~~>";

impl Registry {
    pub(crate) fn start() -> Self {
        let network = format!("localspace-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = Self::script()
            .args(["up", &network, "0", &folder.path().display().to_string()])
            .env("REGISTRY_PASSWORD", PASSWORD)
            .output();
        let port = Ran::of(output.expect("bash runs")).expect(0).stdout.trim().to_owned();
        Self { network, port, folder }
    }

    fn script() -> Command {
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/ground/registry.sh"))
    }

    /// Prepares a sample for this registry: its network, and the certificate that its hooks install.
    pub(crate) fn sample(&self, sandbox: &Sandbox, sample: &str) -> PathBuf {
        let network = format!("--network={}", self.network);
        let folder = sandbox.sample(sample, &[("--network=acme", &network)]);
        std::fs::copy(self.folder.path().join("ca.crt"), folder.join(".devcontainer/acme-ca.crt")).expect("copied");
        commit(&folder);
        folder
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _gone = Self::script().args(["down", &self.network]).status();
    }
}

/// Returns a secrets file's text with the three secrets of one registry.
pub(crate) fn triple(id: &str, server: &str, password: &str) -> String {
    let mut text = String::new();
    for (part, value) in [("SERVER", server), ("USER", "robot"), ("PASSWORD", password)] {
        writeln!(text, "{id}_CONTAINER_REGISTRY_{part}='{value}'").expect("a string takes it");
    }
    text
}

/// Returns every path below a folder with its mode, owner and content.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, (u32, u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let about = path.symlink_metadata().expect("there");
        let content = if about.is_file() { std::fs::read(&path).expect("read") } else { Vec::new() };
        if about.is_dir() {
            all.extend(tree(&path));
        }
        all.insert(path, (about.mode(), about.uid(), content));
    }
    all
}
