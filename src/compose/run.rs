//! `docker compose`, run on this machine: it knows where programs and the engine are, and nothing else of its user's.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::error::ComposeError;

/// How long a compose that is told to end may take.
const GRACE: Duration = Duration::from_secs(10);

/// What `docker` says that has no compose, by its versions.
const NO_PLUGIN: [&str; 5] = [
    "is not a docker command",
    "unknown docker command",
    "unknown command: docker compose",
    "unknown shorthand flag",
    "unknown flag: --project-name",
];

/// `docker compose`, with a Docker configuration of its own.
#[derive(Debug, Clone)]
pub struct Docker {
    /// Where its configuration is, and what says that it runs: a folder of ours.
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
    plugins: Option<PathBuf>,
}

/// Whether a call may be ended before its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It may.
    AtOnce,
    /// It may not, and takes no time: what it has told the engine to make comes to be all the same, when nobody looks for it any more.
    ByItself,
}

impl Ends {
    const fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::ByItself => "by itself",
        }
    }
}

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whether it did what it was told.
    pub success: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Docker {
    /// Returns a `docker compose` for an engine; `engine` is how the `docker` command is told of it, `environment` this machine's.
    pub fn new(folder: &Path, engine: Vec<(&'static str, String)>, environment: &BTreeMap<String, String>) -> Self {
        let home = |name: &str| environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let own = home("DOCKER_CONFIG").or_else(|| home("HOME").map(|home| home.join(".docker")));
        let mut variables = engine;
        variables.extend(environment.get("PATH").map(|path| ("PATH", path.clone())));
        Self { folder: folder.to_owned(), variables, plugins: own.map(|own| own.join("cli-plugins")) }
    }

    /// Returns the folder of its configuration.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns its Docker configuration: the user's plugins, and no login.
    pub fn configuration(&self) -> String {
        serde_json::json!({ "cliPluginsExtraDirs": self.plugins.iter().collect::<Vec<_>>() }).to_string()
    }

    /// Runs it to its end, in a folder.
    pub async fn ask(&self, folder: &Path, words: &[String]) -> Result<Said, ComposeError> {
        let output = self.spawn(folder, words, &self.configuration(), Ends::AtOnce).await?.wait_with_output().await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said =
            Said { success: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
        if !said.success && NO_PLUGIN.iter().any(|words| said.stderr.contains(words)) {
            return Err(ComposeError::NotInstalled { problem: said.reason() });
        }
        Ok(said)
    }

    /// Starts it in a folder, as the leader of a group of processes, with a Docker configuration that may hold logins.
    pub async fn spawn(
        &self,
        folder: &Path,
        words: &[String],
        config: &str,
        ends: Ends,
    ) -> Result<Child, ComposeError> {
        end_leftover(&self.folder).await?;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(config.as_bytes())?;
        file.persist(self.folder.join("config.json")).map_err(|error| error.error)?;
        let mut lock = open_lock(&self.folder)?;
        lock.lock()?;
        let (stdout, stderr) = match ends {
            Ends::AtOnce => (Stdio::piped(), Stdio::piped()),
            // A pipe that nobody reads any more would end it half-way.
            Ends::ByItself => {
                let said = File::create(self.said())?;
                (said.try_clone()?.into(), said.into())
            }
        };
        let mut command = Command::new("docker");
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("DOCKER_CONFIG", &self.folder)
            .env("HOME", &self.folder)
            .env("PWD", folder)
            .env("COMPOSE_EXPERIMENTAL_GIT_REMOTE", "false")
            .env("COMPOSE_EXPERIMENTAL_OCI_REMOTE", "false")
            // A `.env` of the repository's may name variables of compose's own, where they are not set.
            .env("COMPOSE_ENV_FILES", "")
            .args(["compose", "--ansi", "never", "--progress", "plain"])
            .args(words)
            .current_dir(folder)
            // Nothing is read from it: who has it holds the lock, also when we are gone.
            .stdin(lock.try_clone()?)
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                return ComposeError::NotInstalled { problem: "there is no `docker` command".to_owned() };
            }
            ComposeError::Disk(error)
        })?;
        lock.set_len(0)?;
        lock.write_all(format!("{} {}", child.id().unwrap_or_default(), ends.name()).as_bytes())?;
        Ok(child)
    }

    /// Returns the file of what a call says that ends by itself.
    pub fn said(&self) -> PathBuf {
        self.folder.join("said")
    }

    /// Takes a configuration with logins away.
    pub fn forget(&self) {
        // One that is not there holds no login.
        let _gone = std::fs::remove_file(self.folder.join("config.json"));
    }
}

/// Ends a compose that is told to.
pub async fn end(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    for signal in [Signal::TERM, Signal::KILL] {
        // A group that is gone needs no signal.
        let _sent = group.map(|group| kill_process_group(group, signal));
        if tokio::time::timeout(GRACE, child.wait()).await.is_ok() {
            return;
        }
    }
}

/// Ends the compose of a run that died, which goes on by itself: what is looked at or removed after this changes no more.
pub async fn end_leftover(folder: &Path) -> Result<(), std::io::Error> {
    if !folder.join("lock").exists() {
        return Ok(());
    }
    let mut lock = open_lock(folder)?;
    for signal in [None, Some(Signal::TERM), Some(Signal::KILL)] {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut about = String::new();
        lock.rewind()?;
        lock.read_to_string(&mut about)?;
        let (leader, ends) = about.split_once(' ').unwrap_or((&about, ""));
        match (signal, leader.parse().ok().and_then(Pid::from_raw)) {
            (None, _) if ends != Ends::ByItself.name() => continue,
            // Whoever holds the lock is in this group: the number is nobody else's.
            (Some(signal), Some(group)) => drop(kill_process_group(group, signal)),
            (None, _) | (Some(_), None) => {}
        }
        let waiting = lock.try_clone()?;
        let _over = tokio::time::timeout(GRACE, tokio::task::spawn_blocking(move || waiting.lock())).await;
    }
    Ok(())
}

fn open_lock(folder: &Path) -> Result<File, std::io::Error> {
    File::options().read(true).write(true).create(true).truncate(false).open(folder.join("lock"))
}

impl Said {
    /// Returns the last thing that it said of what is wrong.
    pub fn reason(&self) -> String {
        let lines = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut fatal = lines.filter(|line| !line.contains("level=warning"));
        fatal.next_back().unwrap_or("it ended without a word").to_owned()
    }

    /// Returns its warnings, as words for a person.
    pub fn warnings(&self) -> Vec<String> {
        let said = |line: &str| {
            let (_, message) = line.split_once("level=warning msg=\"")?;
            let message = message.trim_end().strip_suffix('"').unwrap_or(message).replace("\\\"", "\"");
            Some(format!("docker compose: {message}"))
        };
        let mut all: Vec<String> = self.stderr.lines().filter_map(said).collect();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compose_says_is_told_in_words() {
        let stderr = "time=\"2026-01-01T00:00:00Z\" level=warning msg=\"The \\\"C\\\" variable is not set. Defaulting to a blank string.\"\n\
                      validating c.yml: services.app Additional property imge is not allowed\n\n";
        let said = Said { success: false, stdout: String::new(), stderr: stderr.to_owned() };
        assert_eq!(said.reason(), "validating c.yml: services.app Additional property imge is not allowed");
        assert_eq!(said.warnings(), ["docker compose: The \"C\" variable is not set. Defaulting to a blank string."]);
    }
}
