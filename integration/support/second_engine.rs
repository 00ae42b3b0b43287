//! A second engine, of a test's own: what may be restarted, and have a disk that is full.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Ran, Sandbox, docker};

/// A second engine, in a network of its own.
#[derive(Debug)]
pub(crate) struct SecondEngine {
    dockerd: Child,
    pub(crate) socket: String,
    folder: PathBuf,
}

impl SecondEngine {
    /// Starts one with these settings; nothing where this machine does not let us.
    pub(crate) fn start(sandbox: &Sandbox, settings: &str) -> Option<Self> {
        Self::on_disk(sandbox, settings, None)
    }

    /// Starts one; its disk has this many megabytes, where that is said.
    pub(crate) fn on_disk(sandbox: &Sandbox, settings: &str, megabytes: Option<u64>) -> Option<Self> {
        let folder = sandbox.path("engine");
        std::fs::create_dir_all(folder.join("data")).expect("made");
        std::fs::write(folder.join("daemon.json"), settings).expect("written");
        let dockerd = Self::dockerd(&folder, megabytes)?;
        let socket = format!("unix://{}", folder.join("socket").display());
        Some(Self { dockerd, socket, folder })
    }

    fn dockerd(folder: &Path, megabytes: Option<u64>) -> Option<Child> {
        let inside = |name: &str| folder.join(name).display().to_string();
        let flags = [
            ("--config-file", inside("daemon.json")),
            ("--data-root", inside("data")),
            ("--exec-root", inside("exec")),
            ("--pidfile", inside("pid")),
            ("--host", format!("unix://{}", inside("socket"))),
        ];
        let flags = flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]);
        let disk = megabytes.map(|size| format!("mount -t tmpfs -o size={size}m small {}; ", inside("data")));
        let script = format!("{}exec dockerd \"$@\"", disk.unwrap_or_default());
        let mut command = Command::new("unshare");
        command
            .args(["--net", "--mount", "sh", "-c", &script, "sh"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut dockerd = command.stderr(Stdio::piped()).spawn().ok()?;
        let mut said = BufReader::new(dockerd.stderr.take()?).lines().map_while(Result::ok);
        let is_up = said.any(|line| line.contains("API listen on"));
        // It writes on, and is not to be stopped by a pipe that nobody reads.
        std::thread::spawn(move || said.for_each(drop));
        is_up.then_some(dockerd)
    }

    /// Ends it, and starts it again on the same disk.
    pub(crate) fn restart(&mut self) {
        self.end();
        self.dockerd = Self::dockerd(&self.folder, None).expect("it starts again");
    }

    fn end(&mut self) {
        let pid = self.dockerd.id().to_string();
        let _told = Command::new("kill").arg(&pid).status();
        let _ended = self.dockerd.wait();
    }

    /// Runs docker with it.
    pub(crate) fn docker(&self, words: &[&str]) -> Ran {
        docker(&[&["--host", &self.socket], words].concat())
    }

    /// Gives it an image of the first engine's.
    pub(crate) fn load(&self, image: &str) {
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
        self.end();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}
