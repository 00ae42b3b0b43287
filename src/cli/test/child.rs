//! One call of localspace itself, in a home of its own: what a person would type, and what came of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio_util::sync::CancellationToken;

use crate::cli::interrupt::PARENT;
use crate::codespace::CodespaceName;
use crate::journal::{Record, decode};
use crate::redact::Secret;
use crate::scenario::Captured;

/// How long a call may take to end that was asked to.
const GRACE: Duration = Duration::from_mins(1);

/// The longest line that is read, in bytes: of a command's output, a piece.
const LINE: u64 = 16 * 1024 * 1024;

/// Where localspace is, and what it runs in.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// This very program.
    pub(super) executable: PathBuf,
    /// Its home.
    pub(super) home: PathBuf,
}

/// What ends a call before its own end.
#[derive(Debug, Clone)]
pub(super) struct Until {
    /// An interrupt.
    pub(super) cancel: CancellationToken,
    /// The scenario's time is over.
    pub(super) deadline: Instant,
}

/// What a call came to.
#[derive(Debug)]
pub(super) struct Ran {
    /// The exit code.
    pub(super) code: i32,
    /// What it printed, but for events.
    pub(super) stdout: Captured,
    /// What it said.
    pub(super) stderr: Captured,
    /// Wall time.
    pub(super) seconds: f64,
    /// Why it did not come to its own end.
    pub(super) cut: Option<Cut>,
}

/// Why a call was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// An interrupt.
    Interrupted,
    /// The time was over.
    TimedOut,
}

impl Cut {
    /// Returns what there is to say of it.
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::TimedOut => "the scenario's time is over",
        }
    }
}

impl Program {
    /// Calls it, and gives each event that it prints to `each`.
    pub(super) async fn call<T: Into<OsString>>(
        &self,
        words: impl IntoIterator<Item = T>,
        input: Option<&Secret<String>>,
        until: &Until,
        each: impl FnMut(&Record),
    ) -> std::io::Result<Ran> {
        let began = Instant::now();
        let mut child = self.spawn(words, input)?;
        let mut reading = Box::pin(read(child.stdout.take(), child.stderr.take(), each));
        let mut cut = None;
        let read = tokio::select! {
            read = &mut reading => Some(read),
            () = until.cancel.cancelled() => { cut = Some(Cut::Interrupted); None }
            () = tokio::time::sleep_until(until.deadline.into()) => { cut = Some(Cut::TimedOut); None }
        };
        let (stdout, stderr) = if let Some(read) = read {
            read
        } else {
            ask_to_end(&child);
            // What it still says is read, so that it does not wait for a reader.
            tokio::time::timeout(GRACE, reading).await.unwrap_or_default()
        };
        let status = match tokio::time::timeout(GRACE, child.wait()).await {
            Ok(status) => status?,
            Err(_late) => {
                child.start_kill()?;
                child.wait().await?
            }
        };
        let seconds = began.elapsed().as_secs_f64();
        Ok(Ran { code: status.code().unwrap_or(-1), stdout, stderr, seconds, cut })
    }

    /// Runs a command in a codespace of its home, as its user would.
    pub(super) async fn exec(&self, name: &CodespaceName, command: &str, until: &Until) -> std::io::Result<Ran> {
        self.call(["exec", "-c", name.as_str(), "--", "sh", "-c", command], None, until, |_| {}).await
    }

    fn spawn<T: Into<OsString>>(
        &self,
        words: impl IntoIterator<Item = T>,
        input: Option<&Secret<String>>,
    ) -> std::io::Result<Child> {
        let mut command = Command::new(&self.executable);
        command
            .args(words.into_iter().map(Into::into))
            .env("LOCALSPACE_HOME", &self.home)
            .env("NO_COLOR", "1")
            // A run that is killed leaves nobody behind who works on.
            .env(PARENT, std::process::id().to_string())
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C at the terminal is this process's to pass on.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            let bytes = Secret::new(input.expose().clone().into_bytes());
            // Small enough for a pipe that nobody reads yet.
            tokio::spawn(async move {
                let _gone = stdin.write_all(bytes.expose()).await;
            });
        }
        Ok(child)
    }
}

impl Ran {
    /// Returns what went wrong, in one line: what it said as an error, else its last words.
    pub(super) fn complaint(&self) -> String {
        let lines = || self.stderr.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let error = lines().find_map(|line| line.strip_prefix("error: "));
        error.or_else(|| lines().next_back()).map_or_else(|| format!("exit code {}", self.code), str::to_owned)
    }
}

/// Reads what a call prints, but for events, and what it says, to their ends.
async fn read(
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    mut each: impl FnMut(&Record),
) -> (Captured, Captured) {
    let (mut printed, mut said) = (Captured::default(), Captured::default());
    let out = async {
        let Some(stdout) = stdout else { return };
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while let Ok(1..) = (&mut lines).take(LINE).read_until(b'\n', &mut line).await {
            match decode(&line) {
                Some(record) => each(&record),
                None => printed.push(&String::from_utf8_lossy(&line)),
            }
            line.clear();
        }
    };
    let errors = async {
        let Some(mut stderr) = stderr else { return };
        let mut piece = vec![0; 32 * 1024];
        while let Ok(count @ 1..) = stderr.read(&mut piece).await {
            said.push(&String::from_utf8_lossy(piece.get(..count).unwrap_or_default()));
        }
    };
    tokio::join!(out, errors);
    (printed, said)
}

fn ask_to_end(child: &Child) {
    let process = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    // One that is gone has ended.
    let _gone = process.map(|process| kill_process(process, Signal::INT));
}
