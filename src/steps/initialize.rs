//! `initializeCommand`: on this machine, in a clone of the repository, and only with the user's consent.
//!
//! It gets this machine's environment and no secret (DESIGN section 2, "Secrets by phase").

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::limits::{deadline, within};
use super::pump::Side;
use super::runner::EngineRunner;
use crate::devcontainer::{LifecycleCommand, SingleCommand, Variables, substitute};
use crate::journal::{Event, OutputStream};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::secret_store::KEY;

const PHASE: Phase = Phase::InitializeCommand;

/// How long a background process may still write after its command, and how long processes have from `SIGTERM` to `SIGKILL`.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the command; the entries of an object side by side. All are waited for, then the first that failed fails the phase.
pub(super) async fn run(runner: &EngineRunner) -> Result<(), StepFailure> {
    let (Some(command), Some(folder)) = (&runner.order.initialize, runner.order.files()) else { return Ok(()) };
    // It runs in the clone on this machine, whatever that is called, or in the working tree itself.
    let called = || runner.order.repository.name().to_owned();
    let variables = Variables {
        local_folder: Some(folder.display().to_string()),
        local_basename: runner.order.bind.is_none().then(called),
        ..runner.variables()
    };
    let command = substitute(command, &variables);
    let commands = match &command {
        LifecycleCommand::Single(command) => vec![(None, command)],
        LifecycleCommand::Parallel(entries) => {
            entries.iter().map(|(label, command)| (Some(label.clone()), command)).collect()
        }
    };
    let deadline = deadline(runner.order.timeout);
    let each = commands.into_iter().map(|(label, command)| one(runner, label, command, folder, deadline));
    futures_util::future::join_all(each).await.into_iter().collect()
}

async fn one(
    runner: &EngineRunner,
    label: Option<String>,
    command: &SingleCommand,
    folder: &Path,
    deadline: Option<tokio::time::Instant>,
) -> Result<(), StepFailure> {
    let began = std::time::Instant::now();
    let shown = match command {
        SingleCommand::Shell(text) => text.clone(),
        SingleCommand::Exec(words) => words.join(" "),
    };
    let text = runner.redactor.redact(&shown).into_owned();
    runner.record.record(Event::CommandStarted { phase: PHASE, command: label.clone(), text }).await;
    let spawned = process(command).current_dir(folder).spawn();
    let mut child = spawned.map_err(|error| StepFailure {
        exit_code: Some(127),
        ..StepFailure::new(FailureKind::Command, format!("the command cannot be run: {error}"))
    })?;
    let side = |stream| Side::new(&runner.record, &runner.redactor, PHASE, label.clone(), stream);
    let stdout = child.stdout.take().map(|from| tokio::spawn(pump(side(OutputStream::Stdout), from)));
    let stderr = child.stderr.take().map(|from| tokio::spawn(pump(side(OutputStream::Stderr), from)));
    let status = wait(runner, &mut child, deadline).await;
    close(runner, label.as_deref(), [stdout, stderr]).await;
    let code = match status? {
        Ok(status) => {
            status.code().unwrap_or_else(|| 128 + std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0))
        }
        Err(error) => return Err(StepFailure::new(FailureKind::Command, error.to_string())),
    };
    if let Some(command) = &label {
        let (command, seconds) = (command.clone(), began.elapsed().as_secs_f64());
        runner.record.record(Event::CommandFinished { phase: PHASE, command, exit_code: code, seconds }).await;
    }
    if code == 0 {
        return Ok(());
    }
    let whose = label.map_or(String::new(), |label| format!(" of `{label}`"));
    let reason = format!("the command{whose} ended with exit code {code}");
    Err(StepFailure { exit_code: Some(code), ..StepFailure::new(FailureKind::Command, reason) })
}

/// Returns the command as a process that leads a group of its own, so that all of it can be ended.
fn process(command: &SingleCommand) -> Command {
    let mut process = match command {
        SingleCommand::Shell(text) => {
            let mut process = Command::new("/bin/sh");
            process.args(["-c", text]);
            process
        }
        SingleCommand::Exec(words) => {
            let mut process = Command::new(words.first().map_or("", String::as_str));
            process.args(words.iter().skip(1));
            process
        }
    };
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    process.env_remove(KEY);
    process
}

/// Waits for the command's end; ends its processes where it takes too long or is interrupted.
async fn wait(
    runner: &EngineRunner,
    child: &mut Child,
    deadline: Option<tokio::time::Instant>,
) -> Result<std::io::Result<std::process::ExitStatus>, StepFailure> {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let cut = match within(&runner.cancel, deadline, child.wait()).await {
        Ok(status) => return Ok(status),
        Err(cut) => cut,
    };
    for signal in [Signal::TERM, Signal::KILL] {
        // A group that is gone needs no signal.
        let _sent = group.map(|group| kill_process_group(group, signal));
        if tokio::time::timeout(GRACE, child.wait()).await.is_ok() {
            break;
        }
    }
    // What left its leader and ignored the first signal.
    let _sent = group.map(|group| kill_process_group(group, Signal::KILL));
    Err(cut.failure(runner.order.timeout))
}

/// Waits for the rest of the output; a background process that holds it open is told of, and not waited for.
async fn close(runner: &EngineRunner, label: Option<&str>, pumps: [Option<JoinHandle<()>>; 2]) {
    let until = tokio::time::Instant::now() + GRACE;
    let mut held = false;
    for mut pump in pumps.into_iter().flatten() {
        if tokio::time::timeout_at(until, &mut pump).await.is_err() {
            pump.abort();
            held = true;
        }
    }
    if held {
        let whose = label.map_or(String::new(), |label| format!(" (`{label}`)"));
        let message =
            format!("{PHASE}{whose} left a background process on this machine that still holds its output open");
        runner.warn(PHASE, message, None).await;
    }
}

/// Records what comes from one stream until it ends.
async fn pump<R: AsyncRead + Unpin>(mut side: Side, mut from: R) {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut chunk).await.unwrap_or(0);
        match chunk.get(..read) {
            Some(bytes) if read > 0 => drop(side.push(bytes).await),
            Some(_) | None => break,
        }
    }
    side.finish().await;
}
