//! `initializeCommand`: on this machine, and only with the user's consent.

use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::runner::EngineRunner;
use crate::devcontainer::{LifecycleCommand, SingleCommand};
use crate::journal::{Event, Output, OutputStream, Recorder};
use crate::lifecycle::{FailureKind, StepFailure, StepResult};
use crate::phase::Phase;
use crate::redact::{ChunkDecoder, Redactor};

/// Runs the command in the repository's clone; the entries of an object one after the other.
pub(super) async fn run(runner: &EngineRunner) -> StepResult {
    let Some((config, checkout)) = &runner.order.new else { return Ok(None) };
    let singles = match &config.initialize {
        None => Vec::new(),
        Some(LifecycleCommand::Single(command)) => vec![(None, command)],
        Some(LifecycleCommand::Parallel(entries)) => {
            entries.iter().map(|(label, command)| (Some(label.clone()), command)).collect()
        }
    };
    for (label, command) in singles {
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
        process.current_dir(checkout.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |kind, exit_code, reason| StepFailure { kind, exit_code, reason, hint: None };
        let mut child = process
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(FailureKind::Command, Some(127), error.to_string()))?;
        let stdout = pump(&runner.record, &runner.redactor, label.clone(), OutputStream::Stdout, child.stdout.take());
        let stderr = pump(&runner.record, &runner.redactor, label.clone(), OutputStream::Stderr, child.stderr.take());
        let all = async { tokio::join!(stdout, stderr, child.wait()).2 };
        match runner.cancel.run_until_cancelled(all).await {
            None => return Err(failed(FailureKind::Interrupted, None, "it was interrupted".to_owned())),
            Some(Err(error)) => return Err(failed(FailureKind::Command, None, error.to_string())),
            Some(Ok(status)) if !status.success() => {
                return Err(failed(FailureKind::Command, status.code(), format!("the command ended: {status}")));
            }
            Some(Ok(_)) => {}
        }
    }
    Ok(Some(0))
}

/// Records what comes from one stream until it ends.
async fn pump<R: AsyncRead + Unpin>(
    record: &Recorder,
    redactor: &Redactor,
    label: Option<String>,
    stream: OutputStream,
    from: Option<R>,
) {
    let Some(mut from) = from else { return };
    let (mut redact, mut decode, mut chunk) = (redactor.stream(), ChunkDecoder::default(), vec![0; 64 * 1024]);
    loop {
        let read = from.read(&mut chunk).await.unwrap_or(0);
        let text = match chunk.get(..read) {
            Some(bytes) if read > 0 => decode.push(&redact.push(bytes)),
            Some(_) | None => decode.push(&redact.finish()) + &decode.finish(),
        };
        if !text.is_empty() {
            let output = Output { phase: Phase::InitializeCommand, command: label.clone(), stream, text };
            record.record(Event::Output(output)).await;
        }
        if read == 0 {
            return;
        }
    }
}
